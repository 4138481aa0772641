//! What is to be reconciled: each object once, fresh ones first, later ones when their time comes.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::pool::Priority;

/// Namespace and name of a SealedSecret, and of its Secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<(Box<str>, Box<str>)>);

impl Key {
    /// Names an object.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self(Arc::new((namespace.into(), name.into())))
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.0.0
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0.1
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace(), self.name())
    }
}

/// One object whose turn has come.
#[derive(Debug, PartialEq)]
pub struct Turn {
    /// Which.
    pub key: Key,
    /// How urgent.
    pub priority: Priority,
    /// How long it waited.
    pub waited: Duration,
}

/// Which turns a worker takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Whatever is due, fresh ones first.
    Any,
    /// Fresh ones only, so that they never wait behind a long verification.
    FreshOnly,
}

/// A queue of objects: deduplicated, with two priorities and delays.
#[derive(Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    any: Notify,
    fresh: Notify,
}

#[derive(Default)]
struct Inner {
    fresh: VecDeque<Key>,
    verify: VecDeque<Key>,
    slots: HashMap<Key, Slot>,
    delayed: BinaryHeap<Reverse<(Instant, Key)>>,
}

#[derive(Default)]
struct Slot {
    queued: Option<(Priority, Instant)>,
    running: bool,
    again: Option<Priority>,
    due: Option<Instant>,
}

impl Queue {
    /// Puts an object into the queue; one that is being worked on comes again afterwards.
    pub fn push(&self, key: &Key, priority: Priority) {
        self.lock().push(key, priority, Instant::now());
        self.notify(priority);
    }

    /// Puts an object into the queue after a while, unless it comes earlier for another reason.
    pub fn push_later(&self, key: &Key, delay: Duration) {
        let due = Instant::now() + delay;
        let mut inner = self.lock();
        inner.slots.entry(key.clone()).or_default().due = Some(due);
        inner.delayed.push(Reverse((due, key.clone())));
        drop(inner);
        self.any.notify_one();
    }

    /// Waits for the next turn of a lane.
    pub async fn next(&self, lane: Lane) -> Turn {
        let notify = match lane {
            Lane::Any => &self.any,
            Lane::FreshOnly => &self.fresh,
        };
        loop {
            let (turn, due) = self.lock().pop(lane, Instant::now());
            if let Some(turn) = turn {
                // There may be more for the next worker.
                notify.notify_one();
                return turn;
            }
            match due {
                Some(due) => {
                    let _either = tokio::time::timeout_at(due, notify.notified()).await;
                }
                None => notify.notified().await,
            }
        }
    }

    /// Says that a turn is over.
    pub fn done(&self, key: &Key) {
        let mut inner = self.lock();
        let again = inner.done(key);
        drop(inner);
        if let Some(priority) = again {
            self.notify(priority);
        }
    }

    /// Forgets an object that is gone.
    pub fn forget(&self, key: &Key) {
        let mut inner = self.lock();
        if let Some(slot) = inner.slots.get_mut(key) {
            (slot.queued, slot.again, slot.due) = (None, None, None);
            if !slot.running {
                inner.slots.remove(key);
            }
        }
    }

    /// Whether somebody waits for an object that waits for its turn.
    pub fn has_fresh(&self) -> bool {
        !self.lock().fresh.is_empty()
    }

    /// How many objects wait, and for how long the oldest of them has.
    pub fn depth(&self) -> (usize, Duration) {
        let inner = self.lock();
        let waiting = inner.slots.values().filter_map(|slot| slot.queued.map(|(_, since)| since));
        let (count, oldest) = waiting.fold((0, None::<Instant>), |(count, oldest), since| {
            (count + 1, Some(oldest.map_or(since, |other| other.min(since))))
        });
        (count, oldest.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    fn notify(&self, priority: Priority) {
        self.any.notify_one();
        if priority == Priority::Fresh {
            self.fresh.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, key: &Key, priority: Priority, now: Instant) {
        let slot = self.slots.entry(key.clone()).or_default();
        slot.due = None;
        if slot.running {
            slot.again = slot.again.max(Some(priority));
            return;
        }
        let since = match slot.queued {
            Some((known, _)) if known >= priority => return,
            Some((_, since)) => since,
            None => now,
        };
        // An upgrade leaves its old place in the other line behind; pop skips it.
        slot.queued = Some((priority, since));
        match priority {
            Priority::Fresh => self.fresh.push_back(key.clone()),
            Priority::Verify => self.verify.push_back(key.clone()),
        }
    }

    fn pop(&mut self, lane: Lane, now: Instant) -> (Option<Turn>, Option<Instant>) {
        self.release(now);
        let turn = self.take(Priority::Fresh, now).or_else(|| match lane {
            Lane::Any => self.take(Priority::Verify, now),
            Lane::FreshOnly => None,
        });
        (turn, self.delayed.peek().map(|Reverse((due, _))| *due))
    }

    /// Moves what is due from the delayed to the waiting.
    fn release(&mut self, now: Instant) {
        while let Some(Reverse((due, _))) = self.delayed.peek() {
            if *due > now {
                break;
            }
            let Some(Reverse((due, key))) = self.delayed.pop() else { break };
            if self.slots.get(&key).is_some_and(|slot| slot.due == Some(due)) {
                self.push(&key, Priority::Verify, now);
            }
        }
    }

    fn take(&mut self, priority: Priority, now: Instant) -> Option<Turn> {
        let line = match priority {
            Priority::Fresh => &mut self.fresh,
            Priority::Verify => &mut self.verify,
        };
        while let Some(key) = line.pop_front() {
            let Some(slot) = self.slots.get_mut(&key) else { continue };
            if let Some((queued, since)) = slot.queued
                && queued == priority
            {
                slot.queued = None;
                slot.running = true;
                return Some(Turn { key, priority, waited: now.saturating_duration_since(since) });
            }
        }
        None
    }

    fn done(&mut self, key: &Key) -> Option<Priority> {
        let slot = self.slots.get_mut(key)?;
        slot.running = false;
        match slot.again.take() {
            Some(priority) => {
                self.push(key, priority, Instant::now());
                Some(priority)
            }
            None if slot.due.is_none() => {
                self.slots.remove(key);
                None
            }
            None => None,
        }
    }
}
