//! The loop that makes keys: when there is none, in time, and on request.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use sealed_secrets_core::keys::renewal::{self, Due, Policy};
use tokio::sync::{mpsc, watch};

use super::create;
use crate::context::Context;

/// Makes keys for ever; only while this replica acts.
pub async fn keep(
    context: Arc<Context>,
    mut asked: mpsc::UnboundedReceiver<()>,
    mut acting: watch::Receiver<bool>,
) {
    let settings = &context.config.keys;
    let policy = Policy { period: settings.renew_period, cutoff: settings.cutoff };
    let mut snapshots = context.keys.subscribe();
    if snapshots.wait_for(|now| now.loaded).await.is_err() || acting.wait_for(|acts| *acts).await.is_err() {
        return;
    }
    loop {
        let newest = snapshots.borrow_and_update().ring.newest_instant();
        let asked = match renewal::next(newest, policy, Timestamp::now()) {
            Due::Now => true,
            due => tokio::select! {
                () = elapse(due) => false,
                _ = snapshots.changed() => false,
                request = asked.recv() => match request {
                    Some(()) => true,
                    None => return,
                },
            },
        };
        if asked {
            make(&context).await;
            // Should a new key ever count as old at once, this is a slow fault and not a flood of keys.
            tokio::time::sleep(FIRST_WAIT).await;
        }
    }
}

/// Makes one key; tries until the API server has it.
async fn make(context: &Context) {
    let mut wait = FIRST_WAIT;
    loop {
        let (client, namespace) = (&context.client, &context.config.own_namespace);
        match create::create(client, namespace, &context.config.keys, Timestamp::now()).await {
            Ok(secret) => {
                let name = secret.metadata.name.as_deref().unwrap_or_default();
                tracing::info!(secret = name, namespace, "made a new key");
                context.keys.apply(&secret);
                return;
            }
            Err(error) => {
                tracing::error!("{error}; trying again in {} s", wait.as_secs());
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
}

async fn elapse(due: Due) {
    match due {
        Due::Now => {}
        Due::In(left) => {
            tokio::time::sleep(Duration::try_from(left).unwrap_or(LONGEST_NAP).min(LONGEST_NAP)).await;
        }
        Due::Never => std::future::pending().await,
    }
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Clocks are set; looking once an hour costs nothing.
const LONGEST_NAP: Duration = Duration::from_hours(1);
