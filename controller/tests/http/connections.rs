//! Connections and heads: how many, how large, and who is served when all are taken.

use std::time::{Duration, Instant};

use sealed_secrets_controller::http::{ConnectionLimits, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{
    object, settings,
    wire::{Server, answer, head, soon},
};

fn few() -> Settings {
    let mut settings = settings(1_000_000, 1_000_000);
    settings.limits.connections = ConnectionLimits { most: 8, per_peer: 6, reserve: 2 };
    settings
}

#[tokio::test]
async fn connections_that_never_ask_make_room_for_those_that_do() {
    let server = Server::start(&["b"], few()).await;
    let mut idle = vec![];
    for from in 0..60 {
        let mut stream = server.connect(from % 10 + 1).await;
        // Half a head, or nothing at all.
        if from % 2 == 0 {
            stream.write_all(b"POST /v1/verify HTTP/1.1\r\nHost: x\r\n").await.unwrap();
        }
        idle.push(stream);
    }
    for from in [1, 50] {
        let got = server.ask(from, "POST", "/v1/verify", &object(&["b"])).await;
        assert_eq!(got.status, 200, "from {from}: {got:?}");
    }
    server.is_healthy().await;
}

#[tokio::test]
async fn health_and_certificate_are_served_when_every_connection_has_a_request() {
    let server = Server::start(&["b"], few()).await;
    let mut held = vec![];
    for from in 1..=12 {
        let mut stream = server.connect(from).await;
        stream.write_all(head("POST", "/v1/verify", 1000).as_bytes()).await.unwrap();
        held.push(stream);
        if from == 8 {
            soon("eight are in flight", || server.web.in_flight() >= 8 * 17_000).await;
        }
    }
    for _ in 0..20 {
        server.is_healthy().await;
    }
    let refused = server.ask(200, "POST", "/v1/verify", &object(&["b"])).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("retry-after: 1") && refused.head.contains("connection: close"));
    assert!(server.refused("connections") >= 1);
    drop(held);
    server.comes_to_rest().await;
    assert_eq!(server.ask(200, "POST", "/v1/verify", &object(&["b"])).await.status, 200);
}

/// Bodies that nobody reads are waited for as long as nobody else needs the connection.
#[tokio::test]
async fn bodies_that_nobody_wants_hold_no_connection() {
    let server = Server::start(&["b"], few()).await;
    let mut held = vec![];
    for _ in 0..6 {
        let mut stream = server.connect(1).await;
        stream.write_all(head("POST", "/v1/nothing", 10).as_bytes()).await.unwrap();
        held.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let begun = Instant::now();
    let got = server.ask(1, "POST", "/v1/verify", &object(&["b"])).await;
    assert_eq!(got.status, 200, "{got:?}");
    assert!(begun.elapsed() < Duration::from_millis(200), "it took {:?}", begun.elapsed());
}

#[tokio::test]
async fn one_address_leaves_connections_to_the_others() {
    let server = Server::start(&["b"], few()).await;
    let mut held = vec![];
    for _ in 0..8 {
        let mut stream = server.connect(1).await;
        stream.write_all(head("POST", "/v1/verify", 1000).as_bytes()).await.unwrap();
        held.push(stream);
    }
    soon("six are in flight", || server.web.in_flight() >= 6 * 17_000).await;
    assert_eq!(server.ask(2, "POST", "/v1/verify", &object(&["b"])).await.status, 200);
}

#[tokio::test]
async fn a_large_head_is_refused_and_one_of_the_usual_size_is_not() {
    let server = Server::start(&["b"], few()).await;
    let body = object(&["b"]);
    for (length, status) in [(4_000, 200), (60_000, 431)] {
        let mut stream = server.connect(1).await;
        let head = head("POST", "/v1/verify", body.len());
        let head = head.replace("Host: x", &format!("Host: x\r\nX-Forwarded-For: {}", "x".repeat(length)));
        let _early = stream.write_all(head.as_bytes()).await;
        let _early = stream.write_all(body.as_bytes()).await;
        assert_eq!(answer(stream).await.map(|got| got.status), Some(status), "{length} bytes");
    }
}

#[tokio::test]
async fn an_idle_connection_ends() {
    let mut settings = few();
    settings.read_timeout = Duration::from_millis(200);
    let server = Server::start(&["b"], settings).await;
    let (mut stream, begun) = (server.connect(1).await, Instant::now());
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut all = Vec::new();
    let _reset = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut all)).await.unwrap();
    assert!(all.starts_with(b"HTTP/1.1 200") && begun.elapsed() < Duration::from_secs(2));
}
