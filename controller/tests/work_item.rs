//! What happens to keys and Secrets while an object is being worked on, and what follows when that ends; and
//! what waits until nothing is.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    path::Path,
    sync::{Arc, Barrier},
    time::Duration,
};

use axum::body::Body;
use k8s_openapi::{
    ByteString,
    api::core::v1::{ObjectReference, Secret},
};
use sealed_secrets_controller::{
    capacity::{
        memory::MemoryBudget,
        pool::{Cancel, Claim, Pool, Priority},
    },
    config::{Command, Config},
    context::Context,
    keys::{
        report,
        store::{KeyChange, Store},
    },
    leader::Leadership,
    reconcile::{reconcile, templates::TemplateCache, worker},
    report::{
        deferred::{self, DeferredEvents},
        events::{Events, Kind, Note},
        metrics::Metrics,
    },
    state::{
        conclusion::{Outcome, Policy},
        entry::{Cause, State},
        existing::Existing,
        index::Index,
        key::Key,
        queue::{self, Queue},
        secret::{Ownership, SecretEvent, Version},
        sighting::Sighting,
    },
};
use sealed_secrets_core::{KeyPair, Label, Scope, SealedSecret, names};
use serde_json::{Value, json};
use tokio::sync::{
    mpsc::{self, Receiver},
    watch,
};

fn testdata(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path)).unwrap()
}

fn pair(key: &str) -> KeyPair {
    let cert = testdata(&format!("controller/certs/{key}.crt"));
    KeyPair::from_pem(&testdata(&format!("keys/{key}.key")), &cert).unwrap()
}

fn key_secret(key: &str) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(format!("key-{key}"));
    secret.metadata.labels =
        Some(BTreeMap::from([(names::KEY_LABEL.to_owned(), names::KEY_ACTIVE.to_owned())]));
    secret.data = Some(BTreeMap::from([
        ("tls.key".to_owned(), ByteString(testdata(&format!("keys/{key}.key")))),
        ("tls.crt".to_owned(), ByteString(testdata(&format!("controller/certs/{key}.crt")))),
    ]));
    secret
}

fn sighting() -> Sighting {
    Sighting {
        uid: "owner".into(),
        generation: Some(1),
        scope: Scope::Strict,
        repair: false,
        deleting: false,
        instance: "".into(),
        status: None,
    }
}

fn name() -> Key {
    Key::new("ns", "app")
}

/// An API server that has nothing and takes everything.
async fn answer(request: http::Request<kube::client::Body>) -> Result<http::Response<Body>, Infallible> {
    let body =
        json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "message": "" });
    let is_read = request.method() == http::Method::GET;
    let code = if is_read { 404 } else { 200 };
    let body = if is_read { body } else { json!({ "metadata": {}, "involvedObject": {}, "spec": {} }) };
    Ok(http::Response::builder().status(code).body(Body::from(body.to_string())).unwrap())
}

/// The same, but an Event about a key is never answered.
async fn answer_no_event_of_a_key(
    request: http::Request<kube::client::Body>,
) -> Result<http::Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect_bytes().await.unwrap();
    if parts.uri.path().ends_with("/events") {
        let event: Value = serde_json::from_slice(&body).unwrap();
        if event["involvedObject"]["kind"] == "Secret" {
            std::future::pending::<()>().await;
        }
    }
    answer(http::Request::from_parts(parts, body.into())).await
}

fn context(threads: usize) -> (Arc<Context>, Vec<Receiver<Note>>) {
    let (context, lanes, _changes) = context_of(kube::Client::new(tower::service_fn(answer), "ns"), threads);
    (context, lanes)
}

fn context_of(
    client: kube::Client,
    threads: usize,
) -> (Arc<Context>, Vec<Receiver<Note>>, mpsc::UnboundedReceiver<KeyChange>) {
    let Command::Run(config, _) = Config::read(&[], &|_| None, "ns").unwrap() else { panic!("a run") };
    let (keys, key_changes) = Store::new(config.keys.clone(), "ns");
    let (deferred, lanes) = DeferredEvents::new();
    let context = Context {
        keys,
        index: Index::default(),
        existing: Existing::default(),
        queue: Queue::default(),
        memory: MemoryBudget::default(),
        pool: Pool::with_threads(threads),
        templates: Arc::new(TemplateCache::new(config.templates.clone())),
        metrics: Arc::new(Metrics::new("v1", false)),
        events: Events::new(client.clone()),
        deferred,
        identity: String::new(),
        leadership: Arc::new(Leadership::new(false)),
        client,
        config: *config,
    };
    (Arc::new(context), lanes, key_changes)
}

