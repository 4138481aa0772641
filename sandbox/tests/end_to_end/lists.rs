//! Lists whose pages would not fit into the controller's memory.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::objects::{Objects, PatchType, Target as Object};
use serde_json::json;

use crate::pool::{Pool, add_namespace, told};
use crate::stage::Stage;

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![pool.trial("lists::many_large_objects_are_listed_by_name_and_read_in_turn", large_objects)]
}

async fn large_objects(backend: &Backend) -> Result<(), Failed> {
    add_namespace(backend.admin(), NAMESPACE).await?;
    let text = "x".repeat(900_000);
    for number in 0..OBJECTS {
        let object = json!({
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": { "name": format!("large-{number}"), "namespace": NAMESPACE },
            "spec": { "encryptedData": {}, "template": { "data": { "text": text } } },
        });
        backend.admin().create(&object).await.map_err(told)?;
    }
    let stage = Stage::set(backend, "e2e-lists-other").await?;
    let all = async |admin: &Objects| {
        let secrets = admin.list("Secret", NAMESPACE).await?;
        let made = secrets
            .iter()
            .filter(|s| s["metadata"]["name"].as_str().is_some_and(|n| n.starts_with("large-")));
        Ok((made.count() == OBJECTS).then_some(()))
    };
    stage.admin().wait_for("every large Secret", Duration::from_secs(30), all).await.map_err(told)?;
    // From here on only metadata tell of a change.
    let object = Object { kind: "SealedSecret", namespace: NAMESPACE, name: "large-0", ..Object::default() };
    let change = json!({ "spec": { "template": { "data": { "text": "changed" } } } });
    backend.admin().patch(object, PatchType::Merge, &change).await.map_err(told)?;
    let changed = async |admin: &Objects| {
        let secret = admin.get("Secret", NAMESPACE, "large-0").await?.unwrap_or_default();
        Ok((secret["data"]["text"] == STANDARD.encode("changed")).then_some(()))
    };
    stage.admin().wait_for("the change", Duration::from_secs(30), changed).await.map_err(told)?;
    let log = stage.controller.log();
    assert!(log.contains("large objects: they are listed by name"), "the page was cut:\n{log}");
    stage.strike().await
}

const NAMESPACE: &str = "e2e-lists";
/// Together more than an answer may hold.
const OBJECTS: usize = 12;
