//! A panic stays with its object; `SANDBOX_BINARIES` names a release build to see it there as well.

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::http_client;

use crate::pool::{Pool, told};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![
        pool.trial("faults::a_panic_on_a_thread_stays_with_its_object", async |backend| {
            panicked(backend, "e2e-panic", "e2e-panic/broken").await
        }),
        pool.trial("faults::a_panic_in_the_task_stays_with_its_object", async |backend| {
            panicked(backend, "e2e-fault", "task:e2e-fault/broken").await
        }),
    ]
}

async fn panicked(backend: &Backend, namespace: &'static str, on: &str) -> Result<(), Failed> {
    let mut stage = Stage::with_env(backend, namespace, &[("SEALED_SECRETS_PANIC_ON", on)]).await?;
    let broken = stage.seal(&secret(namespace, "broken", &[("k", "never told")])).await?;
    stage.admin().create(&broken).await.map_err(told)?;
    let message = stage.synced_is(namespace, "broken", "False", "fault of the controller").await?;
    assert!(!message.contains("never told") && !message.contains("SEALED_SECRETS_PANIC_ON"), "{message}");
    let event = stage.event(namespace, "broken", "Internal").await?;
    assert_eq!(event["type"], "Warning");

    // Others go on, in the same process; this one rests.
    let sound = stage.seal(&secret(namespace, "sound", &[("k", "v")])).await?;
    stage.admin().create(&sound).await.map_err(told)?;
    stage.secret_is(namespace, "sound", &[("k", "v")]).await?;
    assert!(stage.controller.ended()?.is_none());
    let metrics = http_client::get(stage.controller.metrics(), "/metrics").await?;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(metrics.lines().any(|line| line == "sealed_secrets_controller_panics_total 1"), "{metrics}");
    let log = stage.controller.log();
    assert!(log.contains("panics.rs"), "the place is logged: {log}");
    assert!(!log.contains("asked for by"), "what a panic says may quote a value: {log}");

    // It is looked at again when it changes.
    let mut changed = stage.admin().get("SealedSecret", namespace, "broken").await.map_err(told)?.unwrap();
    changed["spec"]["template"]["type"] = "example.com/other".into();
    stage.admin().replace(&changed).await.map_err(told)?;
    stage
        .admin()
        .wait_for("a second panic", std::time::Duration::from_secs(30), async |_| {
            let metrics = http_client::get(stage.controller.metrics(), "/metrics").await;
            let text = metrics.map(|answer| String::from_utf8_lossy(&answer.body).into_owned());
            Ok(text.unwrap_or_default().contains("sealed_secrets_controller_panics_total 2").then_some(()))
        })
        .await
        .map_err(told)?;
    stage.strike().await
}
