//! What becomes of files: no ciphertext is lost, plaintext is its owner's alone, and a long input is answered as a
//! short one.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

#[path = "cases/case.rs"]
#[expect(dead_code, reason = "only the server's part is used here")]
mod case;
#[path = "cases/server.rs"]
#[expect(dead_code, reason = "nobody asks here what was asked")]
mod server;

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/keys");
const SECRET: &str =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\ndata: {password: cDRzcw==}\n";

struct Ran {
    ok: bool,
    stdout: String,
    stderr: String,
}

#[track_caller]
fn kubeseal(folder: &TempDir, args: &[&str], stdin: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubeseal"))
        .args(args)
        .current_dir(folder.path())
        .env("KUBECONFIG", "")
        .env("HOME", "/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    let writer = thread::spawn(move || drop(to.write_all(text.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { ok: output.status.success(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Seals without a cluster.
fn seal(folder: &TempDir, args: &[&str], stdin: &str) -> Ran {
    let cert = format!("{KEYS}/a.crt");
    kubeseal(folder, &[&["--cert", &cert], args].concat(), stdin)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn opened_values_are_never_written_over_ciphertexts() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    let sealed = seal(&folder, &["-o", "yaml"], SECRET).stdout;
    let key = format!("{KEYS}/a.key");
    let [own, other] = ["d/a.yaml", "other.yaml"].map(|name| folder.path().join(name));
    for (text, input, output) in [
        (&sealed, "d/a.yaml", "d/../d/a.yaml"),
        (&sealed, "d/", "d/a.yaml"),
        (&sealed, "d/*.yaml", "d/a.yaml"),
        (&sealed, "d/a.yaml", "other.yaml"),
    ] {
        fs::write(&own, text).unwrap();
        fs::write(&other, text).unwrap();
        let args = ["--recovery-unseal", "--recovery-private-key", &key, "-f", input, "-w", output];
        let ran = kubeseal(&folder, &args, "");
        assert!(
            !ran.ok && ran.stderr.contains("ciphertexts that would be gone"),
            "{input} {output}: {}",
            ran.stderr
        );
        assert_eq!([&own, &other].map(|path| fs::read_to_string(path).unwrap()), [text.as_str(); 2]);
    }
    // One typing error does not make it worthless.
    let broken = sealed.replace("encryptedData:", "encryptedData: [");
    fs::write(&other, &broken).unwrap();
    let args = ["--recovery-unseal", "--recovery-private-key", &key, "-f", "d", "-w", "other.yaml"];
    let ran = kubeseal(&folder, &args, "");
    assert!(!ran.ok && ran.stderr.contains("may hold ciphertexts"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&other).unwrap(), broken);
    // What holds none is written over.
    fs::write(&other, SECRET).unwrap();
    let ran = kubeseal(&folder, &args, "");
    assert!(ran.ok && fs::read_to_string(&other).unwrap().contains("cDRzcw=="), "{}", ran.stderr);
    assert_eq!(mode(&other), 0o600);
}

#[test]
fn re_encryption_keeps_what_a_pipe_gave_off_the_disk_and_a_secret_from_other_eyes() {
    let service = "/api/v1/namespaces/kube-system/services/sealed-secrets-controller";
    let proxy = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:/proxy/v1/rotate";
    let object: Value = json!({
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"encryptedData": {"password": "AgNEW="}},
    });
    let rules = json!([
        {"method": "GET", "path": service, "status": 200, "body": {"kind": "Service", "spec": {"ports": [{"port": 8080}]}}},
        {"method": "POST", "path": proxy, "status": 200, "body": object},
    ]);
    let server = Server::start(&rules, false, KEYS, |text, _, _| text.to_owned());
    let folder = folder();
    let sealed = object.to_string().replace("AgNEW=", "AgOLD=");
    let run = |args: &[&str], stdin: &str| {
        let ran = kubeseal(&folder, &[&["--server", &server.base, "--re-encrypt"], args].concat(), stdin);
        assert!(ran.ok, "{args:?}: {}", ran.stderr);
        ran.stdout
    };
    assert!(run(&["-f", "/dev/fd/0"], &sealed).contains("AgNEW="), "a pipe cannot be rewritten");

    let path = folder.path().join("m.yaml");
    fs::write(&path, format!("{sealed}\n---\n{SECRET}")).unwrap();
    assert!(run(&["-f", "m.yaml", "-w", "/dev/stdout", "-o", "yaml"], "").contains("AgNEW="));
    assert!(fs::read_to_string(&path).unwrap().contains("AgOLD="), "stdout was asked for");
    run(&["-f", "m.yaml", "-w", "copy.yaml"], "");
    let copy = folder.path().join("copy.yaml");
    assert!(fs::read_to_string(&copy).unwrap().contains("cDRzcw=="));
    assert_eq!(mode(&copy), 0o600, "a Secret stands in it as it is");
    run(&["-f", "./m.yaml", "-w", "m.yaml"], "");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("AgNEW=") && text.ends_with(SECRET), "by either name it is the same file: {text}");
}

