//! Workers: as many objects at once as keep the pool busy, some for fresh ones only.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::reconcile;
use crate::{context::Context, queue::Lane};

/// Runs all workers until the task is dropped.
pub async fn run(context: Arc<Context>) {
    let mut workers = JoinSet::new();
    for lane in std::iter::repeat_n(Lane::Any, WORKERS).chain(std::iter::repeat_n(Lane::FreshOnly, FOR_FRESH))
    {
        workers.spawn(work(Arc::clone(&context), lane));
    }
    while workers.join_next().await.is_some() {}
}

async fn work(context: Arc<Context>, lane: Lane) {
    loop {
        let turn = context.queue.next(lane).await;
        context.metrics.queue_seconds.observe(turn.waited.as_secs_f64());
        reconcile(&context, &turn).await;
        context.queue.done(&turn.key);
    }
}

/// Objects at once: enough to hide the API server's latency behind private-key operations.
const WORKERS: usize = 12;
/// Workers that never take an object that is only verified.
const FOR_FRESH: usize = 4;
