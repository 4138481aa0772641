//! `cargo demo` as a newcomer runs it: it ends with success, gives nothing away, and notices what is wrong.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::path::Path;
use std::process::{Command, Output};

use sandbox::binaries::{BINARIES, Binaries};

#[test]
fn the_demo_ends_with_success_and_shows_no_value_but_one() {
    let output = demo(None);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("Everything was as it should be") && !text.contains('✗'), "{text}");
    assert!(!text.contains('\x1b'), "there is no colour where there is no terminal");
    let shown = |value: &str| text.contains(value);
    for value in ["pl3ase-d0", "shop_rw@db", "demo_tok_51H8xW2eZvKYlo2C", "demo-sdk-0451", "PRIVATE KEY"] {
        assert!(!shown(value), "{value} is shown");
    }
    assert!(shown("shop_rw      (demo data"), "the sample is labelled");
    let refusal = text.lines().find(|line| line.contains("ErrUnsealFailed: ")).unwrap();
    assert!(refusal.contains("no key could decrypt secret"), "{refusal}");
}

#[cfg(unix)]
#[test]
fn the_demo_fails_when_kubeseal_writes_plain_values() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let real = Binaries::build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    symlink(&real.controller, folder.path().join("controller")).unwrap();
    // Seals as the real one does, then writes the input into a comment of the output.
    let leaky = format!(
        "#!/bin/sh\n{} \"$@\" || exit\n[ \"$3\" = -f ] && [ \"$5\" = -w ] && sed 's/^/# /' \"$4\" >> \"$6\"\nexit 0\n",
        real.kubeseal.display()
    );
    let fake = folder.path().join("kubeseal");
    std::fs::write(&fake, leaky).unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = demo(Some(folder.path()));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("NOT SO: no value of database.yaml is to be seen"), "{text}");
}

fn demo(binaries: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox"));
    command.arg("demo");
    if let Some(folder) = binaries {
        command.env(BINARIES, folder);
    }
    command.output().unwrap()
}
