//! Many sealing keys: what an object sealed to the oldest one costs, and the next one of its namespace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sandbox::backend::{Backend, Kind};
use sandbox::controller::{Controller, Launch};
use sealed_secrets_core::KeyPair;
use sealed_secrets_core::keys::KeySecret;
use serde_json::{Value, json};

use super::load::{self, NAMESPACE};
use super::scrape::of_controller;
use super::{Failure, in_process, settle, tell};

/// The cost of one object with a ring of so many keys.
pub(super) struct Sweep {
    pub(super) keys: usize,
    /// The first object, sealed to the oldest key.
    pub(super) first: Cost,
    /// The next object of the namespace.
    pub(super) next: Cost,
}

/// What one object took.
pub(super) struct Cost {
    pub(super) waited: Duration,
    /// Private-key operations; unknown when the controller does not count them.
    pub(super) operations: Option<f64>,
}

/// One ring after the other, each on a backend of its own.
pub(super) async fn sweep(kind: Kind, values: u32) -> Result<Vec<Sweep>, Failure> {
    let most = RINGS.iter().copied().max().unwrap_or_default();
    tell(&format!("making {most} keys"));
    let keys = tokio::task::spawn_blocking(move || make(most)).await?.map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for count in RINGS {
        tell(&format!("a ring of {count} keys"));
        rows.push(one_ring(kind, &keys[..*count], values).await?);
    }
    Ok(rows)
}

async fn one_ring(kind: Kind, keys: &[Arc<KeyPair>], values: u32) -> Result<Sweep, Failure> {
    let backend = Backend::start(kind).await?;
    let admin = backend.admin().clone();
    load::add_namespace(&admin, NAMESPACE).await?;
    for (index, key) in keys.iter().enumerate() {
        admin.create(&secret_of(key, index, backend.controller_namespace())?).await?;
    }
    let flags = vec!["--key-renew-period=0".to_owned()];
    let mut controller = backend.start_controller(Launch { flags, env: Vec::new() }).await?;
    controller.healthy(Duration::from_mins(1)).await?;
    settle::quiet(&controller).await?;
    let oldest =
        keys.first().ok_or("a ring needs a key")?.sealing_key().map_err(ToString::to_string)?.clone();
    let mut costs = Vec::new();
    for name in ["first", "next"] {
        let before = operations(&controller).await?;
        let object = load::sealed_one(name, values, &oldest);
        let start = Instant::now();
        admin.create(&object).await?;
        let (waited, _) = settle::unsealed(&admin, name, start).await?;
        settle::quiet(&controller).await?;
        let after = operations(&controller).await?;
        costs.push(Cost { waited, operations: before.zip(after).map(|(before, after)| after - before) });
    }
    controller.stop().await?;
    backend.stop().await;
    let [first, next] = <[Cost; 2]>::try_from(costs).map_err(|_| "two objects were measured")?;
    Ok(Sweep { keys: keys.len(), first, next })
}

async fn operations(controller: &Controller) -> Result<Option<f64>, Failure> {
    of_controller(controller, "sealed_secrets_controller_private_key_operations_total").await
}

/// So many keys, the oldest first, an hour between each.
pub(crate) fn make(count: usize) -> Result<Vec<Arc<KeyPair>>, Box<dyn std::error::Error + Send + Sync>> {
    let now = Timestamp::now();
    let one = |age| {
        let born = now - SignedDuration::from_hours(age);
        in_process::new_key(BITS, born).map(Arc::new).map_err(|error| error.to_string().into())
    };
    (0..i64::try_from(count)?).rev().map(one).collect()
}

pub(crate) fn secret_of(key: &KeyPair, index: usize, namespace: &str) -> Result<Value, Failure> {
    let shape = KeySecret {
        namespace: namespace.to_owned(),
        prefix: "sealed-secrets-key".to_owned(),
        labels: std::collections::BTreeMap::new(),
        annotations: std::collections::BTreeMap::new(),
    };
    let mut secret = serde_json::to_value(shape.of(key))?;
    secret["metadata"]["generateName"] = Value::Null;
    secret["metadata"]["name"] = json!(format!("sealed-secrets-key-{index:03}"));
    secret["apiVersion"] = json!("v1");
    secret["kind"] = json!("Secret");
    Ok(secret)
}

const RINGS: &[usize] = &[1, 10, 60];
/// The number of operations does not depend on the size, the time to make sixty keys does.
const BITS: u32 = 2048;