/// An object sealed to a key.
fn sealed_to(key: &str) -> SealedSecret {
    let text = pair(key).sealing_key().unwrap().seal_to_text(&Label::from("ns/app".to_owned()), b"v");
    serde_json::from_value(json!({
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": { "name": "app", "namespace": "ns", "uid": "owner", "generation": 1 },
        "spec": { "encryptedData": { "k": text }, "template": {} },
    }))
    .unwrap()
}

async fn comes(context: &Context) -> bool {
    tokio::time::timeout(Duration::from_millis(50), context.queue.next()).await.is_ok()
}

#[tokio::test]
async fn a_key_that_comes_while_an_object_fails_for_want_of_it_is_not_missed() {
    let (context, _lanes) = context(1);
    context.keys.apply(&key_secret("a"));
    context.keys.publish();
    context.index.lock().see(&name(), sighting(), Some(sealed_to("b")));
    context.queue.push(&name(), Priority::Fresh);
    let item = context.queue.next().await;

    // The work item has the old keys and waits for the only thread.
    let (gate, held) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (pool, inside) = (context.pool.clone(), Arc::clone(&gate));
    let started = Arc::clone(&held);
    let block = tokio::spawn(async move {
        let claim = Claim::unseal(Priority::Fresh, "ns");
        pool.run(claim, &Cancel::default(), move || (started.wait().is_leader(), inside.wait().is_leader()))
            .await
    });
    tokio::task::yield_now().await;
    held.wait();
    let mut reconciled = Box::pin(reconcile(&context, &item));
    assert!(futures::poll!(&mut reconciled).is_pending());

    // Its key comes, and wakes what waits for a key: this object does not yet.
    context.keys.apply(&key_secret("b"));
    context.wake(|entry| *entry.state() == State::WaitsForKey, Priority::Fresh);
    gate.wait();
    let done = reconciled.await;
    block.await.unwrap().unwrap();
    context.queue.done(&name(), done.cost, done.requeue);
    assert_eq!(context.index.with(&name(), |entry| entry.state().clone()), Some(State::WaitsForKey));
    assert!(comes(&context).await, "due again at once");
}

#[tokio::test]
async fn an_object_that_fails_with_the_keys_of_now_waits() {
    let (context, _lanes) = context(1);
    context.keys.apply(&key_secret("a"));
    context.keys.publish();
    context.index.lock().see(&name(), sighting(), Some(sealed_to("b")));
    context.queue.push(&name(), Priority::Fresh);
    let item = context.queue.next().await;
    let done = reconcile(&context, &item).await;
    context.queue.done(&name(), done.cost, done.requeue);
    assert!(!comes(&context).await, "no hot loop");
}

#[tokio::test]
async fn events_of_success_wait_while_fresh_objects_are_in_the_queue() {
    let (context, lanes) = context(1);
    for lane in lanes {
        tokio::spawn(deferred::deliver(Arc::clone(&context), lane, watch::channel(false).1));
    }
    let about = ObjectReference { namespace: Some("ns".to_owned()), ..ObjectReference::default() };
    let note = Note { about, kind: Kind::Normal, reason: "Unsealed", message: "well".to_owned() };
    context.queue.push(&name(), Priority::Fresh);
    context.deferred.leave(&context.events, note).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(context.deferred.waiting(), 1);

    let item = context.queue.next().await;
    context.queue.done(&item.key, Duration::ZERO, None);
    let told = async {
        while context.deferred.waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.unwrap();
}

/// Row 13: an Event that the API server does not answer keeps no object from its key.
#[tokio::test]
async fn a_key_wakes_what_waits_for_it_while_an_event_of_another_key_is_not_answered() {
    let (context, _lanes, key_changes) =
        context_of(kube::Client::new(tower::service_fn(answer_no_event_of_a_key), "ns"), 1);
    tokio::spawn(report::report(Arc::clone(&context), key_changes));
    context.keys.apply(&key_secret("a"));
    context.keys.publish();
    context.index.lock().see(&name(), sighting(), Some(sealed_to("b")));
    context.queue.push(&name(), Priority::Fresh);
    let item = context.queue.next().await;
    let reconciled = tokio::time::timeout(Duration::from_secs(10), reconcile(&context, &item));
    let done = reconciled.await.expect("an Event of the object is answered");
    context.queue.done(&name(), done.cost, done.requeue);

    let mut broken = key_secret("b");
    broken.metadata.name = Some("broken".to_owned());
    broken.data = Some(BTreeMap::from([("tls.key".to_owned(), ByteString(b"no key".to_vec()))]));
    context.keys.apply(&broken);
    assert!(!comes(&context).await, "a broken key opens nothing");
    context.keys.apply(&key_secret("b"));
    assert!(comes(&context).await);
}

/// An API server that never answers a question for a Secret.
async fn answer_no_secret(
    request: http::Request<kube::client::Body>,
) -> Result<http::Response<Body>, Infallible> {
    if request.uri().path().ends_with("/secrets/app") {
        std::future::pending::<()>().await;
    }
    answer(request).await
}

/// A replica that loses the lease drops what is in work; when it leads again, all of that comes again.
#[tokio::test]
async fn what_is_dropped_in_the_middle_is_worked_on_by_the_next_term() {
    let (context, _lanes, _changes) =
        context_of(kube::Client::new(tower::service_fn(answer_no_secret), "ns"), 1);
    context.keys.apply(&key_secret("a"));
    context.keys.publish();
    let found = || {
        context.index.lock().see(&name(), sighting(), Some(sealed_to("a")));
        context.existing.insert(None, &name());
        context.queue.push(&name(), Priority::Fresh);
    };
    for _ in 0..2 * queue::AT_ONCE {
        found();
        let item = tokio::time::timeout(Duration::from_secs(5), context.queue.next()).await;
        let item = item.expect("it comes in every term");
        let mut work = Box::pin(worker::take(&context, &item));
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut work).await.is_err(), "it is in work");
        drop(work);
        context.forget_objects();
    }
}

