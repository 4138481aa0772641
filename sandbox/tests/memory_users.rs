//! Who may do what on the memory backend: tokens, the roles of `manifests/`, the service proxy.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod memory_server;

use std::time::Duration;

use axum::{Router, http::HeaderMap, routing::any};
use http::Method;
use memory_server::{Running, secret};
use sandbox::{
    manifests::Manifests,
    objects::{ApiError, Objects},
};
use serde_json::json;

#[tokio::test]
async fn the_controllers_account_may_do_what_the_manifests_grant_and_nothing_else() {
    let running = Running::start().await;
    running.install(|kind| kind != "Kustomization").await;
    let (namespace, name) = account();
    let controller = controller(&running).await;
    controller.create(&secret("a", "default")).await.unwrap();
    controller.replace(&secret("a", "default")).await.unwrap();
    let path = "/api/v1/namespaces/default/secrets/a";
    let who = format!("system:serviceaccount:{namespace}:{name}");
    let answer = controller.text(Method::PATCH, path, "application/merge-patch+json", b"{}".to_vec()).await;
    let words = format!(
        r#"secrets "a" is forbidden: User {who:?} cannot patch resource "secrets" in API group "" in the namespace "default""#
    );
    check_refused(answer, 403, &words);
    let lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    let words = format!(
        r#"leases.coordination.k8s.io is forbidden: User {who:?} cannot list resource "leases" in API group "coordination.k8s.io" in the namespace "default""#
    );
    check_refused(controller.text(Method::GET, lease, "", Vec::new()).await, 403, &words);
}

#[tokio::test]
async fn a_token_ends_with_its_account_and_a_wrong_one_is_refused() {
    let running = Running::start().await;
    running.install(|kind| kind != "Kustomization").await;
    let controller = controller(&running).await;
    controller.list("SealedSecret", "").await.unwrap();
    let (namespace, name) = account();
    running.admin.delete("ServiceAccount", &namespace, &name, None).await.unwrap();
    check_refused(controller.list("SealedSecret", "").await, 401, "Unauthorized");
    let stranger = running.objects_with("no-such-token").await;
    check_refused(stranger.list("SealedSecret", "").await, 401, "Unauthorized");
}

#[tokio::test]
async fn the_service_proxy_forwards_to_the_endpoint_and_tells_no_credentials() {
    let running = Running::start().await;
    running.install(|kind| kind != "Kustomization").await;
    let echo = |method: Method, uri: http::Uri, headers: HeaderMap, body: String| async move {
        let from =
            headers.get("x-forwarded-for").and_then(|v| v.to_str().ok()).unwrap_or("nobody").to_owned();
        format!("{method} {uri} {body} from {from}, authorization {}", headers.contains_key("authorization"))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(echo))).await });
    let manifests = Manifests::of_the_project().unwrap();
    let (namespace, name) = manifests.service().unwrap();
    let jane = running.objects_with(&running.tokens.ordinary).await;
    let path = format!("/api/v1/namespaces/{namespace}/services/http:{name}:http/proxy/v1/rotate?a=b%20c");
    // The client would try again for minutes: that the server has answered is all there is to see.
    let soon =
        tokio::time::timeout(Duration::from_millis(300), jane.text(Method::POST, &path, "", Vec::new()));
    assert!(soon.await.is_err());
    assert!(running.server.calls().count(|c| c.resource == "services/proxy" && c.code == 503) > 0);
    let endpoints = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"namespace": namespace, "name": name},
        "subsets": [{"addresses": [{"ip": "127.0.0.1"}], "ports": [{"name": "http", "port": address.port()}]}]});
    running.admin.create(&endpoints).await.unwrap();
    let answer = jane.text(Method::POST, &path, "", b"body".to_vec()).await.unwrap();
    assert_eq!(answer, "POST /v1/rotate?a=b%20c body from 127.0.0.1, authorization false");
    let words = format!(
        r#"services "http:{name}:http" is forbidden: User "jane" cannot delete resource "services/proxy" in API group "" in the namespace "{namespace}""#
    );
    check_refused(jane.text(Method::DELETE, &path, "", Vec::new()).await, 403, &words);
}

#[tokio::test]
async fn calls_are_counted_by_verb_resource_and_user() {
    let running = Running::start().await;
    running.admin.create(&secret("a", "default")).await.unwrap();
    let calls = running.server.calls();
    let creations =
        |user: &str| calls.count(|c| c.verb == "create" && c.resource == "secrets" && c.user == user);
    assert_eq!((creations("admin"), creations("jane")), (1, 0));
    let metrics = running.admin.text(Method::GET, "/metrics", "", Vec::new()).await.unwrap();
    let line =
        r#"apiserver_request_total{code="201",group="",resource="secrets",subresource="",verb="POST"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
}

fn account() -> (String, String) {
    let manifests = Manifests::of_the_project().unwrap();
    let (namespace, name) = manifests.service_account().unwrap();
    (namespace.to_owned(), name.to_owned())
}

async fn controller(running: &Running) -> Objects {
    let (namespace, name) = account();
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let answer = running.admin.json(Method::POST, &path, Some(&request)).await.unwrap();
    running.objects_with(answer["status"]["token"].as_str().unwrap()).await
}

#[track_caller]
fn check_refused<T: std::fmt::Debug>(answer: Result<T, ApiError>, code: u16, words: &str) {
    let Err(ApiError::Refused { status, message, .. }) = answer else { panic!("not refused: {answer:?}") };
    assert_eq!((status.as_u16(), message.as_str()), (code, words));
}
