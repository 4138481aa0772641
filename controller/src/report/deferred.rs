//! Events of success are deferred: while fresh objects wait in the queue, the API server is left to them.
//!
//! An Event costs the API server as much as a Secret does. After a first start with thousands of objects their Secrets
//! come first. Events of failures are not deferred.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{
    mpsc::{self, Receiver, Sender, error::TrySendError},
    watch,
};

use crate::{
    context::Context,
    report::events::{Events, Note, digest},
};

/// Events that are sent when there is time.
pub struct DeferredEvents {
    lanes: Vec<Sender<Note>>,
    waiting: AtomicUsize,
}

impl DeferredEvents {
    /// An empty one, and what [`deliver`] empties.
    pub fn new() -> (Self, Vec<Receiver<Note>>) {
        let (lanes, receivers) = (0..LANES).map(|_| mpsc::channel(MOST_WAITING)).unzip();
        (Self { lanes, waiting: AtomicUsize::new(0) }, receivers)
    }

    /// Defers an Event; sends it at once where its lane is full.
    pub async fn leave(&self, events: &Arc<Events>, note: Note) {
        // One object, one lane: its Events are sent in their order.
        let object =
            [note.about.namespace.as_deref(), note.about.name.as_deref()].map(Option::unwrap_or_default);
        let lane = usize::try_from(digest(&object) % LANES).unwrap_or_default();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(TrySendError::Full(note) | TrySendError::Closed(note)) = self.lanes[lane].try_send(note) {
            events.record(note).await;
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// How many are not sent yet.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Sends the Events of one lane until `stop`, and then those that are left.
pub async fn deliver(context: Arc<Context>, mut lane: Receiver<Note>, mut stop: watch::Receiver<bool>) {
    loop {
        let note = tokio::select! {
            biased;
            note = lane.recv() => note,
            Ok(_) = stop.wait_for(|stop| *stop) => {
                // What comes from now on is sent by whoever brings it.
                lane.close();
                continue;
            }
        };
        let Some(note) = note else { return };
        // One namespace may always have fresh objects in line: nobody waits for its end.
        let begun = Instant::now();
        while context.queue.has_fresh() && begun.elapsed() < LONGEST_WAIT && !*stop.borrow() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        context.events.record(note).await;
        context.deferred.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

const LANES: u64 = 4;
/// Of one lane: with all of them some megabytes.
const MOST_WAITING: usize = 1024;
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Of one Event, for fresh objects.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
