//! Workers: as many objects at once as keep the pool busy; a panic ends one work item, not its worker.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt as _;
use tokio::{sync::watch, task::JoinSet};

use super::{Done, conclude, reconcile};
use crate::{
    capacity::memory::Reservation,
    context::Context,
    state::queue::{self, WorkItem},
};

/// Runs all workers until told to stop, and then until each is done with its object.
pub async fn run(context: Arc<Context>, stop: watch::Receiver<bool>) {
    let mut workers = JoinSet::new();
    for _ in 0..queue::AT_ONCE {
        workers.spawn(work(Arc::clone(&context), stop.clone()));
    }
    while workers.join_next().await.is_some() {}
}

async fn work(context: Arc<Context>, mut stop: watch::Receiver<bool>) {
    loop {
        let item = tokio::select! {
            biased;
            Ok(_) = stop.wait_for(|stop| *stop) => return,
            item = context.queue.next() => item,
        };
        take(&context, &item).await;
    }
}

/// Memory for the object as it is when work on it begins: it may grow while it waits.
async fn reserve(context: &Context, item: &WorkItem) -> Option<Reservation> {
    let bytes = || context.index.with(&item.key, |entry| entry.in_work()).unwrap_or_default();
    let mut wanted = bytes();
    loop {
        let taken = context.memory.take(item.key.owner(), wanted).await;
        let now = bytes();
        if now <= wanted {
            return taken;
        }
        wanted = now;
    }
}

/// Works on one object to the end, whatever happens in it.
pub async fn take(context: &Arc<Context>, item: &WorkItem) {
    context.metrics.queue_seconds.observe(item.waited.as_secs_f64());
    let mut place = InWork { context, item, done: Done::default() };
    let memory = reserve(context, item).await;
    let done = AssertUnwindSafe(reconcile(context, item)).catch_unwind().await;
    let done = done.unwrap_or_else(|_| {
        conclude::rest(context, &item.key);
        Done::default()
    });
    drop(memory);
    place.done = done;
}

/// An object in work. However that ends, dropped in the middle included, the queue hears of it.
struct InWork<'a> {
    context: &'a Context,
    item: &'a WorkItem,
    done: Done,
}

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        let Done { cost, requeue } = std::mem::take(&mut self.done);
        self.context.queue.done(&self.item.key, cost, requeue);
    }
}
