//! Whoever may create SealedSecrets beside the sealing keys must not become one who decides what is sealed to.

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::http_client;
use sandbox::objects::{Objects, PatchType, Target};
use sealed_secrets_core::names::{KEY_LABEL, PATCH, SKIP_SET_OWNER_REFERENCES};
use serde_json::{Value, json};

use crate::pool::{Pool, told};
use crate::scenarios::{file::Key, keys};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![
        pool.trial("key_planting::a_sealed_secret_makes_no_sealing_key", makes_none),
        pool.trial("key_planting::a_sealed_secret_changes_no_sealing_key", changes_none),
        pool.trial("key_planting::a_key_that_an_old_version_let_in_is_not_read_and_is_told", let_in_before),
        pool.trial("key_planting::an_ordinary_secret_and_a_restored_key_work_there", honest),
    ]
}

/// A SealedSecret beside the keys that holds a key pair of the tenant's own.
async fn plant(stage: &Stage<'_>, name: &str, template: Value) -> Result<(), Failed> {
    let home = stage.backend.controller_namespace();
    let own = keys::secret(&Key::Letter("c".to_owned()), home);
    let mut plain = secret(home, name, &[]);
    plain["data"] = own["data"].clone();
    let mut sealed = stage.seal(&plain).await?;
    for (field, value) in template["metadata"].as_object().into_iter().flatten() {
        sealed["spec"]["template"]["metadata"][field] = value.clone();
    }
    stage.admin().create(&sealed).await.map(drop).map_err(told)
}

async fn served(stage: &Stage<'_>) -> Result<Vec<u8>, Failed> {
    Ok(http_client::get(stage.controller.http(), "/v1/cert.pem").await?.body)
}

async fn makes_none(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::with_flags(backend, "e2e-plant", &["--key-renew-period=0"]).await?;
    let home = backend.controller_namespace();
    let before = served(&stage).await?;
    let label = json!({(KEY_LABEL): "active"});
    let ownerless = json!({(SKIP_SET_OWNER_REFERENCES): "true"});
    let legacy = "sealed-secrets-key";
    for (name, template) in [
        ("plant-labelled", json!({"metadata": {"labels": label}})),
        ("plant-ownerless", json!({"metadata": {"labels": label, "annotations": ownerless}})),
        (legacy, json!({"metadata": {"annotations": ownerless}})),
    ] {
        plant(&stage, name, template).await?;
        let message = stage.synced_is(home, name, "False", "would count as a sealing key").await?;
        assert!(message.contains(KEY_LABEL), "the next step is named: {message}");
        stage.event(home, name, "ErrUpdateFailed").await?;
        assert!(stage.admin().get("Secret", home, name).await.map_err(told)?.is_none(), "{name} was made");
    }
    // A Secret that lets itself be merged into becomes a key by the label alone.
    let mut open = secret(home, "plant-merged", &[("x", "y")]);
    open["metadata"]["annotations"] = json!({(PATCH): "true"});
    let open = stage.admin().create(&open).await.map_err(told)?;
    plant(&stage, "plant-merged", json!({"metadata": {"labels": label}})).await?;
    stage.synced_is(home, "plant-merged", "False", "would count as a sealing key").await?;
    let now = stage.admin().get("Secret", home, "plant-merged").await.map_err(told)?.unwrap_or_default();
    assert_eq!(now["metadata"]["resourceVersion"], open["metadata"]["resourceVersion"]);
    assert_eq!(served(&stage).await?, before, "another certificate is served");
    for name in ["plant-labelled", "plant-ownerless", legacy, "plant-merged"] {
        stage.admin().delete("SealedSecret", home, name, None).await.map_err(told)?;
    }
    stage.admin().delete("Secret", home, "plant-merged", None).await.map_err(told)?;
    stage.strike().await
}

