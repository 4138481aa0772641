//! What stands at the edge of the command line: arguments that are no text, texts that are no words, and what others
//! put into messages.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    ffi::OsStr,
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Output, Stdio},
    thread,
};

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/keys/a.crt");

fn kubeseal(args: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    run(&mut command(args, variables), input)
}

fn command<S: AsRef<OsStr>>(args: &[S], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeseal"));
    command.args(args).env_clear().env("HOME", "/nonexistent").envs(variables.iter().copied());
    command
}

fn run(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A run that ends early reads none of it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server that gives one answer to each request; the address.
fn serve(head: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer =
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for mut peer in listener.incoming().flatten() {
            let _asked = peer.read(&mut [0; 4096]).unwrap();
            peer.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

#[test]
fn an_answer_of_a_server_gets_no_control_characters_to_the_terminal() {
    let body = r#"{"kind":"Status","message":"no\u001b[2J\u009b\nerror: forged\r"}"#;
    let server = serve("418 X\r\nContent-Type: application/json", body);
    let said = said(&kubeseal(&["--fetch-cert", "--server", &server], &[], ""));
    assert!(!said.contains(['\u{1b}', '\u{9b}', '\r']) && said.contains("forged"), "{said:?}");
    assert!(!said.contains("\nerror: forged"), "{said:?}");
}

#[test]
fn a_document_gets_no_control_characters_to_the_terminal() {
    let input =
        "kind: \"Po\\e[2Jd\\nerror: forged\"\nmetadata: {name: \"a\\e[1m\", namespace: b}\ndata: {a: Yg==}\n";
    for args in [&["--cert", CERTIFICATE][..], &["--cert", CERTIFICATE, "-o", "yaml"], &["--validate"]] {
        let said = said(&kubeseal(args, &[], input));
        assert!(!said.contains('\u{1b}') && !said.contains("\nerror: forged"), "{args:?}: {said:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_a_usage_error_and_not_shown() {
    use std::os::unix::ffi::OsStrExt as _;
    let argv = [OsStr::new("--raw"), OsStr::from_bytes(b"hunter2\xff")];
    let output = run(&mut command(&argv, &[]), "");
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output);
    assert!(said.contains("argument 2 is not UTF-8") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_bad_variable_does_not_keep_help_version_and_completion_away() {
    let bad = [("SEALED_SECRETS_SCOPE", "galaxy-wide")];
    for args in
        [&["help"][..], &["--help"], &["-h"], &["version"], &["--version"], &["completion", "bash"], &["man"]]
    {
        let output = kubeseal(args, &bad, "");
        assert!(output.status.success() && !output.stdout.is_empty(), "{args:?}: {}", said(&output));
    }
    let output = kubeseal(&["--cert", CERTIFICATE], &bad, "");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("SEALED_SECRETS_SCOPE must be one of"));
}

#[test]
fn a_word_beside_raw_is_never_shown() {
    let raw = ["--raw", "--cert", CERTIFICATE, "--name", "db", "-n", "prod", "hunter2"];
    let output = kubeseal(&raw, &[], "");
    let text = said(&output);
    assert!(output.status.success() && !text.contains("hunter2"), "{text}");
    assert!(
        text.contains("words of the command line are ignored") && text.contains("value is empty"),
        "{text}"
    );
    let output = kubeseal(&[&["--trim"], &raw[..]].concat(), &[], "\n");
    assert!(said(&output).contains("value is empty"), "{}", said(&output));
    let by_variable = [("SEALED_SECRETS_RAW", "true"), ("SEALED_SECRETS_NAME", "db")];
    let output = kubeseal(&["hunter2"], &by_variable, "");
    assert!(!output.status.success() && !said(&output).contains("hunter2"), "{}", said(&output));
}

#[test]
fn every_command_refuses_words_that_it_does_not_take_in_the_same_way() {
    for command in ["help", "version", "man"] {
        let said = said(&kubeseal(&[command, "foo"], &[], ""));
        assert!(said.contains(&format!("error: kubeseal {command} takes no word \"foo\"")), "{said}");
        assert!(said.contains(&format!("`kubeseal {command}` alone")), "{said}");
    }
    let said = said(&kubeseal(&["completion", "bash", "foo"], &[], ""));
    assert!(said.contains("takes no word \"foo\"") && said.contains("completion SHELL"), "{said}");
}
