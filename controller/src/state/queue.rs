//! What is to be reconciled: each object once, fresh ones first, later ones when their time comes.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::{
    capacity::{
        pool::Priority,
        schedule::{Lane, Permit, Rules, Schedule},
    },
    state::{conclusion::Requeue, key::Key},
};

/// One object for a worker.
#[derive(Debug, PartialEq)]
pub struct WorkItem {
    /// Which.
    pub key: Key,
    /// How urgent.
    pub priority: Priority,
    /// How long it waited.
    pub waited: Duration,
}

/// A queue of objects: deduplicated, with two priorities and delays; namespaces take turns.
pub struct Queue {
    inner: Mutex<Inner>,
    wake: Notify,
}

struct Inner {
    line: Schedule<Key>,
    slots: HashMap<Key, Slot>,
    /// The `due` of each slot that has one, and no others.
    delayed: BTreeSet<(Instant, Key)>,
    /// Those that took long when they were worked on last: behind the others of their namespace.
    costly: HashSet<Key>,
    /// Places for what is long: who waits for its one thread holds a slot meanwhile.
    long: Schedule<Key>,
}

#[derive(Default)]
struct Slot {
    queued: Option<(Priority, Instant)>,
    running: Option<(Priority, Permit)>,
    again: Option<Priority>,
    due: Option<(Instant, Priority)>,
    /// Its object is gone: the worker that still has it says nothing of one made anew.
    gone: bool,
    place: Place,
}

/// How an object stands with what is long.
#[derive(Default)]
enum Place {
    #[default]
    None,
    /// It waits for a place without holding a slot; `refused` while a worker still has it.
    Waits { priority: Priority, refused: bool },
    /// It has one: for the worker that has it, or for the next if it was `refused` to that one.
    Has { permit: Permit, refused: bool },
}

impl Default for Queue {
    fn default() -> Self {
        let inner = Inner {
            line: Schedule::new(Rules::objects(AT_ONCE)),
            slots: HashMap::new(),
            delayed: BTreeSet::new(),
            costly: HashSet::new(),
            long: Schedule::new(Rules::objects(AT_LONG)),
        };
        Self { inner: Mutex::new(inner), wake: Notify::new() }
    }
}

impl Queue {
    /// Puts an object into the queue; one that is being worked on comes again afterwards.
    pub fn push(&self, key: &Key, priority: Priority) {
        self.lock().push(key, priority, Instant::now());
        self.wake.notify_one();
    }

    /// Waits for the next object, and for a slot to work on it: see [`Rules::objects`].
    pub async fn next(&self) -> WorkItem {
        loop {
            let (item, due) = self.lock().pop(Instant::now());
            if let Some(item) = item {
                // There may be more for the next worker.
                self.wake.notify_one();
                return item;
            }
            match due {
                Some(due) => {
                    let _either = tokio::time::timeout_at(due, self.wake.notified()).await;
                }
                None => self.wake.notified().await,
            }
        }
    }

    /// Asks, while a worker has the object, for a place on the thread for long renders. If none is free, the worker must
    /// stop; the object is requeued once it has one. Objects with a place hold at most half of the slots, and namespaces
    /// share those.
    pub fn place(&self, key: &Key) -> bool {
        let now = Instant::now();
        let mut inner = self.lock();
        inner.ask(key, now);
        inner.give_places(now);
        let may = inner.slots.get_mut(key).is_some_and(Slot::may_begin);
        drop(inner);
        self.wake.notify_one();
        may
    }

    /// Says that the work on an object is over, how much processor time it took, and when the object comes again: then,
    /// or earlier for another reason.
    pub fn done(&self, key: &Key, cost: Duration, requeue: Option<Requeue>) {
        self.lock().done(key, cost, requeue, Instant::now());
        // The slot is free for another, or for the same object again.
        self.wake.notify_one();
    }

    /// Forgets an object that is gone.
    pub fn forget(&self, key: &Key) {
        self.lock().forget(key, Instant::now());
        self.wake.notify_one();
    }

    /// How many objects wait for a date.
    pub fn delayed(&self) -> usize {
        self.lock().delayed.len()
    }

