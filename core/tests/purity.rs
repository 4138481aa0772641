//! Core decides and others do: nothing that runs tasks or talks to a network is among what it is built on.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests run cargo")]

use std::process::Command;

#[test]
fn core_is_built_without_async_or_network_crates() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "sealed-secrets-core",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"aws-lc-rs"), "the tree was read: {tree}");
    for banned in ["tokio", "hyper", "kube-client", "reqwest", "ring", "openssl-sys", "tracing", "anyhow"] {
        assert!(!names.contains(&banned), "core must not be built on {banned}");
    }
}
