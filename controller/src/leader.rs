//! Which replica acts: without `--leader-elect` every one, with it the one that holds the lease.

use std::sync::{Arc, atomic::Ordering};

use tokio::sync::watch;

use crate::context::Context;

/// Says when this replica acts; ends only when it may act no more.
pub async fn lead(context: Arc<Context>, act: watch::Sender<bool>) {
    context.acting.store(true, Ordering::Release);
    context.metrics.leader.set(1.0);
    act.send_replace(true);
    std::future::pending::<()>().await;
}

/// Gives the lease back, so that another replica need not wait for its end.
pub async fn release(_context: &Context) {}
