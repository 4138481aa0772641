//! A list and watch that is kept up while connections break.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, runtime::watcher};
use sealed_secrets_controller::watch::follow::follow;
use serde_json::json;
use tokio::time::Instant;

/// When a watch began and ended, one after the other.
type Times = Arc<Mutex<Vec<(Instant, Instant)>>>;

/// An API server where nothing ever happens; each watch is cut after `lasts`.
fn quiet(lasts: Duration, times: &Times) -> Client {
    let times = Arc::clone(times);
    let answer = move |request: http::Request<kube::client::Body>| {
        let times = Arc::clone(&times);
        async move {
            let body = if request.uri().query().unwrap_or_default().contains("watch=") {
                let begun = Instant::now();
                let cut = async move {
                    tokio::time::sleep(lasts).await;
                    times.lock().unwrap().push((begun, Instant::now()));
                    Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
                };
                Body::from_stream(futures::stream::once(Box::pin(cut)).boxed())
            } else {
                let list = json!({"kind": "SecretList", "apiVersion": "v1",
                    "metadata": {"resourceVersion": "1"}, "items": []});
                Body::from(list.to_string())
            };
            Ok::<_, Infallible>(http::Response::new(body))
        }
    };
    Client::new(tower::service_fn(answer), "ns")
}

/// The longest time without a watch between cuts, after the first `skipped`.
async fn longest_gap(lasts: Duration, cuts: usize, skipped: usize) -> Duration {
    let times = Times::default();
    let client = quiet(lasts, &times);
    let source = move || (Api::<Secret>::namespaced(client.clone(), "ns"), watcher::Config::default());
    let following = follow("secrets", "ns", source, |_| {});
    let enough = async {
        while times.lock().unwrap().len() < cuts {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = following => unreachable!("it goes on for ever"),
        () = enough => {}
        () = tokio::time::sleep(Duration::from_hours(12)) => panic!("too few watches"),
    }
    let times = times.lock().unwrap();
    times.windows(2).skip(skipped).map(|pair| pair[1].0 - pair[0].1).max().unwrap()
}

/// Row 9: each cut of a watch that has nothing to tell doubled the time without one, up to 30 s. These end before the
/// client's own limit of some five minutes.
#[tokio::test(start_paused = true)]
async fn a_quiet_watch_that_is_cut_now_and_then_is_soon_there_again() {
    let gap = longest_gap(Duration::from_secs(200), 40, 0).await;
    assert!(gap <= Duration::from_secs(2), "{gap:?} without a watch");
}

/// A proxy ends each watch with an error after a minute, or after half of one. kube's own waits grow then: with a wait of
/// 30 s, errors come less than the two minutes apart after which they begin anew.
#[tokio::test(start_paused = true)]
async fn a_quiet_watch_that_a_proxy_cuts_is_soon_there_again() {
    for lasts in [60, 30].map(Duration::from_secs) {
        let gap = longest_gap(lasts, 40, 0).await;
        assert!(gap <= Duration::from_secs(2), "{gap:?} without a watch, each lasts {lasts:?}");
    }
}

/// Its twin: an API server that cuts each watch at once is left alone for longer and longer, up to kube's longest
/// wait: the waits themselves are no life of a watch.
#[tokio::test(start_paused = true)]
async fn a_watch_that_is_cut_at_once_is_opened_again_at_growing_intervals() {
    let gap = longest_gap(Duration::ZERO, 12, 8).await;
    assert!(gap >= Duration::from_secs(30), "only {gap:?} without a watch");
}
