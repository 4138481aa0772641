//! The loop that makes keys: when there is none, in time, and on request.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use sealed_secrets_core::keys::renewal::{self, Due, Policy};
use tokio::sync::{mpsc, watch};

use super::create::{self, CreateError};
use crate::{api::error::ApiError, context::Context};

/// Makes keys for ever; only while this replica leads. A request that comes while it does not is for the replica that
/// does, and is forgotten.
pub async fn keep(context: Arc<Context>, mut asked: mpsc::UnboundedReceiver<()>) {
    let settings = &context.config.keys;
    let policy = Policy { period: settings.renew_period, cutoff: settings.cutoff };
    let mut snapshots = context.keys.subscribe();
    let mut acting = context.leadership.subscribe();
    if snapshots.wait_for(|now| now.loaded).await.is_err() {
        return;
    }
    loop {
        if !stand_by(&mut acting, &mut asked).await {
            return;
        }
        let newest = snapshots.borrow_and_update().ring.newest_instant();
        let asked = match renewal::next(newest, policy, Timestamp::now()) {
            Due::Now => true,
            due => tokio::select! {
                () = elapse(due) => false,
                _ = snapshots.changed() => false,
                _ = acting.changed() => false,
                request = asked.recv() => match request {
                    Some(()) => true,
                    None => return,
                },
            },
        };
        if asked {
            if !make(&context).await {
                return;
            }
            // Should a new key ever count as old at once, this is a slow fault and not a flood of keys.
            tokio::time::sleep(FIRST_WAIT).await;
        }
    }
}

/// Waits until this replica leads, and forgets what is asked for meanwhile; `false` at the end of the process.
async fn stand_by(acting: &mut watch::Receiver<bool>, asked: &mut mpsc::UnboundedReceiver<()>) -> bool {
    while !*acting.borrow_and_update() {
        tokio::select! {
            changed = acting.changed() => if changed.is_err() { return false },
            request = asked.recv() => match request {
                Some(()) => tracing::warn!(
                    "asked for a new key, but another replica leads: send the signal to that one"
                ),
                None => return false,
            },
        }
    }
    true
}

/// Makes one key; tries until the API server has it, as long as this replica leads. `false`: it refuses the first key,
/// and without one the controller is of no use: the process ends, as the reference's does.
async fn make(context: &Context) -> bool {
    let mut wait = FIRST_WAIT;
    while context.leadership.is_acting() {
        let (client, namespace) = (&context.client, &context.config.own_namespace);
        match create::create(client, namespace, &context.config.keys, Timestamp::now()).await {
            Ok(secret) => {
                let name = secret.metadata.name.as_deref().unwrap_or_default();
                tracing::info!(secret = name, namespace, "made a new key");
                context.keys.apply(&secret);
                return true;
            }
            Err(CreateError::Store(ApiError::NotLeading)) => tokio::time::sleep(FIRST_WAIT).await,
            Err(error) => {
                context.metrics.key_errors.inc();
                if matches!(error, CreateError::Store(ApiError::Invalid { .. }))
                    && context.keys.ring().newest().is_none()
                {
                    tracing::error!(
                        "{error}; correct --privatekey-labels, --privatekey-annotations or --key-prefix"
                    );
                    return false;
                }
                tracing::error!("{error}; trying again in {} s", wait.as_secs());
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    }
    true
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Row 13 of the failures after a decision: the signal made a key hours later, when the replica began to lead.
    #[tokio::test]
    async fn a_standby_forgets_that_it_was_asked_for_a_key() {
        let (leads, mut acting) = watch::channel(false);
        let (signal, mut asked) = mpsc::unbounded_channel();
        let mut standing = Box::pin(stand_by(&mut acting, &mut asked));
        for _ in 0..2 {
            signal.send(()).expect("the receiver lives");
            assert!(futures::poll!(&mut standing).is_pending());
        }
        leads.send_replace(true);
        assert!(standing.await);
        assert!(asked.try_recv().is_err(), "nothing is asked for any more");
        // Its twin: who leads keeps what is asked for.
        signal.send(()).expect("the receiver lives");
        assert!(stand_by(&mut acting, &mut asked).await);
        assert!(asked.try_recv().is_ok());
    }
}
