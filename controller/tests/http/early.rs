//! Answers that are ready before the request is: the caller must still hear them.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    settings,
    wire::{Server, answer, head},
};

/// A head, then a body that comes late and in pieces, as a proxy passes it on.
async fn slowly(server: &Server, path: &str, length: usize) -> Option<u16> {
    let mut stream = server.connect(1).await;
    stream.write_all(head("POST", path, length).as_bytes()).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.write_all(&vec![b'x'; length / 4]).await.expect("it is not cut off");
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    answer(stream).await.map(|got| got.status)
}

#[tokio::test]
async fn one_who_still_sends_a_body_hears_why_it_is_not_wanted() {
    let server = Server::start(&["b"], settings(1, 0)).await;
    assert_eq!(server.ask(1, "POST", "/v1/verify", "x").await.status, 500);
    for length in [4, 200_000, 4_000_000] {
        assert_eq!(slowly(&server, "/v1/verify", length).await, Some(429), "{length} bytes too often");
        assert_eq!(slowly(&server, "/v1/nothing", length).await, Some(404), "{length} bytes for nobody");
        assert_eq!(
            slowly(&server, "/v1/cert.pem", length).await,
            Some(405),
            "{length} bytes to a certificate"
        );
    }
    server.comes_to_rest().await;
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_short_body_that_nobody_read() {
    let server = Server::start(&["b"], settings(1, 0)).await;
    let mut stream = server.connect(1).await;
    for status in ["500", "429", "429"] {
        let head = "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.write_all(b"xxxx").await.unwrap();
        let mut got = vec![0; 4096];
        let length = stream.read(&mut got).await.unwrap();
        let got = String::from_utf8_lossy(&got[..length]).to_lowercase();
        assert!(got.contains(status) && !got.contains("connection: close"), "{got}");
    }
}

#[tokio::test]
async fn one_who_never_sends_the_body_hears_it_soon_and_his_connection_ends() {
    let server = Server::start(&["b"], settings(1, 0)).await;
    server.ask(1, "POST", "/v1/verify", "x").await;
    let (mut stream, begun) = (server.connect(1).await, Instant::now());
    let head = "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let got = answer(stream).await.expect("an answer");
    assert_eq!((got.status, got.head.contains("connection: close")), (429, true), "{got:?}");
    assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
}