#[test]
fn what_a_shell_has_opened_is_appended_to_by_any_name() {
    let folder = folder();
    let (cert, key) = (format!("{KEYS}/a.crt"), format!("{KEYS}/a.key"));
    fs::write(folder.path().join("secret.yaml"), SECRET).unwrap();
    fs::write(folder.path().join("sealed.yaml"), seal(&folder, &["-o", "yaml"], SECRET).stdout).unwrap();
    let log = folder.path().join("log");
    let modes: [&[&str]; 2] = [
        &["--cert", &cert, "-f", "secret.yaml"],
        &["--recovery-unseal", "--recovery-private-key", &key, "-f", "sealed.yaml"],
    ];
    for mode in modes {
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/stderr", "log"] {
            fs::write(&log, "first\n").unwrap();
            let file = fs::File::options().append(true).open(&log).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_kubeseal"));
            command.args(mode).args(["-w", name]).current_dir(folder.path()).stdin(Stdio::null());
            let (stdout, stderr) = (file.try_clone().unwrap(), file.try_clone().unwrap());
            match name {
                "/dev/stderr" => command.stderr(stderr).stdout(Stdio::null()),
                _ => command.stdout(stdout),
            };
            assert!(command.status().unwrap().success(), "{name}");
            let text = fs::read_to_string(&log).unwrap();
            assert!(text.starts_with("first\n{"), "{mode:?} {name}: {text}");
        }
    }
}

/// Nothing is opened a second time to find a better error: a pipe would never end, and a long file fill the memory.
#[test]
fn a_missing_certificate_is_told_at_once_whatever_the_input_is() {
    let folder = folder();
    let pipe = folder.path().join("pipe.yaml");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let writer = thread::spawn(move || drop(fs::File::options().write(true).open(pipe)));
    let ran = kubeseal(&folder, &["--cert", "missing.pem", "-f", "pipe.yaml"], "");
    assert!(!ran.ok && ran.stderr.contains("missing.pem: no such file"), "{}", ran.stderr);
    writer.join().unwrap();
}

/// What begins with the same text must not undo what another run has written meanwhile.
#[test]
fn items_of_runs_at_the_same_time_are_all_there_or_their_run_says_that_they_are_not() {
    let folder = folder();
    let path = folder.path().join("c.yaml");
    for _ in 0..5 {
        fs::write(&path, seal(&folder, &["-o", "yaml"], SECRET).stdout).unwrap();
        let merged = thread::scope(|scope| {
            let merge = |item: usize| {
                let text = SECRET.replace("password:", &format!("item{item}:"));
                seal(&folder, &["--merge-into", "c.yaml"], &text).ok.then_some(item)
            };
            let runs: Vec<_> = (0..4).map(|item| scope.spawn(move || merge(item))).collect();
            runs.into_iter().filter_map(|run| run.join().unwrap()).collect::<Vec<_>>()
        });
        let text = fs::read_to_string(&path).unwrap();
        assert!(!merged.is_empty());
        for item in merged {
            assert!(text.contains(&format!("item{item}: ")), "item{item} is lost: {text}");
        }
    }
}

