//! The memory backend's watches, garbage collector, namespaces and faults.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod memory_server;

use std::time::Duration;

use futures::{AsyncBufReadExt as _, StreamExt as _, stream::BoxStream};
use http::Method;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    core::PartialObjectMeta,
    runtime::{WatchStreamExt as _, watcher},
};
use memory_server::{Running, is_gone, secret};
use sandbox::memory::{Effect, Fault};
use serde_json::{Value, json};

#[tokio::test]
async fn a_watch_tells_of_every_change_since_its_revision() {
    let running = Running::start().await;
    let first = running.admin.create(&secret("a", "default")).await.unwrap();
    let from = first["metadata"]["resourceVersion"].as_str().unwrap();
    let mut events = watch(&running, &format!("/api/v1/secrets?watch=1&resourceVersion={from}")).await;
    let mut changed = secret("a", "default");
    changed["data"]["a"] = "Yg==".into();
    running.admin.replace(&changed).await.unwrap();
    running.admin.create(&secret("b", "default")).await.unwrap();
    running.admin.delete("Secret", "default", "a", None).await.unwrap();
    assert_eq!(next(&mut events, 3).await, ["MODIFIED a", "ADDED b", "DELETED a"]);
}

#[tokio::test]
async fn an_object_enters_and_leaves_a_labelled_watch() {
    let running = Running::start().await;
    let mut events = watch(&running, "/api/v1/secrets?watch=1&labelSelector=app").await;
    running.admin.create(&secret("a", "default")).await.unwrap();
    let mut labelled = secret("a", "default");
    labelled["metadata"]["labels"] = json!({"app": "x"});
    running.admin.replace(&labelled).await.unwrap();
    running.admin.replace(&secret("a", "default")).await.unwrap();
    assert_eq!(next(&mut events, 2).await, ["ADDED a", "DELETED a"]);
}

#[tokio::test]
async fn a_streamed_list_ends_with_its_bookmark() {
    let running = Running::start().await;
    running.admin.create(&secret("a", "default")).await.unwrap();
    let uri = "/api/v1/secrets?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut events = watch(&running, uri).await;
    assert_eq!(next(&mut events, 2).await, ["ADDED a", "BOOKMARK initial-events-end"]);
}

#[tokio::test]
async fn a_forgotten_revision_is_an_error_event_with_410() {
    let running = Running::start().await;
    running.admin.create(&secret("a", "default")).await.unwrap();
    running.server.compact();
    let mut events = watch(&running, "/api/v1/secrets?watch=1&resourceVersion=1").await;
    assert_eq!(next(&mut events, 1).await, ["ERROR 410 Expired"]);
}

#[tokio::test]
async fn a_watcher_of_metadata_survives_cut_watches_and_compaction() {
    let running = Running::start().await;
    running.admin.create(&secret("a", "default")).await.unwrap();
    let api: Api<PartialObjectMeta<Secret>> = Api::all(running.client.clone());
    let mut objects = watcher(api, watcher::Config::default()).default_backoff().applied_objects().boxed();
    let mut name = async || {
        // What the watcher reports as an error it gets over by itself: that is what is tested.
        let applied = async { objects.by_ref().filter_map(async |next| next.ok()).boxed().next().await };
        let next = tokio::time::timeout(Duration::from_secs(10), applied).await;
        next.expect("in time").unwrap().metadata.name.unwrap()
    };
    assert_eq!(name().await, "a");
    running.server.faults().cut_watches();
    running.admin.create(&secret("b", "default")).await.unwrap();
    running.server.compact();
    while name().await != "b" {}
}

#[tokio::test]
async fn what_an_object_owns_goes_after_it() {
    let running = Running::start().await;
    let owner = running.admin.create(&secret("owner", "default")).await.unwrap();
    running.admin.create(&owned("dependent", &owner)).await.unwrap();
    running.admin.delete("Secret", "default", "owner", None).await.unwrap();
    wait_until_gone(&running, "dependent").await;
}

#[tokio::test]
async fn an_object_whose_owner_never_was_is_collected_and_another_owner_keeps_it() {
    let running = Running::start().await;
    let owner = running.admin.create(&secret("owner", "default")).await.unwrap();
    let mut nobody = owner.clone();
    nobody["metadata"]["uid"] = "00000000-0000-4000-8000-000000000000".into();
    running.admin.create(&owned("dependent", &nobody)).await.unwrap();
    wait_until_gone(&running, "dependent").await;
    let mut both = owned("kept", &owner);
    both["metadata"]["ownerReferences"]
        .as_array_mut()
        .unwrap()
        .extend(owned("x", &nobody)["metadata"]["ownerReferences"].as_array().unwrap().clone());
    running.admin.create(&both).await.unwrap();
    let only_owner = async |api: &sandbox::objects::Objects| {
        let found = api.get("Secret", "default", "kept").await?.expect("the living owner keeps it");
        Ok((found["metadata"]["ownerReferences"].as_array().unwrap().len() == 1).then_some(()))
    };
    running.admin.wait_for("the dead reference goes", Duration::from_secs(5), only_owner).await.unwrap();
}

