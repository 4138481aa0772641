//! What stands at the edge of the command line: arguments that are no text, texts that are no words, and what others
//! put into messages.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
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

#[test]
fn a_server_that_asks_to_wait_long_is_not_waited_for() {
    let server = serve("429 X\r\nRetry-After: 3600", "slow down");
    let started = Instant::now();
    let said = said(&kubeseal(&["--fetch-cert", "--server", &server], &[], ""));
    assert!(started.elapsed() < Duration::from_secs(30));
    assert!(said.contains("slow down; the server asks to wait 3600 seconds"), "{said}");
    assert!(said.contains("hint: try again after that time"), "{said}");
}

#[test]
fn what_is_wrong_with_the_way_to_the_cluster_is_named_with_its_step() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("x.yaml");
    fs::write(&secret, "kind: Secret\ndata: {a: Yg==}\n").unwrap();
    let secret = secret.to_str().unwrap();
    let folder = folder.path().to_str().unwrap();
    let named = format!("{secret} holds no clusters");
    let server = serve("503 X", "");
    let nowhere = "http://127.0.0.1:1";
    for (args, variables, wanted) in [
        (&["--fetch-cert"][..], &[("KUBECONFIG", "/nope")][..], &["/nope does not exist"][..]),
        (&["--fetch-cert", "--kubeconfig", secret], &[], &[&named]),
        (
            &["--fetch-cert", "--server", nowhere, "--controller-name", "a b"],
            &[],
            &["\"a b\"", "hint: a name has"],
        ),
        (
            &["--fetch-cert", "--server", nowhere, "--controller-name", "../x"],
            &[],
            &["\"../x\"", "hint: a name has"],
        ),
        (
            &["--fetch-cert", "--server", nowhere, "--as", "a\nb"],
            &[],
            &["--as \"a\\nb\" cannot be sent", "control characters"],
        ),
        (
            &["--fetch-cert", "--server", nowhere, "--proxy-url", "http://[bad"],
            &[],
            &["the proxy \"http://[bad\"", "hint: a proxy is like"],
        ),
        (&["--fetch-cert", "--server", &server], &[], &["hint: the API server is busy"]),
        (&["--cert", folder], &[], &["is a directory", "hint: it is a folder: name a file in it"]),
        (&["--cert", CERTIFICATE, "-w", folder], &[], &["hint: it is a folder: name a file in it"]),
        (
            &["--recovery-unseal", "--recovery-private-key", folder],
            &[],
            &["hint: it is a folder: name a file in it"],
        ),
        (&["--cert", CERTIFICATE, secret, CERTIFICATE], &[], &["name each file with -f"]),
    ] {
        let said = said(&kubeseal(args, variables, ""));
        for part in wanted {
            assert!(said.contains(part), "{args:?}: {said:?} lacks {part:?}");
        }
    }
}

#[test]
fn a_scheme_in_capitals_is_the_same_scheme() {
    // Credentials are for https alone: the plugin is asked, and cannot be started.
    let config = tempfile::NamedTempFile::new().unwrap();
    let text = "current-context: c\nclusters: [{name: k, cluster: {server: 'HTTPS://127.0.0.1:1'}}]\n\
                users: [{name: u, user: {exec: {command: no-such-plugin}}}]\n\
                contexts: [{name: c, context: {cluster: k, user: u}}]\n";
    fs::write(config.path(), text).unwrap();
    let said = said(&kubeseal(&["--fetch-cert", "--kubeconfig", config.path().to_str().unwrap()], &[], ""));
    assert!(said.contains("no-such-plugin"), "{said}");
}