/// The same where the object is seen again before the last worker is gone.
#[tokio::test]
async fn what_the_last_term_still_drops_comes_again() {
    let (context, _lanes, _changes) =
        context_of(kube::Client::new(tower::service_fn(answer_no_secret), "ns"), 1);
    context.keys.apply(&key_secret("a"));
    context.keys.publish();
    context.existing.insert(None, &name());
    context.index.lock().see(&name(), sighting(), Some(sealed_to("a")));
    context.queue.push(&name(), Priority::Fresh);
    let item = context.queue.next().await;
    let mut work = Box::pin(worker::take(&context, &item));
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut work).await.is_err(), "it is in work");
    context.forget_objects();
    context.index.lock().see(&name(), sighting(), Some(sealed_to("a")));
    context.queue.push(&name(), Priority::Fresh);
    assert!(!comes(&context).await, "two workers never have one object");
    drop(work);
    assert!(comes(&context).await);
}

/// An API server that has a Secret of ours, edited since, and refuses to change it.
async fn answer_edited(
    request: http::Request<kube::client::Body>,
) -> Result<http::Response<Body>, Infallible> {
    let secret = json!({"metadata": {"name": "app", "namespace": "ns", "uid": "s", "resourceVersion": "11",
        "ownerReferences": [{"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "app",
            "uid": "owner", "controller": true}]},
        "type": "Opaque", "data": {"k": "ZWRpdGVk"}});
    let is_secret = request.uri().path().ends_with("/secrets/app");
    let (code, body) = match *request.method() {
        http::Method::GET if is_secret => (200, secret),
        http::Method::PUT if is_secret => {
            let body = json!({"kind": "Status", "status": "Failure", "code": 409, "message": "it changed"});
            (409, body)
        }
        _ => return answer(request).await,
    };
    Ok(http::Response::builder().status(code).body(Body::from(body.to_string())).unwrap())
}

/// A repair that fails takes nothing away from what is known: deleted to be made again, the Secret is.
#[tokio::test]
async fn a_secret_that_is_deleted_after_a_failed_repair_is_made_again() {
    let (context, _lanes, _changes) =
        context_of(kube::Client::new(tower::service_fn(answer_edited), "ns"), 1);
    context.keys.apply(&key_secret("a"));
    context.keys.publish();
    let repaired = Sighting { repair: true, ..sighting() };
    context.index.lock().see(&name(), repaired, Some(sealed_to("a")));
    let version = |resource: &str| Version { uid: "s".into(), resource: resource.into() };
    let ownership = Ownership { uid: "s".into(), owner: Some("owner".into()), ..Ownership::default() };
    let task = context.index.lock().begin(&name()).unwrap().0;
    let synced = Outcome { state: Some(State::Synced(version("10"))), ..Outcome::default() };
    let policy = Policy { skip_recreate: false, quick_retries: 5, priority: Priority::Fresh };
    context.index.lock().conclude(&name(), &task, synced, &context.keys.snapshot(), policy);

    let observe = |event| context.index.with(&name(), |entry| entry.observe_secret(event, false)).unwrap();
    assert!(observe(SecretEvent::Exists(version("11"), ownership.clone())).is_some(), "it was edited");
    context.index.lock().see(&name(), Sighting { repair: true, ..sighting() }, Some(sealed_to("a")));
    context.queue.push(&name(), Priority::Verify);
    let item = context.queue.next().await;
    reconcile(&context, &item).await;
    assert!(observe(SecretEvent::Deleted(Some(ownership))).is_some(), "it is gone");
    assert_eq!(context.index.with(&name(), |entry| entry.cause()), Some(Cause::Due));
}
