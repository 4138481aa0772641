//! A value sealed here opens with Python's `cryptography` package, by a script written from the layout.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files and run programs")]

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use sealed_secrets_core::{Scope, SealingKey};

#[test]
fn python_opens_a_value_from_the_layout_alone() {
    let has_package = Command::new("python3").args(["-c", "import cryptography"]).output();
    if !has_package.is_ok_and(|output| output.status.success()) {
        std::io::stdout().write_all(b"layout: skipped: no python3 with the package cryptography\n").unwrap();
        return;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let keys = here.join("../testdata/keys");
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let value = b"bytes \xff\x00\xfe and text";
    for name in ["a", "c"] {
        let key = SealingKey::from_pem(&fs::read(keys.join(format!("{name}.crt"))).unwrap(), now).unwrap();
        for (scope, label) in
            [(Scope::Strict, "ns/x"), (Scope::NamespaceWide, "ns"), (Scope::ClusterWide, "")]
        {
            let sealed = key.seal_to_text(&scope.label("ns", "x"), value);
            let private = keys.join(format!("{name}.key"));
            let mut python = Command::new("python3")
                .args([&here.join("tests/open_sealed.py"), &private])
                .arg(label)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            python.stdin.take().unwrap().write_all(sealed.as_bytes()).unwrap();
            let output = python.wait_with_output().unwrap();
            assert_eq!(output.stdout, value, "key {name}, scope {scope}");
        }
    }
}
