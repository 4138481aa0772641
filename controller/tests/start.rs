//! What a start without an API server says.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{fs, process::Command};

/// What the controller says before it ends by itself.
fn said(kubeconfig: &str) -> String {
    let addresses = ["--listen-addr=127.0.0.1:0", "--listen-metrics-addr=127.0.0.1:0"];
    let mut run = Command::new(env!("CARGO_BIN_EXE_controller"));
    let output = run.args(addresses).env_clear().env("KUBECONFIG", kubeconfig).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_sentence_says_what_to_do_and_a_field_has_the_cause() {
    let folder = std::env::temp_dir().join(format!("start-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let missing = folder.join("missing");
    let broken = folder.join("broken");
    fs::write(&broken, "clusters: 7\n").unwrap();
    for path in [missing, broken] {
        let said = said(path.to_str().unwrap());
        let sentence =
            "no API server is known here: run the controller in a cluster, or set KUBECONFIG to a file";
        let line = said.lines().find(|line| line.contains("level=ERROR")).unwrap_or_default();
        assert!(line.contains(sentence) && line.contains(" error="), "{said}");
        assert_eq!(line.matches(sentence).count(), 1);
    }
    fs::remove_dir_all(&folder).unwrap();
}
