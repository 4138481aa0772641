//! A write that is refused with 403: whether a role lacks a rule is asked, not read from the API server's words.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use http::{Method, Request, Response};
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use sealed_secrets_controller::api::{error::ApiError, permission::Permission, secrets::Secrets};
use serde_json::json;
use tower::{ServiceBuilder, service_fn};

/// What the API server answers to a review.
#[derive(Clone, Copy, Debug)]
enum Review {
    Says(bool),
    Fails,
    Hangs,
}

/// A client of a server that refuses everything else with these words, and how many reviews were asked.
fn client(review: Review, words: &'static str) -> (Client, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let server = service_fn(move |request: Request<kube::client::Body>| {
        let counted = Arc::clone(&counted);
        async move {
            let is_review = request.uri().path().ends_with("/selfsubjectaccessreviews");
            let (code, answer) = match review {
                _ if !is_review => {
                    (403, json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": words}))
                }
                Review::Says(allowed) => (201, json!({"status": {"allowed": allowed}})),
                Review::Fails => (500, json!({})),
                Review::Hangs => std::future::pending().await,
            };
            if is_review {
                assert_eq!(request.method(), Method::POST);
                counted.fetch_add(1, Ordering::Relaxed);
            }
            let answer = Response::builder().status(code).body(Body::from(answer.to_string()));
            Ok::<_, Infallible>(answer.unwrap())
        }
    });
    (Client::new(ServiceBuilder::new().layer(Permission::default()).service(server), "ns"), asked)
}

fn secret() -> Secret {
    serde_json::from_value(json!({"metadata": {"name": "app"}})).unwrap()
}

const OF_RBAC: &str = "secrets is forbidden: User \"x\" cannot create resource \"secrets\"";
const OF_A_WEBHOOK: &str = "admission webhook \"policy\" denied the request";

#[tokio::test(start_paused = true)]
async fn the_review_decides_whatever_the_words_are() {
    for words in [OF_RBAC, OF_A_WEBHOOK] {
        for review in [Review::Says(false), Review::Says(true), Review::Fails, Review::Hangs] {
            let (client, _) = client(review, words);
            let error = Secrets::new(&client, "ns").create(&secret()).await.unwrap_err();
            let is_right = match review {
                Review::Says(false) => matches!(error, ApiError::Forbidden { .. }),
                Review::Says(true) => matches!(error, ApiError::NotAdmitted { .. }),
                Review::Fails | Review::Hangs => matches!(error, ApiError::Undecided { .. }),
            };
            assert!(is_right, "{review:?} {words}: {error:?}");
        }
    }
}

#[tokio::test]
async fn one_review_serves_many_refusals() {
    let (client, asked) = client(Review::Says(false), OF_RBAC);
    for _ in 0..3 {
        let error = Secrets::new(&client, "ns").create(&secret()).await.unwrap_err();
        assert!(matches!(error, ApiError::Forbidden { .. }), "{error:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let _other_verb = Secrets::new(&client, "ns").replace(&secret()).await.unwrap_err();
    let _other_namespace = Secrets::new(&client, "other").create(&secret()).await.unwrap_err();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_read_needs_no_review() {
    let (client, asked) = client(Review::Says(true), OF_A_WEBHOOK);
    let error = Secrets::new(&client, "ns").get("app").await.unwrap_err();
    assert!(matches!(error, ApiError::Forbidden { .. }), "{error:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn a_review_that_hangs_holds_nobody_for_long() {
    let (client, _) = client(Review::Hangs, OF_RBAC);
    let begun = tokio::time::Instant::now();
    let _undecided = Secrets::new(&client, "ns").create(&secret()).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(3));
}
