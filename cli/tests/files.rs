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
fn stdout_by_its_name_is_appended_to_as_a_shell_says() {
    let folder = folder();
    let ran = seal(&folder, &["-w", "/dev/stdout"], SECRET);
    assert!(ran.ok && ran.stdout.contains("\"kind\": \"SealedSecret\""), "{}", ran.stderr);
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
