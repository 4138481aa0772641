//! How long until everything is unsealed, and how one knows.

use std::time::{Duration, Instant};

use http::Method;
use sandbox::controller::Controller;
use sandbox::objects::Objects;
use serde_json::Value;

use super::Failure;
use super::load::{NAMESPACE, is_right};
use super::scrape::of_controller;

/// Waits until there are `count` Secrets and as many SealedSecrets that say so; gives the time since `start`
/// and how many lists of Secrets and of SealedSecrets the waiting has cost.
pub(super) async fn all_synced(
    admin: &Objects,
    count: u32,
    start: Instant,
) -> Result<(Duration, u64, u64), Failure> {
    let (mut secrets, mut sealed) = (0, 0);
    while number_of_secrets(admin).await? < u64::from(count) {
        secrets += 1;
        give_up_late(start, "not all Secrets are there")?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    loop {
        sealed += 1;
        let took = start.elapsed();
        let all = admin.list("SealedSecret", NAMESPACE).await?;
        let synced = |o: &Value| o["status"]["conditions"][0]["status"] == "True";
        if all.iter().all(synced) {
            return Ok((took, secrets + 1, sealed));
        }
        give_up_late(start, "not all SealedSecrets are Synced")?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Whether every Secret holds the right values: a fast wrong answer is none.
pub(super) async fn check_values(admin: &Objects, count: u32, values: u32) -> Result<(), Failure> {
    let secrets = admin.list("Secret", NAMESPACE).await?;
    let right = secrets.iter().filter(|s| is_right(s, values)).count();
    let wanted = usize::try_from(count)?;
    if right == wanted { Ok(()) } else { Err(format!("{right} of {wanted} Secrets are right").into()) }
}

/// Waits until the controller has done nothing for a second.
pub(super) async fn quiet(controller: &Controller) -> Result<(), Failure> {
    let (start, mut last, mut since) = (Instant::now(), None, Instant::now());
    while since.elapsed() < Duration::from_secs(1) {
        let depth = of_controller(controller, "sealed_secrets_controller_queue_depth").await?;
        let done =
            of_controller(controller, "sealed_secrets_controller_reconcile_duration_seconds_count").await?;
        let untold = of_controller(controller, "sealed_secrets_controller_events_waiting").await?;
        if (depth, untold, done) != (Some(0.0), Some(0.0), last) {
            (last, since) = (done, Instant::now());
        }
        give_up_late(start, "the controller does not come to rest")?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Waits until the Secret is there; gives the time since `start` and how often it has asked.
pub(super) async fn unsealed(
    admin: &Objects,
    name: &str,
    start: Instant,
) -> Result<(Duration, u64), Failure> {
    let mut asked = 1;
    while admin.get("Secret", NAMESPACE, name).await?.is_none() {
        give_up_late(start, "the fresh SealedSecret is not unsealed")?;
        asked += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok((start.elapsed(), asked))
}

/// Asks for one Secret and how many more there are: cheap for the server.
async fn number_of_secrets(admin: &Objects) -> Result<u64, Failure> {
    let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets?limit=1");
    let page = admin.json(Method::GET, &path, None).await?;
    let here = page["items"].as_array().map_or(0, Vec::len);
    Ok(page["metadata"]["remainingItemCount"].as_u64().unwrap_or_default() + u64::try_from(here)?)
}

fn give_up_late(start: Instant, what: &str) -> Result<(), Failure> {
    if start.elapsed() < Duration::from_mins(30) {
        Ok(())
    } else {
        Err(format!("after half an hour {what}").into())
    }
}
