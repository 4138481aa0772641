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
fn the_sentence_names_the_file_and_the_next_step_and_a_field_has_the_cause() {
    let folder = std::env::temp_dir().join(format!("start-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let named = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let missing = folder.join("missing").to_str().unwrap().to_owned();
    let nothing = "no API server is known here: run the controller in a cluster, or set KUBECONFIG to a file";
    let unusable = "cannot be used as a kubeconfig: correct it, or set KUBECONFIG to a file";
    for (path, sentence, cause) in [
        (missing, nothing, "No such file"),
        (named("broken", "users:\n- name: s3cret\n  user: {token: [s3cret]}\n"), unusable, "line "),
        (
            named("manifest", "apiVersion: v1\nkind: Secret\nstringData: {a: s3cret}\n"),
            unusable,
            "current context",
        ),
        (named("empty", ""), unusable, "current context"),
    ] {
        let said = said(&path);
        let line = said.lines().find(|line| line.contains("level=ERROR")).unwrap_or_default();
        assert!(line.contains(sentence) && line.contains(&path), "{said}");
        let (_, field) = line.split_once(" error=").unwrap_or_default();
        assert!(field.contains(cause), "{said}");
        assert_eq!(line.matches(sentence).count(), 1);
        assert!(!said.contains("s3cret"), "{said}");
    }
    fs::remove_dir_all(&folder).unwrap();
}
