//! Objects for the cluster: SealedSecrets sealed on all cores, foreign Secrets, key Secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::StreamExt as _;
use sandbox::objects::Objects;
use sealed_secrets_core::{Label, SealingKey};
use serde_json::{Map, Value, json};

use super::Failure;
use super::openssl::cores;

/// The namespace of everything that the bench loads.
pub(super) const NAMESPACE: &str = "bench";
/// The namespace of Secrets that concern nobody.
pub(super) const FOREIGN: &str = "foreign";

/// SealedSecrets with these names, of `values` values each, sealed on all cores.
pub(super) fn sealed(names: &[String], values: u32, key: &SealingKey) -> Vec<Value> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(sealed_one(name, values, key));
        }
        done
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores()).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|t| t.join().expect("sealing does not panic")).collect()
    })
}

/// One SealedSecret.
pub(super) fn sealed_one(name: &str, values: u32, key: &SealingKey) -> Value {
    let label = Label::from(format!("{NAMESPACE}/{name}"));
    let item = |i: u32| {
        let value = format!("value {i} of {name}");
        (format!("item-{i}"), Value::from(key.seal_to_text(&label, value.as_bytes())))
    };
    let items: Map<String, Value> = (0..values).map(item).collect();
    json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"encryptedData": items, "template": {"metadata": {"name": name, "namespace": NAMESPACE}}}})
}

/// Whether a Secret holds what its SealedSecret was made of.
pub(super) fn is_right(secret: &Value, values: u32) -> bool {
    let name = secret["metadata"]["name"].as_str().unwrap_or_default();
    (0..values)
        .all(|i| secret["data"][format!("item-{i}")] == STANDARD.encode(format!("value {i} of {name}")))
}

/// Secrets of 1 KiB that nobody has sealed.
pub(super) fn foreign(count: u32) -> Vec<Value> {
    let data = STANDARD.encode([b'x'; 1024]);
    let one = |i| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": format!("foreign-{i}"), "namespace": FOREIGN},
            "data": {"blob": data}})
    };
    (0..count).map(one).collect()
}

/// Creates all of them, a few at a time.
pub(crate) async fn create(admin: &Objects, objects: Vec<Value>) -> Result<(), Failure> {
    let admin = Arc::new(admin.clone());
    let create = |object: Value| {
        let admin = Arc::clone(&admin);
        async move { admin.create(&object).await.map(drop) }
    };
    let mut running = futures::stream::iter(objects).map(create).buffer_unordered(AT_ONCE);
    while let Some(created) = running.next().await {
        created?;
    }
    Ok(())
}

/// Creates a namespace.
pub(crate) async fn add_namespace(admin: &Objects, name: &str) -> Result<(), Failure> {
    admin.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})).await?;
    Ok(())
}

const AT_ONCE: usize = 16;