/// A shell expands a pattern behind -f: the first file is the flag's, and the others are words.
#[test]
fn files_behind_the_flag_are_opened_as_well() {
    let folder = folder();
    let sealed = seal(&folder, &["-o", "yaml"], SECRET).stdout;
    fs::write(folder.path().join("good.yaml"), &sealed).unwrap();
    fs::write(folder.path().join("bad.yaml"), sealed.replace("  name: db", "  name: other")).unwrap();
    let key = format!("{KEYS}/a.key");
    let args = ["--recovery-unseal", "--recovery-private-key", &key, "-f", "good.yaml", "bad.yaml"];
    let ran = kubeseal(&folder, &args, "");
    assert!(!ran.ok && ran.stderr.contains("bad.yaml"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("ignored"), "{}", ran.stderr);
}

#[test]
fn a_secret_inside_another_object_is_not_copied_into_the_output() {
    let folder = folder();
    for kind in
        ["apiVersion: example.com/v1\nkind: Template\nobjects:", "kind: List\nitems:\n- kind: List\n  items:"]
    {
        let item = "{kind: Secret, metadata: {name: q}, stringData: {a: S3CR3T}}";
        let text = format!("{kind}\n  - {item}\n---\n{SECRET}");
        let ran = seal(&folder, &["-o", "yaml", "-w", "t.yaml"], &text);
        assert!(!ran.ok && ran.stderr.contains("would be written unsealed"), "{kind}: {}", ran.stderr);
        assert!(!ran.stderr.contains("S3CR3T") && !folder.path().join("t.yaml").exists());
    }
}

#[test]
fn a_certificate_or_one_ciphertext_is_not_written_over_a_sealed_secret() {
    let folder = folder();
    let path = folder.path().join("sealed.yaml");
    let sealed = seal(&folder, &["-o", "yaml"], SECRET).stdout;
    for (args, again) in [
        (vec!["--fetch-cert", "-w"], "cert.pem"),
        (vec!["--raw", "--scope", "cluster-wide", "-w"], "value.txt"),
    ] {
        fs::write(&path, &sealed).unwrap();
        let ran = seal(&folder, &[args.as_slice(), &["sealed.yaml"]].concat(), "v");
        assert!(!ran.ok && ran.stderr.contains("would be gone"), "{args:?}: {}", ran.stderr);
        assert_eq!(fs::read_to_string(&path).unwrap(), sealed);
        for _ in 0..2 {
            let ran = seal(&folder, &[args.as_slice(), &[again]].concat(), "v");
            assert!(ran.ok, "{args:?}: {}", ran.stderr);
        }
    }
}

#[test]
fn notes_say_in_which_file() {
    let folder = folder();
    for name in ["a.yaml", "b.yaml"] {
        let text = SECRET.replace("\ndata:", "\nstringDatas: {}\ndata:");
        fs::write(folder.path().join(name), text).unwrap();
    }
    let ran = seal(&folder, &["-f", "a.yaml", "-f", "b.yaml", "-o", "yaml"], "");
    for part in ["note: a.yaml: in Secret", "note: b.yaml: in Secret"] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    // Its first page is never there.
    let ran = seal(&folder(), &["-f", "/proc/self/mem"], "");
    assert!(!ran.ok && ran.stderr.contains("read /proc/self/mem: "), "{}", ran.stderr);
}

/// Longer than one piece of work.
fn long(text: &str) -> String {
    let comment = "# a comment, as long as many are that stand in such files\n".repeat(60);
    format!("{text}{comment}---\n").repeat((3 << 20) / comment.len())
}

#[test]
fn a_long_input_is_answered_as_a_short_one() {
    let folder = folder();
    let kind = |kind: &str| SECRET.replace("kind: Secret", kind);
    let config = kind("kind: ConfigMap");
    let sealed = "kind: SealedSecret\nmetadata: {name: db}\nspec: {encryptedData: {a: AgA=}}\n".to_owned();
    let flow = "{kind: Secret, metadata: {name: '}{', namespace: shop}, stringData: {a: \"b\"}}\n".to_owned();
    for (what, text) in
        [("config", config), ("sealed", sealed), ("flow", flow), ("secret", SECRET.to_owned())]
    {
        for format in ["json", "yaml"] {
            let [short, long] = [text.clone(), long(&text)].map(|text| {
                let ran = seal(&folder, &["-o", format], &text);
                let kinds = ran.stdout.contains("kind: ConfigMap");
                let said = ran
                    .stderr
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                (ran.ok, kinds, said)
            });
            assert_eq!(short, long, "{what} as {format}");
        }
    }
}

#[test]
fn a_document_has_the_same_number_in_a_long_input() {
    let folder = folder();
    // Documents without an object are counted, blank ones are not, and a list is one.
    let list = format!(
        "kind: List\nitems:\n- {{kind: Secret, metadata: {{name: a, namespace: n}}, data: {{a: YQ==}}}}\n{}",
        "# c\n".repeat(300_000)
    );
    let text = format!(
        "{list}---\n\n---\nnull\n---\n{list}---\n{SECRET}---\nkind: Secret\nmetadata: {{name: [a]}}\n"
    );
    for text in [text.clone(), text.replace("# c\n", "")] {
        let ran = seal(&folder, &["-o", "yaml"], &text);
        assert!(!ran.ok && ran.stderr.contains("document 5"), "{}", ran.stderr);
    }
}
