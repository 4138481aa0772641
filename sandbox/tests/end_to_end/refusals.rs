//! Refusals that only a real API server can make: an admission webhook, and a role that changes under way.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use sandbox::{
    backend::{Backend, Kind},
    manifests::Manifests,
    objects::{Objects, kind_of},
    webhook::{REFUSAL, Webhook},
};
use serde_json::{Value, json};

use crate::pool::{Pool, told};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    let mut trials = vec![
        pool.trial("refusals::a_verb_for_the_status_that_comes_back_is_used", async |backend| {
            verb(backend, "e2e-verb-status", "sealedsecrets/status", "update").await
        }),
        pool.trial("refusals::a_verb_for_secrets_that_comes_back_is_used", async |backend| {
            verb(backend, "e2e-verb-secret", "secrets", "create").await
        }),
    ];
    if pool.kind == Kind::Kubernetes {
        trials.extend([
            pool.trial("refusals::a_webhook_that_refuses_the_status_is_borne", async |backend| {
                webhook(backend, "e2e-hook-status", "sealedsecrets/status").await
            }),
            pool.trial("refusals::a_webhook_that_refuses_secrets_is_told", async |backend| {
                webhook(backend, "e2e-hook-secret", "secrets").await
            }),
        ]);
    }
    trials
}

/// The first slow try comes 20 s after the quick ones; what comes back may have to wait for it.
const REPAIRED_WITHIN: Duration = Duration::from_secs(45);
/// Beyond the quick tries, which take three seconds together.
const LASTS: Duration = Duration::from_secs(6);

async fn webhook(backend: &Backend, namespace: &'static str, refused: &str) -> Result<(), Failed> {
    let stage = Stage::set(backend, namespace).await?;
    let hook = Webhook::start().await?;
    hook.install(stage.admin(), namespace, &["secrets", "sealedsecrets/status"]).await.map_err(told)?;
    is_asked(&hook, stage.admin(), namespace).await?;
    hook.refuse(&[refused]);
    let before = hook.asked(refused);
    let sealed = stage.seal(&secret(namespace, "app", &[("k", "v")])).await?;
    stage.admin().create(&sealed).await.map_err(told)?;
    if refused == "secrets" {
        let message = stage.synced_is(namespace, "app", "False", "was not admitted").await?;
        assert!(!message.contains("verbs: ["), "no rule of a role is missing: {message}");
        assert!(!message.contains(REFUSAL), "a webhook may quote values: {message}");
        stage.event(namespace, "app", "ErrUpdateFailed").await?;
    } else {
        stage.secret_is(namespace, "app", &[("k", "v")]).await?;
        assert_eq!(conditions(stage.admin(), namespace).await?, Value::Null, "nothing could be told");
    }
    tokio::time::sleep(LASTS).await;
    let tries = hook.asked(refused) - before;
    assert!((2..=12).contains(&tries), "{tries} tries while the fault lasted");
    let log = stage.controller.log();
    assert!(!log.contains("verbs: ["), "no rule of a role is missing:\n{log}");

    hook.refuse(&[]);
    is_well(&stage, namespace).await?;
    let settled = hook.asked(refused);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(hook.asked(refused), settled, "nothing is written any more");
    hook.withdraw(stage.admin()).await.map_err(told)?;
    stage.strike().await
}

/// A new webhook is asked only after a moment.
async fn is_asked(hook: &Webhook, admin: &Objects, namespace: &str) -> Result<(), Failed> {
    let path = format!("/api/v1/namespaces/{namespace}/secrets?dryRun=All");
    let probe = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "probe"}});
    let asked = async |admin: &Objects| {
        admin.json(http::Method::POST, &path, Some(&probe)).await?;
        Ok((hook.asked("secrets") > 0).then_some(()))
    };
    admin.wait_for("the webhook is asked", Duration::from_secs(20), asked).await.map_err(told)
}

async fn verb(backend: &Backend, namespace: &'static str, resource: &str, verb: &str) -> Result<(), Failed> {
    let stage = Stage::set(backend, namespace).await?;
    let manifests = Manifests::of_the_project()?;
    let whole = manifests.objects().iter().find(|object| kind_of(object) == "ClusterRole");
    let whole = whole.cloned().ok_or("no ClusterRole")?;
    let mut less = whole.clone();
    for rule in less["rules"].as_array_mut().unwrap() {
        if rule["resources"] == json!([resource]) {
            rule["verbs"].as_array_mut().unwrap().retain(|granted| granted != verb);
        }
    }
    less["rules"].as_array_mut().unwrap().retain(|rule| rule["verbs"] != json!([]));
    assert_ne!(less, whole);
    stage.admin().replace(&less).await.map_err(told)?;
    // The API server reads its roles with a delay.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let sealed = stage.seal(&secret(namespace, "app", &[("k", "v")])).await?;
    stage.admin().create(&sealed).await.map_err(told)?;
    let rule = format!("resources: [{resource:?}], verbs: [{verb:?}]");
    let named =
        async |_: &Objects| Ok(stage.controller.log().replace("\\\"", "\"").contains(&rule).then_some(()));
    let named = stage.admin().wait_for("the log names the rule", Duration::from_secs(15), named).await;
    tokio::time::sleep(LASTS).await;
    stage.admin().replace(&whole).await.map_err(told)?;
    named.map_err(|error| {
        format!("{}\n{}", told(error).message().unwrap_or_default(), stage.controller.log())
    })?;
    is_well(&stage, namespace).await?;
    stage.strike().await
}

/// Secret and status are as they should be.
async fn is_well(stage: &Stage<'_>, namespace: &str) -> Result<(), Failed> {
    let well = async |admin: &Objects| {
        let made = admin.get("Secret", namespace, "app").await?.is_some();
        let found = admin.get("SealedSecret", namespace, "app").await?.unwrap_or_default();
        let synced = found["status"]["conditions"].as_array().is_some_and(|conditions| {
            conditions.iter().any(|one| one["type"] == "Synced" && one["status"] == "True")
        });
        Ok((made && synced).then_some(()))
    };
    let well = stage.admin().wait_for("Secret and status", REPAIRED_WITHIN, well).await;
    well.map_err(|error| {
        format!("{}\n{}", told(error).message().unwrap_or_default(), stage.controller.log()).into()
    })
}

async fn conditions(admin: &Objects, namespace: &str) -> Result<Value, Failed> {
    let found = admin.get("SealedSecret", namespace, "app").await.map_err(told)?;
    Ok(found.ok_or("no SealedSecret")?["status"]["conditions"].clone())
}
