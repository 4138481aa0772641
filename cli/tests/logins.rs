//! Users and passwords of URLs are sent as Go sends them, and never printed.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Command, Output, Stdio},
    thread::{self, JoinHandle},
};

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/keys/a.crt");
/// `me:p@ss`
const BASIC: &str = "basic bwu6cebzcw==";

/// A server for as many connections as there are answers; gives what it was asked, in lower case.
fn serve<T: Send + 'static>(
    answers: Vec<T>,
    answer: impl Fn(&mut TcpStream, T) -> String + Send + 'static,
) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = thread::spawn(move || {
        answers.into_iter().map(|text| answer(&mut listener.accept().unwrap().0, text)).collect()
    });
    (address, asked)
}

/// HTTP answers, each to one request.
fn http(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    serve(answers, |peer, answer| {
        let mut bytes = [0; 4096];
        let count = peer.read(&mut bytes).unwrap();
        peer.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&bytes[..count]).to_lowercase()
    })
}

fn moved(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

fn good() -> String {
    let found = fs::read_to_string(CERTIFICATE).unwrap();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{found}", found.len())
}

fn kubeseal(args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubeseal"));
    command.args(args).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    command.envs(variables.iter().copied()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_login_of_a_url_is_sent_and_follows_relative_redirects_alone() {
    let (other, other_asked) = http(vec![good()]);
    let (address, asked) = http(vec![moved("/b?to=http://x"), moved(&format!("http://{other}/c"))]);
    let output = kubeseal(&["--fetch-cert", "--cert", &format!("http://me:p%40ss@{address}/a")], &[]);
    assert!(output.status.success(), "{}", said(&output));
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("get /a http") && asked[0].contains(BASIC), "{asked:?}");
    assert!(asked[1].starts_with("get /b?to=http://x http") && asked[1].contains(BASIC), "{asked:?}");
    assert!(!other_asked.join().unwrap()[0].contains("authorization"));
}

#[test]
fn the_login_of_a_proxy_is_sent_to_it_and_to_nobody_else() {
    let (address, asked) = http(vec![good()]);
    let proxy = format!("http://me:p%40ss@{address}");
    let output = kubeseal(&["--fetch-cert", "--cert", "http://you:x@h.invalid/a"], &[("HTTP_PROXY", &proxy)]);
    assert!(output.status.success(), "{}", said(&output));
    let asked = &asked.join().unwrap()[0];
    assert!(asked.starts_with("get http://h.invalid/a http"), "{asked}");
    assert!(asked.contains(&format!("proxy-authorization: {BASIC}")), "{asked}");
    assert!(asked.contains("\r\nauthorization: basic ew91ong="), "{asked}");

    let (address, asked) = http(vec!["HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n".to_owned()]);
    let proxy = format!("me:p%40ss@{address}");
    let output =
        kubeseal(&["--fetch-cert", "--cert", "https://you:x@h.invalid/a"], &[("HTTPS_PROXY", &proxy)]);
    let asked = &asked.join().unwrap()[0];
    assert!(asked.starts_with("connect h.invalid:443 http") && asked.contains(BASIC), "{asked}");
    assert!(!asked.contains("\r\nauthorization"), "{asked}");
    assert!(!said(&output).contains("p%40ss") && !said(&output).contains(":x@"), "{}", said(&output));
}

#[test]
fn the_login_of_a_socks_proxy_is_sent_in_its_handshake() {
    let (address, asked) = serve(vec![()], |peer, ()| {
        let mut bytes = [0; 64];
        let mut all = Vec::new();
        for answer in [&[5, 2][..], &[1, 1]] {
            let count = peer.read(&mut bytes).unwrap();
            all.extend_from_slice(&bytes[..count]);
            peer.write_all(answer).unwrap();
        }
        String::from_utf8_lossy(&all).into_owned()
    });
    let proxy = format!("socks5://me:p%40ss@{address}");
    let output = kubeseal(&["--fetch-cert", "--server", "http://192.0.2.1", "--proxy-url", &proxy], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(asked.join().unwrap(), ["\u{5}\u{1}\u{2}\u{1}\u{2}me\u{4}p@ss"]);
    assert!(!said(&output).contains("p%40ss"), "{}", said(&output));
}

#[test]
fn no_message_shows_a_password_of_a_url() {
    let variables: [&[(&str, &str)]; 3] =
        [&[], &[("HTTPS_PROXY", "http://me:hunter2@[bad")], &[("HTTP_PROXY", "ftp://me:hunter2@h")]];
    for args in [
        &["--fetch-cert", "--cert", "http://me:hunter2@127.0.0.1:1/a"][..],
        &["--fetch-cert", "--cert", "https://me:hunter2@[bad/a"],
        &["--fetch-cert", "--cert", "ftp://me:hunter2@h/a"],
        &["--fetch-cert", "--cert", "file://me:hunter2@h/a"],
        &["--fetch-cert", "--cert", "me:hunter2@h/a"],
        &["--fetch-cert", "--server", "http://me:hunter2@127.0.0.1:1"],
        &["--fetch-cert", "--server", "https://me:hunter2@[bad"],
        &["--fetch-cert", "--server", "http://127.0.0.1:1", "--proxy-url", "http://me:hunter2@[bad"],
        &["--fetch-cert", "--server", "http://127.0.0.1:1", "--proxy-url", "http://me:hunter2@127.0.0.1:1"],
        &["--fetch-cert", "--cert", CERTIFICATE, "https://me:hunter2@h/a"],
        &["https://me:hunter2@h/a"],
    ] {
        for variables in variables {
            let said = said(&kubeseal(args, variables));
            assert!(!said.contains("hunter2"), "{args:?}: {said}");
            assert!(!said.is_empty(), "{args:?}");
        }
    }
}