    /// Whether fresh objects wait.
    pub fn has_fresh(&self) -> bool {
        self.lock().line.waits(Lane::Fresh)
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

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn set_due(
        &mut self,
        key: &Key,
        due: Option<(Instant, Priority)>,
        delayed: &mut BTreeSet<(Instant, Key)>,
    ) {
        if let Some((old, _)) = self.due.take() {
            delayed.remove(&(old, key.clone()));
        }
        if let Some((due, _)) = due {
            delayed.insert((due, key.clone()));
        }
        self.due = due;
    }

    /// Whether the worker that asked has its place.
    fn may_begin(&mut self) -> bool {
        match &mut self.place {
            Place::Has { refused, .. } => !*refused,
            Place::Waits { refused, .. } => {
                *refused = true;
                false
            }
            // Forgotten meanwhile: nobody wants the outcome.
            Place::None => false,
        }
    }
}

impl Inner {
    fn push(&mut self, key: &Key, priority: Priority, now: Instant) {
        let slot = self.slots.entry(key.clone()).or_default();
        // It comes now instead of then, and as urgently as it would have come then.
        let priority = slot.due.map_or(priority, |(_, due)| priority.max(due));
        slot.set_due(key, None, &mut self.delayed);
        if slot.running.is_some() {
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
        let costly = self.costly.contains(key);
        self.line.push(priority.lane(), key.owner(), costly, key.clone(), now.into_std());
    }

    fn pop(&mut self, now: Instant) -> (Option<WorkItem>, Option<Instant>) {
        self.release(now);
        let item = self.take(now);
        (item, self.delayed.first().map(|(due, _)| *due))
    }

    fn forget(&mut self, key: &Key, now: Instant) {
        self.costly.remove(key);
        let Some(slot) = self.slots.get_mut(key) else { return };
        (slot.queued, slot.again) = (None, None);
        slot.set_due(key, None, &mut self.delayed);
        let runs = slot.running.is_some();
        slot.gone = runs;
        match std::mem::take(&mut slot.place) {
            // The worker may be on the thread for what is long.
            Place::Has { permit, refused: false } if runs => {
                slot.place = Place::Has { permit, refused: false }
            }
            Place::Has { permit, .. } => {
                self.long.finish(permit, Duration::ZERO, now.into_std());
                self.give_places(now);
            }
            Place::Waits { .. } | Place::None => {}
        }
        if !runs {
            self.slots.remove(key);
        }
    }

    /// Lines an object up for a place, once.
    fn ask(&mut self, key: &Key, now: Instant) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        let (Place::None, Some((priority, _))) = (&slot.place, &slot.running) else { return };
        let priority = *priority;
        slot.place = Place::Waits { priority, refused: false };
        self.long.push(priority.lane(), key.owner(), false, key.clone(), now.into_std());
    }

    /// Gives out the places that are free; who waits for one comes into the queue with it.
    fn give_places(&mut self, now: Instant) {
        while let Some((permit, key)) = self.long.pick() {
            match self.slots.get_mut(&key) {
                Some(slot) if matches!(slot.place, Place::Waits { .. }) => {
                    let Place::Waits { priority, refused } = std::mem::take(&mut slot.place) else {
                        continue;
                    };
                    let begins = slot.running.is_some() && !refused;
                    slot.place = Place::Has { permit, refused };
                    if !begins {
                        self.push(&key, priority, now);
                    }
                }
                // Forgotten, or finished without needing it.
                Some(_) | None => self.long.finish(permit, Duration::ZERO, now.into_std()),
            }
        }
    }

    /// Moves what is due from the delayed to the waiting.
    fn release(&mut self, now: Instant) {
        while self.delayed.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, key)) = self.delayed.pop_first() else { break };
            if let Some((_, priority)) = self.slots.get_mut(&key).and_then(|slot| slot.due.take()) {
                self.push(&key, priority, now);
            }
        }
    }

    fn take(&mut self, now: Instant) -> Option<WorkItem> {
        while let Some((permit, key)) = self.line.pick() {
            if let Some(slot) = self.slots.get_mut(&key)
                && let Some((priority, since)) = slot.queued
                && slot.running.is_none()
                && priority.lane() == permit.lane()
            {
                slot.queued = None;
                slot.running = Some((priority, permit));
                return Some(WorkItem { key, priority, waited: now.saturating_duration_since(since) });
            }
            self.line.finish(permit, Duration::ZERO, now.into_std());
        }
        None
    }

    fn done(&mut self, key: &Key, cost: Duration, requeue: Option<Requeue>, now: Instant) {
        let Some(slot) = self.slots.get_mut(key) else { return };
        if let Some((_, permit)) = slot.running.take() {
            self.line.finish(permit, cost, now.into_std());
        }
        let (again, gone) = (slot.again.take(), std::mem::take(&mut slot.gone));
        let mut freed = None;
        slot.place = match std::mem::take(&mut slot.place) {
            Place::Waits { priority, refused: true } => Place::Waits { priority, refused: false },
            Place::Has { permit, refused: true } => Place::Has { permit, refused: false },
            // It did not ask this time.
            Place::Waits { refused: false, .. } | Place::None => Place::None,
            Place::Has { permit, refused: false } => {
                freed = Some(permit);
                Place::None
            }
        };
        let requeue = requeue.filter(|_| !gone);
        let at_once = requeue.filter(|requeue| requeue.after.is_zero()).map(|requeue| requeue.priority);
        let urgent = requeue.map(|requeue| requeue.priority);
        let again = again.map(|priority| urgent.map_or(priority, |urgent| priority.max(urgent))).max(at_once);
        let later = requeue.filter(|_| again.is_none());
        slot.set_due(key, later.map(|later| (now + later.after, later.priority)), &mut self.delayed);
        let rests = slot.due.is_none() && matches!(slot.place, Place::None);
        if cost >= COSTLY && !gone {
            self.costly.insert(key.clone());
        } else {
            self.costly.remove(key);
        }
        match again {
            Some(priority) => self.push(key, priority, now),
            None if rests => _ = self.slots.remove(key),
            None => {}
        }
        if let Some(permit) = freed {
            self.long.finish(permit, cost, now.into_std());
            self.give_places(now);
        }
    }
}

/// Objects in work at once: one namespace gets half, enough to hide the API server's latency behind private-key
/// operations.
pub const AT_ONCE: usize = 32;
/// Objects that have a place for what is long: the other slots go on with what is short.
const AT_LONG: usize = AT_ONCE / 2;
/// Some dozen private-key operations.
const COSTLY: Duration = Duration::from_millis(100);
