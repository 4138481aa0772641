//! What a start without an API server says.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{fs, process::Command};

/// How the controller ends with these arguments and variables, and what it says until then.
fn ended(args: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_controller"));
    let output = run.args(args).env_clear().envs(variables.iter().copied()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_refusal_is_two_lines_with_the_reason_last() {
    for (args, variables, hint, reason) in [
        (&["--nosuch"][..], &[][..], "controller --help lists the flags", "unknown flag: --nosuch"),
        (&["--update-statos=false"], &[], "did you mean --update-status?", "unknown flag: --update-statos"),
        (&["--key-renew-period=30d"], &[], "write 720h", "invalid argument \"30d\""),
        (
            &[],
            &[("SEALED_SECRETS_LEADER_ELECT", "yes")],
            "write true or false",
            "invalid value \"yes\" of the variable SEALED_SECRETS_LEADER_ELECT",
        ),
    ] {
        let (code, said) = ended(args, variables);
        let lines: Vec<_> = said.lines().collect();
        assert_eq!((code, lines.len()), (Some(2), 2), "{said}");
        assert!(lines[0].starts_with("hint: ") && lines[0].contains(hint), "{said}");
        assert!(lines[1].starts_with(reason), "{said}");
    }
}

#[test]
fn a_selector_that_is_none_ends_the_start_and_its_flag_is_named() {
    let (code, said) = ended(&["--label-selector=a in"], &[]);
    assert_eq!(code, Some(2));
    assert!(said.starts_with("error: --label-selector \"a in\" is no label selector"), "{said}");
}

#[test]
fn the_help_fits_a_screen_of_any_width() {
    for (columns, most) in [("60", 60), ("80", 80), ("100", 100), ("120", 120), ("20", 60), ("500", 120)] {
        let (code, said) = ended(&["--help"], &[("COLUMNS", columns)]);
        assert_eq!(code, Some(0));
        let longest = said.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= most && longest > most - 10, "{columns}: {longest}");
    }
}

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
