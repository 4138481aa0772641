//! Stopped at any moment, a file that is being written is the old one or the new one, whole.

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
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use server::Server;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/keys");
const ROUNDS: u32 = 40;
/// Enough text that writing it takes a while.
const ITEMS: usize = 300;

fn start(args: &[&str], stdin: &str) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubeseal"))
        .args(args)
        .env("KUBECONFIG", "")
        .env("HOME", "/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    thread::spawn(move || drop(to.write_all(text.as_bytes())));
    child
}

/// Runs once to the end, then stops runs at moments spread over that time and a little more.
#[track_caller]
fn check(target: &Path, old: &str, args: &[&str], stdin: &str, is_new: impl Fn(&str) -> bool) {
    fs::write(target, old).unwrap();
    // A run is seldom stopped in the middle of a short write. The old file under a second name tells of any write into
    // it, at whatever moment.
    let second_name = target.with_extension("second-name");
    fs::hard_link(target, &second_name).unwrap();
    let started = Instant::now();
    let output = start(args, stdin).wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let whole_run = started.elapsed();
    assert_eq!(fs::read_to_string(&second_name).unwrap(), old, "the old file is not written into");
    assert!(is_new(&fs::read_to_string(target).unwrap()), "a run to the end writes the new file");

    let mut outcomes = [0; 2];
    for round in 0..ROUNDS {
        fs::write(target, old).unwrap();
        let mut child = start(args, stdin);
        // Most of the rounds near the end, where the writing is.
        let share = 1.0 - f64::from(round).powi(2) / f64::from(ROUNDS).powi(2);
        thread::sleep(whole_run.mul_f64(1.1 * share) + Duration::from_micros(u64::from(round)));
        child.kill().unwrap();
        child.wait().unwrap();
        let text = fs::read_to_string(target).unwrap();
        match text == old {
            true => outcomes[0] += 1,
            false if is_new(&text) => outcomes[1] += 1,
            false => panic!("after {ROUNDS}/{round}: neither the old nor the new file:\n{text:.300}"),
        }
    }
    assert!(outcomes[0] > 0, "no run was stopped before its end: {outcomes:?}");
}

/// A Secret of many items.
fn secret() -> String {
    let items: Vec<_> = (0..ITEMS).map(|item| format!("  item{item}: dmFsdWU=\n")).collect();
    let items = items.concat();
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: mysecret, namespace: myns}}\ndata:\n{items}")
}

fn sealed(items: usize) -> serde_json::Value {
    let data: serde_json::Map<_, _> =
        (0..items).map(|item| (format!("item{item}"), json!("AAAA".repeat(300)))).collect();
    json!({
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "mysecret", "namespace": "myns"},
        "spec": {"encryptedData": data, "template": {"metadata": {"name": "mysecret", "namespace": "myns"}}},
    })
}

fn has_all_items(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|object| {
        object["spec"]["encryptedData"].as_object().is_some_and(|items| items.len() >= ITEMS)
    })
}

#[test]
fn a_written_file_is_the_old_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out.json");
    let cert = format!("{KEYS}/a.crt");
    check(&target, "old\n", &["--cert", &cert, "-w", target.to_str().unwrap()], &secret(), has_all_items);
}

#[test]
fn a_merge_target_is_the_old_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target.json");
    let cert = format!("{KEYS}/a.crt");
    let args = ["--cert", &cert, "--merge-into", target.to_str().unwrap()];
    check(&target, &sealed(1).to_string(), &args, &secret(), has_all_items);
}

#[test]
fn a_re_encrypted_file_is_the_old_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("sealed.json");
    let service = "/api/v1/namespaces/kube-system/services/sealed-secrets-controller";
    let proxy = "/api/v1/namespaces/kube-system/services/http:sealed-secrets-controller:/proxy/v1/rotate";
    let rules = json!([
        {"method": "GET", "path": service, "status": 200, "body": {"kind": "Service", "spec": {"ports": [{"port": 8080}]}}},
        {"method": "POST", "path": proxy, "status": 200, "body": sealed(ITEMS)},
    ]);
    let server = Server::start(&rules, false, KEYS, |text, _, _| text.to_owned());
    let args = ["--server", &server.base, "--re-encrypt", "-f", target.to_str().unwrap()];
    check(&target, &sealed(1).to_string(), &args, "", has_all_items);
}
