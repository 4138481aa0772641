//! What nobody compiles: the script that builds the images, and the flags that manifests and documents name.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sealed_secrets_controller::config::FLAGS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_script_parses_and_stops_at_the_first_failure() {
    let read = Command::new("bash").arg("-n").arg(root().join("release/image")).output().unwrap();
    assert!(read.status.success() && read.stderr.is_empty(), "{read:?}");
    let script = text("release/image");
    assert!(script.lines().any(|line| line == "set -euo pipefail"));
    assert!(script.contains(" --locked"), "an image is built of what Cargo.lock names");
}

#[test]
fn each_image_of_the_script_is_a_stage_and_copies_what_the_script_puts_there() {
    let (script, stages) = (text("release/image"), text("release/Dockerfile"));
    let looped =
        script.lines().find_map(|line| line.strip_prefix("for name in ")?.strip_suffix("; do")).unwrap();
    let built: BTreeSet<&str> = looped.split(' ').collect();
    let named: BTreeSet<&str> =
        stages.lines().filter_map(|line| line.strip_prefix("FROM scratch AS ")).collect();
    assert_eq!(built, named);
    let put: Vec<&str> = script.lines().filter(|line| line.contains("\"$out/context/\"")).collect();
    for line in stages.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let file = line.split(' ').find(|word| !word.starts_with("--")).unwrap();
        assert!(put.iter().any(|line| line.contains(&format!("/{file}"))), "{file} is not in {put:?}");
    }
    for name in &built {
        assert!(stages.contains(&format!("ENTRYPOINT [\"{name}\"]")), "{name}");
    }
}

#[test]
fn the_readme_calls_the_script_and_takes_the_images_from_where_it_puts_them() {
    let readme = text("README.md");
    assert!(readme.contains("$ release/image") && text("release/image").contains("out=${1:-target/image}"));
    assert!(readme.contains("oci:target/image/controller"));
}

/// Every flag that a document or a manifest names is one of the controller, of kubeseal, or of another program.
#[test]
fn no_flag_is_named_that_does_not_exist() {
    let readme = text("README.md");
    let (before, rest) = readme.split_once("<!-- flags:begin -->").unwrap();
    let (kubeseal, after) = rest.split_once("<!-- flags:end -->").unwrap();
    let mut known: BTreeSet<&str> = FLAGS.iter().map(|flag| flag.name).collect();
    known.extend(flags(kubeseal));
    let ours = known.len();
    known.extend(OTHERS);
    assert!(ours > FLAGS.len() + 20, "the table of kubeseal's flags is read");
    let files = [
        "SECURITY.md",
        "docs/operations.md",
        "docs/controller-flags.md",
        "manifests/base/deployment.yaml",
        "manifests/overlays/leader-election/kustomization.yaml",
        "manifests/overlays/own-namespace/kustomization.yaml",
    ];
    let texts = files.iter().map(|path| (*path, text(path))).chain([("README.md", [before, after].concat())]);
    for (path, text) in texts {
        let unknown: Vec<_> = flags(&text).filter(|flag| !known.contains(flag)).collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}

/// The names of flags in a text.
fn flags(text: &str) -> impl Iterator<Item = &str> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.split(move |c| !is_of_name(c))
        .filter_map(|word| word.strip_prefix("--"))
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Flags of cargo, kubectl and the sandbox, and the examples `--flag` and `--switch`.
const OTHERS: [&str; 10] =
    ["count", "dry-run", "flag", "from-literal", "json", "keep", "kubernetes", "open", "release", "switch"];
