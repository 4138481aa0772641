//! What one request may cost, and what all in flight may: an attack on each bound, and an honest twin.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use sealed_secrets_controller::http::{CALLERS_PER_PEER, Limits, Peer, Settings, service};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::{
    call, object, request, settings,
    wire::{Server, answer, head, soon},
};

const NO_RATE: u32 = 1_000_000;

fn limited(limits: impl FnOnce(&mut Limits)) -> Settings {
    let mut settings = settings(NO_RATE, NO_RATE);
    limits(&mut settings.limits);
    settings
}

/// An object of ciphertexts that have the right length and open with no key.
fn junk(items: usize) -> String {
    let sealed: Value = serde_json::from_str(&object(&["b"])).unwrap();
    let text = sealed["spec"]["encryptedData"]["item-0000"].as_str().unwrap().to_owned();
    let mut bad = sealed;
    let items: serde_json::Map<_, _> = (0..items).map(|at| (format!("i{at}"), json!(text))).collect();
    bad["metadata"]["name"] = json!("another");
    bad["spec"]["encryptedData"] = items.into();
    bad.to_string()
}

#[tokio::test]
async fn a_thousand_valid_items_are_verified_and_rotated_with_several_keys_too() {
    let (web, _, series) = crate::web(&["a", "b", "c"], settings(NO_RATE, NO_RATE));
    let router = service(web.clone());
    for keys in [vec!["c"; 1000], vec!["a"; 1000]] {
        let body = object(&keys);
        let before = series.http_operations.get();
        assert_eq!(call(&router, request("POST", "/v1/verify", body.clone())).await.status(), 200);
        let operations = series.http_operations.get() - before;
        assert!((1000.0..=1002.0).contains(&operations), "{operations}: the key of the last item goes first");
        let rotated = call(&router, request("POST", "/v1/rotate", body)).await;
        assert_eq!(rotated.status(), 200);
        let rotated: Value = serde_json::from_slice(rotated.body()).unwrap();
        assert_eq!(rotated["spec"]["encryptedData"].as_object().unwrap().len(), 1000);
    }
    assert_eq!(web.in_flight(), 0);
}

#[tokio::test]
async fn more_private_operations_than_allowed_are_refused_with_the_number_and_the_flag() {
    let (web, _, series) = crate::web(&["a", "b", "c"], limited(|limits| limits.operations = 10));
    let router = service(web);
    for (name, keys, fits) in [
        ("as many items as allowed", ["c"; 10].to_vec(), true),
        ("an item more", ["c"; 11].to_vec(), false),
        ("few items, but many keys are tried for each", ["a", "b", "a", "b", "a", "b", "a"].to_vec(), false),
    ] {
        for path in ["/v1/verify", "/v1/rotate"] {
            let got = call(&router, request("POST", path, object(&keys))).await;
            let text = String::from_utf8_lossy(got.body()).into_owned();
            if fits {
                assert_eq!(got.status(), 200, "{name}: {text}");
            } else {
                assert_eq!(got.status(), 413, "{name}");
                assert!(text.contains("more than 10 ") && text.contains("--http-max-operations"), "{text}");
            }
        }
    }
    assert_eq!(series.http_refused.with_label_values(&["operations"]).get(), 4);
}

#[tokio::test]
async fn the_first_item_that_does_not_open_ends_a_request() {
    let (web, _, series) = crate::web(&["a", "b", "c"], settings(NO_RATE, NO_RATE));
    let router = service(web);
    assert_eq!(call(&router, request("POST", "/v1/verify", junk(1500))).await.status(), 409);
    assert_eq!(call(&router, request("POST", "/v1/rotate", junk(1500))).await.status(), 500);
    let operations = series.http_operations.get();
    assert!(operations <= 6.0, "{operations} operations: three keys for the first item, twice");
}

#[tokio::test]
async fn a_text_of_many_values_is_refused_with_the_number() {
    let (web, _, series) = crate::web(&["b"], settings(NO_RATE, NO_RATE));
    let router = service(web.clone());
    let begun = Instant::now();
    let most = (3 << 20) - 10;
    let keys: String = (0..).map(|at| format!("k{at}: \n")).take(300_000).collect();
    let value = "x".repeat(100);
    let labels: String = (0..).map(|at| format!(",\"{at}\":\"{value}\"")).take(24_000).collect();
    let labelled =
        object(&["b"]).replace("{\"name\"", &format!("{{\"labels\":{{\"a\":\"\"{labels}}},\"name\""));
    for (text, number) in [
        ("-\n".repeat(most / 2), "50000"),
        (format!("[{}", "~,".repeat(most / 2)), "50000"),
        ("- ".repeat(most / 2), "500"),
        (keys, "50000"),
        ("{\"a\":".repeat(most / 5), "500"),
        ("[".repeat(most), "500"),
        // Few enough values to be read, and still more memory than a request may hold.
        (labelled, "4194304"),
    ] {
        let head = text[..8].to_owned();
        let got = call(&router, request("POST", "/v1/rotate", text)).await;
        let words = String::from_utf8_lossy(got.body()).into_owned();
        let told = got.status() == 413 && words.contains(number);
        assert!(told, "{head}, {number}: {} {words}", got.status());
    }
    assert_eq!(series.http_refused.with_label_values(&["nodes"]).get(), 7);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(web.in_flight(), 0);
    // The honest twin: a template of many lines, as configuration files are.
    let mut sealed: Value = serde_json::from_str(&object(&["b"; 20])).unwrap();
    let file = "key: value, of a setting that takes a line of some length\n".repeat(5000);
    sealed["spec"]["template"] = json!({ "data": { "file": file } });
    assert_eq!(call(&router, request("POST", "/v1/verify", sealed.to_string())).await.status(), 200);
}

