//! Workers: as many objects at once as keep the pool busy; a panic ends one turn, not its worker.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use tokio::task::JoinSet;

use super::{conclude, reconcile};
use crate::{
    capacity::room::Taken,
    context::Context,
    state::queue::{self, Turn},
};

/// Runs all workers until the task is dropped.
pub async fn run(context: Arc<Context>) {
    let mut workers = JoinSet::new();
    for _ in 0..queue::AT_ONCE {
        workers.spawn(work(Arc::clone(&context)));
    }
    while workers.join_next().await.is_some() {}
}

async fn work(context: Arc<Context>) {
    loop {
        let turn = context.queue.next().await;
        take(&context, &turn).await;
    }
}

/// Room for the object as it is when its turn begins: it may grow while it waits.
async fn room(context: &Context, turn: &Turn) -> Option<Taken> {
    let bytes = || context.index.with(&turn.key, |entry| entry.in_work()).unwrap_or_default();
    let mut wanted = bytes();
    loop {
        let taken = context.room.take(turn.key.owner(), wanted).await;
        let now = bytes();
        if now <= wanted {
            return taken;
        }
        wanted = now;
    }
}

/// Does one turn to its end, whatever happens in it.
pub async fn take(context: &Arc<Context>, turn: &Turn) {
    context.metrics.queue_seconds.observe(turn.waited.as_secs_f64());
    let room = room(context, turn).await;
    let cost = match AssertUnwindSafe(reconcile(context, turn)).catch_unwind().await {
        Ok(cost) => cost,
        Err(_) => conclude::rest(context, &turn.key),
    };
    drop(room);
    context.queue.done(&turn.key, cost);
}
