//! What users ran into that only a cluster shows, each by the name of its report.

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::objects::{Objects, PatchType, Target};
use serde_json::{Value, json};

use crate::pool::{Pool, told};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![
        pool.trial("reports::foreign_owner", async |backend| {
            foreign_owner(backend, "rep-owner", false).await
        }),
        pool.trial("reports::foreign_owner_that_controls", async |backend| {
            foreign_owner(backend, "rep-control", true).await
        }),
        pool.trial("reports::a_variable_that_no_item_has", no_value),
        pool.trial("reports::what_is_recovered_can_be_applied", recovered),
    ]
}

/// An owner that somebody added stays when the value changes; with skip-set-owner-references also a controlling one.
async fn foreign_owner(backend: &Backend, namespace: &'static str, controls: bool) -> Result<(), Failed> {
    let stage = Stage::set(backend, namespace).await?;
    let admin = stage.admin();
    let text = |value: &str| {
        let mut plain = secret(namespace, "app", &[("k", value)]);
        if controls {
            plain["metadata"]["annotations"] =
                json!({"sealedsecrets.bitnami.com/skip-set-owner-references": "true"});
        }
        plain
    };
    admin.create(&stage.seal(&text("1")).await?).await.map_err(told)?;
    stage.secret_is(namespace, "app", &[("k", "1")]).await?;
    let map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": namespace}});
    let map = admin.create(&map).await.map_err(told)?;
    let made = admin.get("Secret", namespace, "app").await.map_err(told)?.unwrap_or_default();
    let mut owners = made["metadata"]["ownerReferences"].as_array().cloned().unwrap_or_default();
    owners.push(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "name": "web", "uid": map["metadata"]["uid"], "controller": controls,
    }));
    let target = Target { kind: "Secret", namespace, name: "app", ..Target::default() };
    let change = json!({"metadata": {"ownerReferences": owners, "labels": {"other/ctl": "x"}}});
    admin.patch(target, PatchType::Merge, &change).await.map_err(told)?;

    let mut changed = admin.get("SealedSecret", namespace, "app").await.map_err(told)?.unwrap_or_default();
    changed["spec"] = stage.seal(&text("2")).await?["spec"].clone();
    admin.replace(&changed).await.map_err(told)?;
    let now = stage.secret_is(namespace, "app", &[("k", "2")]).await?;
    let kinds: Vec<&str> = now["metadata"]["ownerReferences"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|owner| owner["kind"].as_str())
        .collect();
    let wanted: &[&str] = if controls { &["ConfigMap"] } else { &["SealedSecret", "ConfigMap"] };
    assert_eq!(kinds, wanted);
    assert_eq!(
        now["metadata"].get("labels"),
        None,
        "labels are the template's, wholesale, as in the reference"
    );
    stage.strike().await
}

/// It renders as in Go, and is told by names alone: once, and no more when it is corrected.
async fn no_value(backend: &Backend) -> Result<(), Failed> {
    const NAMESPACE: &str = "rep-no-value";
    let stage = Stage::set(backend, NAMESPACE).await?;
    let mut sealed = stage.seal(&secret(NAMESPACE, "app", &[("password", "p4ss")])).await?;
    sealed["spec"]["template"]["data"] =
        json!({"config": "a: {{ .password }}\nb: {{ .pasword }}\nc: {{ .pasword | quote }}\n"});
    stage.admin().create(&sealed).await.map_err(told)?;
    let config = |b: &str, c: &str| format!("a: p4ss\nb: {b}\nc: {c}\n");
    stage.secret_is(NAMESPACE, "app", &[("password", "p4ss"), ("config", &config("<no value>", ""))]).await?;
    let event = stage.event(NAMESPACE, "app", "NoValue").await?;
    let message = event["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("template config:2:7: no item .pasword, <no value> is written"), "{message}");
    assert!(message.contains("config:3:7: no item .pasword, a function is given nothing"), "{message}");
    assert!(!message.contains("p4ss") && event["type"] == "Warning", "{event}");
    let ready_says = async |wanted: bool| {
        let look = async |admin: &Objects| {
            let object = admin.get("SealedSecret", NAMESPACE, "app").await?.unwrap_or_default();
            let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
            let of = |kind: &str| conditions.iter().find(|condition| condition["type"] == kind).cloned();
            let (synced, ready) = (of("Synced").unwrap_or_default(), of("Ready").unwrap_or_default());
            let is_current = object["status"]["observedGeneration"] == object["metadata"]["generation"];
            let says = ready["message"].as_str().is_some_and(|text| text.contains(".pasword"));
            Ok((is_current
                && synced["status"] == "True"
                && synced.get("message").is_none()
                && names_key(ready["message"].as_str().unwrap_or_default())
                && says == wanted)
                .then_some(()))
        };
        stage.admin().wait_for("the remark", std::time::Duration::from_secs(5), look).await.map_err(told)
    };
    ready_says(true).await?;

    let mut corrected =
        stage.admin().get("SealedSecret", NAMESPACE, "app").await.map_err(told)?.unwrap_or_default();
    corrected["spec"]["template"]["data"] =
        json!({"config": "a: {{ .password }}\nb: {{ .password }}\nc: {{ .password | quote }}\n"});
    stage.admin().replace(&corrected).await.map_err(told)?;
    stage
        .secret_is(NAMESPACE, "app", &[("password", "p4ss"), ("config", &config("p4ss", "\"p4ss\""))])
        .await?;
    ready_says(false).await?;
    stage.strike().await
}

/// Whether a message ends with the line about the one key there is.
fn names_key(message: &str) -> bool {
    message.lines().next_back().is_some_and(|line| line.starts_with("sealed to sealed-secrets-key"))
}

/// An owner without a uid is refused by the API server.
async fn recovered(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "rep-recover").await?;
    let sealed = stage.seal(&secret("rep-recover", "app", &[("k", "v")])).await?;
    let keys = stage.admin().list("Secret", backend.controller_namespace()).await.map_err(told)?;
    let key = keys.iter().find(|secret| secret["data"].get("tls.key").is_some()).ok_or("a key")?;
    let path = stage.file("key.json", &key.to_string())?;
    let args = ["--recovery-unseal", "--recovery-private-key", path.to_str().ok_or("a path")?];
    let opened: Value =
        serde_json::from_str(&stage.kubeseal_offline(&args, &sealed.to_string()).await?.ok()?)?;
    stage.admin().create(&opened).await.map_err(told)?;
    let made = async |admin: &Objects| admin.get("Secret", "rep-recover", "app").await;
    let made =
        stage.admin().wait_for("the Secret", std::time::Duration::from_secs(5), made).await.map_err(told)?;
    assert_eq!(made["data"], secret("rep-recover", "app", &[("k", "v")])["data"]);
    stage.strike().await
}