async fn changes_none(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::with_flags(backend, "e2e-plant-over", &["--key-renew-period=0"]).await?;
    let home = backend.controller_namespace();
    // Even one that a person opened to be merged into.
    let mut key = keys::secret(&Key::Letter("a".to_owned()), home);
    key["metadata"]["annotations"] = json!({(PATCH): "true"});
    let key = stage.admin().create(&key).await.map_err(told)?;
    plant(&stage, "test-key-a", json!({})).await?;
    stage.synced_is(home, "test-key-a", "False", "holds a sealing key").await?;
    let now = stage.admin().get("Secret", home, "test-key-a").await.map_err(told)?.unwrap_or_default();
    assert_eq!(now["metadata"]["resourceVersion"], key["metadata"]["resourceVersion"]);
    stage.admin().delete("SealedSecret", home, "test-key-a", None).await.map_err(told)?;
    stage.strike().await
}

async fn let_in_before(backend: &Backend) -> Result<(), Failed> {
    let home = backend.controller_namespace();
    let mut planted = keys::secret(&Key::Letter("c".to_owned()), home);
    planted["metadata"]["ownerReferences"] = json!([{"apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret", "name": "x", "uid": "00000000-0000-4000-8000-000000000000"}]);
    // The collector would take it away as an orphan.
    planted["metadata"]["finalizers"] = json!(["example.com/stays"]);
    backend.admin().create(&planted).await.map_err(told)?;
    let stage = Stage::with_flags(backend, "e2e-plant-old", &["--key-renew-period=0"]).await?;
    stage.event(home, "test-key-c", "KeyNotRead").await?;
    let certificate = served(&stage).await?;
    assert!(!keys::same_pem(&certificate, &keys::certificate_pem("c")), "the planted key is served");
    let metrics = http_client::get(stage.controller.metrics(), "/metrics").await?.text();
    assert!(metrics.contains("key_broken{secret=\"test-key-c\"} 1"), "{metrics}");
    let target = Target { kind: "Secret", namespace: home, name: "test-key-c", ..Target::default() };
    let free = json!({"metadata": {"finalizers": null, "ownerReferences": null}});
    let freed = stage.admin().patch(target, PatchType::Merge, &free).await;
    if freed.is_err() {
        return Err("the planted Secret cannot be given to a person".into());
    }
    stage.strike().await
}

async fn honest(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::with_flags(backend, "e2e-plant-not", &["--key-renew-period=0"]).await?;
    let home = backend.controller_namespace();
    let sealed = stage.seal(&secret(home, "mail", &[("password", "x")])).await?;
    stage.admin().create(&sealed).await.map_err(told)?;
    stage.secret_is(home, "mail", &[("password", "x")]).await?;
    let backup = keys::secret(&Key::Letter("a".to_owned()), home);
    stage.admin().create(&backup).await.map_err(told)?;
    let old = keys::seal("a", "e2e-plant-not/old", b"from before");
    let old = json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "old", "namespace": "e2e-plant-not"}, "spec": {"encryptedData": {"k": old}}});
    stage.admin().create(&old).await.map_err(told)?;
    stage.secret_is("e2e-plant-not", "old", &[("k", "from before")]).await?;
    // Applied once more with another key in it: both open, and somebody is told.
    let mut other = keys::secret(&Key::Letter("b".to_owned()), home);
    other["metadata"]["name"] = "test-key-a".into();
    stage.admin().replace(&other).await.map_err(told)?;
    stage.event(home, "test-key-a", "KeyReplaced").await?;
    stage.admin().delete("Secret", "e2e-plant-not", "old", None).await.map_err(told)?;
    stage.secret_is("e2e-plant-not", "old", &[("k", "from before")]).await?;
    stage.admin().delete("SealedSecret", home, "mail", None).await.map_err(told)?;
    let gone = async |admin: &Objects| Ok(admin.get("Secret", home, "mail").await?.is_none().then_some(()));
    stage
        .admin()
        .wait_for("the Secret to go", std::time::Duration::from_secs(30), gone)
        .await
        .map_err(told)?;
    stage.strike().await
}
