//! A certificate that came over http:// is used, with one warning.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Output},
    thread,
};

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/keys/a.crt");

/// Fetches a certificate through a proxy on this machine that answers first with a redirect.
fn fetch(url: &str, location: &str) -> Output {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let url = url.replace("PROXY", &address.to_string());
    let location = location.to_owned();
    thread::spawn(move || {
        let found = fs::read_to_string(CERTIFICATE).unwrap();
        let moved = format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let good =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{found}", found.len());
        for answer in [moved, good] {
            let (mut peer, _) = proxy.accept().unwrap();
            let _asked = peer.read(&mut [0; 4096]).unwrap();
            peer.write_all(answer.as_bytes()).unwrap();
        }
    });
    Command::new(env!("CARGO_BIN_EXE_kubeseal"))
        .args(["--fetch-cert", "--cert", &url])
        .env_clear()
        .env("HTTP_PROXY", format!("http://{address}"))
        .output()
        .unwrap()
}

#[test]
fn a_certificate_over_the_network_without_tls_is_warned_of_once() {
    let output = fetch("http://certs.example.com/a", "http://other.example.com/a");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(output.stdout, fs::read(CERTIFICATE).unwrap());
    assert_eq!((said.matches("warning: ").count(), said.lines().count()), (1, 1), "{said}");
    assert!(said.contains("only as trustworthy as the network"), "{said}");
}

#[test]
fn one_from_this_machine_is_not() {
    let output = fetch("http://PROXY/a", "/b");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.stdout, output.stderr), (fs::read(CERTIFICATE).unwrap(), Vec::new()));
}