#[tokio::test]
async fn a_caller_who_hangs_up_ends_his_request() {
    let server = Server::start(&["b"], settings(NO_RATE, NO_RATE)).await;
    let body = object(&vec!["b"; 2000]);
    let mut stream = server.connect(1).await;
    stream.write_all(head("POST", "/v1/verify", body.len()).as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let operations = || server.series.http_operations.get();
    soon("it has begun", || operations() >= 3.0).await;
    drop(stream);
    server.comes_to_rest().await;
    let (then, some) = (operations(), Duration::from_millis(200));
    tokio::time::sleep(some).await;
    assert!(then < 1900.0, "{then} operations: it was over before the caller hung up");
    assert!(operations() <= then + 1.0, "work goes on: {then}, then {}", operations());
}

#[tokio::test]
async fn bodies_in_flight_are_bounded_together_and_everybody_else_is_served() {
    let server = Server::start(&["b"], settings(NO_RATE, NO_RATE)).await;
    let (length, mut held) = ((3 << 20) - 1, vec![]);
    // Each from an address of its own, slow: everything but the last byte, or hardly anything.
    for from in 1..=60 {
        let mut stream = server.connect(from).await;
        stream.write_all(head("POST", "/v1/verify", length).as_bytes()).await.unwrap();
        if from % 2 == 0 {
            stream.write_all(b"{").await.unwrap();
        } else if held.len() < 3 {
            stream.write_all(&vec![b' '; length - 1]).await.unwrap();
        }
        held.push(stream);
    }
    soon("much is held", || server.web.in_flight() > 9 << 20).await;
    assert!(server.web.in_flight() <= 10 << 20, "{}", server.web.in_flight());
    server.is_healthy().await;
    let honest = server.ask(201, "POST", "/v1/verify", &object(&["b"])).await;
    assert_eq!(honest.status, 200, "a small request has room: {honest:?}");
    let large = format!("{}{}", " ".repeat(2 << 20), object(&["b"]));
    let refused = server.ask(201, "POST", "/v1/verify", &large).await;
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 1") && refused.body.contains("try again"), "{refused:?}");
    drop(held);
    server.comes_to_rest().await;
    assert_eq!(server.ask(201, "POST", "/v1/verify", &large).await.status, 200, "all of it came back");
    assert!(server.refused("bytes") >= 1);
}

#[tokio::test]
async fn one_address_leaves_bytes_to_the_others_whatever_callers_it_makes_up() {
    let server = Server::start(&["b"], settings(NO_RATE, NO_RATE)).await;
    let (length, mut held) = ((2 << 20) - 1, vec![]);
    for caller in 0..10 {
        let mut stream = server.connect(1).await;
        let host = format!("Host: x\r\nX-Forwarded-For: 192.0.2.{caller}");
        let asked = head("POST", "/v1/verify", length).replace("Host: x", &host);
        stream.write_all(asked.as_bytes()).await.unwrap();
        held.push(stream);
    }
    soon("the address holds its share", || server.web.in_flight() > 6 << 20).await;
    assert!(server.web.in_flight() <= 8 << 20);
    let honest = format!("{}{}", " ".repeat(1 << 20), object(&["b"]));
    assert_eq!(server.ask(2, "POST", "/v1/verify", &honest).await.status, 200);
}

/// A head whose sender the API server's proxy calls `caller`.
fn proxied(caller: u8, length: usize) -> String {
    let host = format!("Host: x\r\nX-Forwarded-For: 192.0.2.{caller}");
    head("POST", "/v1/verify", length).replace("Host: x", &host)
}

#[tokio::test]
async fn one_caller_of_the_proxy_holds_a_few_connections_by_slow_bodies_and_others_are_served() {
    let server = Server::start(&["b"], settings(NO_RATE, NO_RATE)).await;
    let body = object(&["b"]);
    let per_peer = Limits::new(1).connections.per_peer;
    let mut slow = vec![];
    for _ in 0..per_peer {
        let mut stream = server.connect(1).await;
        stream.write_all(proxied(1, body.len()).as_bytes()).await.unwrap();
        stream.write_all(&body.as_bytes()[..1]).await.unwrap();
        slow.push(stream);
    }
    soon("the others are refused", || server.refused("receiving") == per_peer as u64 - 16).await;
    let mut honest = server.connect(1).await;
    honest.write_all(proxied(2, body.len()).as_bytes()).await.unwrap();
    honest.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(answer(honest).await.unwrap().status, 200, "another caller of the same proxy");
    for (at, mut stream) in slow.into_iter().enumerate() {
        // Those that were refused may be closed by now.
        let _closed = stream.write_all(&body.as_bytes()[1..]).await;
        if at < 16 {
            assert_eq!(answer(stream).await.unwrap().status, 200, "slow, but not too many: {at}");
        }
    }
    server.comes_to_rest().await;
}

#[tokio::test]
async fn a_slow_sender_is_waited_for_while_he_sends() {
    let settings = limited(|limits| limits.grace = Duration::from_millis(300));
    let server = Server::start(&["b"], settings).await;
    let body = object(&["b"; 10]);
    let mut honest = server.connect(1).await;
    honest.write_all(head("POST", "/v1/verify", body.len()).as_bytes()).await.unwrap();
    for part in body.as_bytes().chunks(body.len() / 8 + 1) {
        tokio::time::sleep(Duration::from_millis(150)).await;
        honest.write_all(part).await.unwrap();
    }
    assert_eq!(answer(honest).await.unwrap().status, 200, "1.2 s, four times the grace");
    let mut stands = server.connect(1).await;
    stands.write_all(head("POST", "/v1/verify", 1 << 20).as_bytes()).await.unwrap();
    let begun = Instant::now();
    assert_eq!(answer(stands).await.unwrap().status, 408);
    assert!(begun.elapsed() < Duration::from_secs(2));
    // Never still for long, and yet it would take days.
    let mut trickles = server.connect(1).await;
    trickles.write_all(head("POST", "/v1/verify", 1 << 20).as_bytes()).await.unwrap();
    let mut sent = 0;
    while sent < 60 && trickles.write_all(b" ").await.is_ok() {
        sent += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(server.web.in_flight(), 0, "it is ended");
}

#[tokio::test]
async fn a_body_without_a_length_draws_as_it_grows() {
    let server = Server::start(&["b"], settings(NO_RATE, NO_RATE)).await;
    let chunked = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
    };
    let body = object(&["b"; 100]);
    let mut honest = server.connect(1).await;
    honest.write_all(chunked("/v1/verify").as_bytes()).await.unwrap();
    for part in body.as_bytes().chunks(1000) {
        honest.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await.unwrap();
        honest.write_all(part).await.unwrap();
        honest.write_all(b"\r\n").await.unwrap();
    }
    honest.write_all(b"0\r\n\r\n").await.unwrap();
    assert_eq!(answer(honest).await.unwrap().status, 200);
    let (mut held, part) = (vec![], vec![b' '; (3 << 20) - 10]);
    for from in 1..=6 {
        let mut stream = server.connect(from).await;
        stream.write_all(chunked("/v1/verify").as_bytes()).await.unwrap();
        stream.write_all(format!("{:x}\r\n", 3 << 20).as_bytes()).await.unwrap();
        stream.write_all(&part).await.unwrap();
        held.push(stream);
    }
    soon("some are refused", || server.web.in_flight() > 8 << 20).await;
    assert!(server.web.in_flight() <= 10 << 20);
    server.is_healthy().await;
    drop(held);
    server.comes_to_rest().await;
}

#[tokio::test]
async fn two_hundred_callers_behind_one_address_are_each_served_and_made_up_ones_are_not() {
    let (web, _, _) = crate::web(&["b"], settings(2, 2));
    let router = service(web);
    let ask = async |peer: u8, forwarded: String| {
        let mut request = request("POST", "/v1/verify", "x");
        request.extensions_mut().insert(Peer(IpAddr::from([10, 0, 0, peer])));
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        call(&router, request).await.status().as_u16()
    };
    for _ in 0..3 {
        for caller in 0..200 {
            assert_eq!(ask(1, format!("192.0.2.{caller}")).await, 500, "caller {caller} of the proxy");
        }
    }
    assert_eq!(ask(1, "what the client wrote, 192.0.2.7".to_owned()).await, 429, "the last element counts");
    let (begun, mut passed) = (Instant::now(), 0.0);
    for made_up in 0..3000 {
        passed += f64::from(u8::from(ask(2, format!("{made_up:060000}")).await == 500));
    }
    let most = f64::from(CALLERS_PER_PEER) * (3.0 + 2.0 * begun.elapsed().as_secs_f64());
    assert!(passed <= most + 1.0, "{passed} of 3000 passed, {most} at most");
    assert_eq!(ask(3, "192.0.2.7".to_owned()).await, 500, "another address is not concerned");
}