#[tokio::test]
async fn orphans_lose_the_reference_and_foreground_owners_go_last() {
    let running = Running::start().await;
    let owner = running.admin.create(&secret("owner", "default")).await.unwrap();
    running.admin.create(&owned("orphan", &owner)).await.unwrap();
    running.admin.delete("Secret", "default", "owner", Some("Orphan")).await.unwrap();
    wait_until_gone(&running, "owner").await;
    let orphan = running.admin.get("Secret", "default", "orphan").await.unwrap().unwrap();
    assert!(orphan["metadata"]["ownerReferences"].is_null(), "{orphan}");

    let owner = running.admin.create(&secret("owner", "default")).await.unwrap();
    let mut held = owned("held", &owner);
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    running.admin.create(&held).await.unwrap();
    running.admin.delete("Secret", "default", "owner", Some("Foreground")).await.unwrap();
    let waiting = running.admin.get("Secret", "default", "owner").await.unwrap().unwrap();
    assert_eq!(waiting["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    let target =
        sandbox::objects::Target { kind: "Secret", namespace: "default", name: "held", subresource: "" };
    let release = json!({"metadata": {"finalizers": null}});
    running.admin.patch(target, sandbox::objects::PatchType::Merge, &release).await.unwrap();
    wait_until_gone(&running, "held").await;
    wait_until_gone(&running, "owner").await;
}

#[tokio::test]
async fn a_namespace_takes_its_contents_along() {
    let running = Running::start().await;
    running
        .admin
        .create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "short"}}))
        .await
        .unwrap();
    running.admin.create(&secret("a", "short")).await.unwrap();
    running.admin.delete("Namespace", "", "short", None).await.unwrap();
    let gone = async |api: &sandbox::objects::Objects| {
        Ok(api.get("Namespace", "", "short").await?.is_none().then_some(()))
    };
    running.admin.wait_for("the namespace ends", Duration::from_secs(5), gone).await.unwrap();
    assert_eq!(running.admin.list("Secret", "").await.unwrap(), [] as [Value; 0]);
    assert!(is_gone(&running.admin.create(&secret("b", "short")).await.unwrap_err()));
}

#[tokio::test]
async fn faults_hit_the_requests_they_are_meant_for_and_no_others() {
    let running = Running::start().await;
    running.admin.create(&secret("a", "default")).await.unwrap();
    let faults = running.server.faults();
    let path = "/api/v1/namespaces/default/secrets/a";
    faults.inject(Fault::on("update", "secrets", Effect::Conflict).named("a"));
    faults.inject(Fault::on("get", "secrets", Effect::InternalError));
    running.get("/api/v1/namespaces/default/secrets").await;
    running.check_refusal_code(&Method::GET, path, 500, "InternalError").await;
    let conflict = running.admin.json(Method::PUT, path, Some(&secret("a", "default"))).await.unwrap_err();
    assert_eq!(conflict.status().unwrap().as_u16(), 409);
    running.admin.json(Method::PUT, path, Some(&secret("a", "default"))).await.unwrap();
    faults.inject(Fault::on("list", "secrets", Effect::TornResponse));
    assert!(running.admin.list("Secret", "default").await.is_err(), "half an answer is none");
    assert_eq!(running.admin.list("Secret", "default").await.unwrap().len(), 1);
    assert_eq!(faults.clear(), 0);
}

async fn watch(running: &Running, uri: &str) -> BoxStream<'static, Value> {
    let request = http::Request::get(uri).body(Vec::new()).unwrap();
    let lines = running.client.request_stream(request).await.unwrap().lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).boxed()
}

/// The next events, in short.
async fn next(events: &mut BoxStream<'static, Value>, count: usize) -> Vec<String> {
    let short = |event: Value| {
        let (kind, object) = (event["type"].as_str().unwrap().to_owned(), &event["object"]);
        let what = match kind.as_str() {
            "ERROR" => format!("{} {}", object["code"], object["reason"].as_str().unwrap()),
            "BOOKMARK" if object["metadata"]["annotations"]["k8s.io/initial-events-end"] == "true" => {
                "initial-events-end".into()
            }
            _ => object["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
        };
        format!("{kind} {what}")
    };
    let taken = events.take(count).map(short).collect::<Vec<_>>();
    tokio::time::timeout(Duration::from_secs(5), taken).await.expect("the events come in time")
}

fn owned(name: &str, owner: &Value) -> Value {
    let mut object = secret(name, "default");
    object["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "Secret", "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]);
    object
}

async fn wait_until_gone(running: &Running, name: &str) {
    let gone = async |api: &sandbox::objects::Objects| {
        Ok(api.get("Secret", "default", name).await?.is_none().then_some(()))
    };
    running.admin.wait_for(&format!("{name} goes"), Duration::from_secs(5), gone).await.unwrap();
}
