//! This crate stands at the bottom: none of the workspace is among what it is built on, and nothing that runs or sends.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests run cargo")]

use std::process::Command;

#[test]
fn nothing_of_the_workspace_is_below() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "golang", "--edges", "normal", "--prefix", "none", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let (own, others): (Vec<_>, Vec<_>) = tree.lines().partition(|line| line.contains('/'));
    assert_eq!(own.len(), 1, "only itself: {own:?}");
    let below = ["base64", "memchr", "thiserror", "zeroize"];
    assert!(
        below.iter().all(|name| others.iter().any(|line| line.starts_with(name))),
        "the tree was read: {tree}"
    );
    for banned in ["k8s-openapi", "kube", "jiff", "tokio", "aws-lc-rs", "serde", "x509-parser"] {
        let name = format!("{banned} ");
        assert!(!others.iter().any(|line| line.starts_with(&name)), "golang must not be built on {banned}");
    }
}
