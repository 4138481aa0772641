//! Bytes of SealedSecrets in work at once: bounded together, and shared between namespaces.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Memory for objects in work. Small ones pass without being counted: their number is bounded.
#[derive(Debug)]
pub struct MemoryBudget(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    most: usize,
    used: usize,
    by_owner: HashMap<Arc<str>, usize>,
    /// In order of arrival, by owner.
    waiting: HashMap<Arc<str>, VecDeque<Waiting>>,
    /// Those with any that wait, in the order of their turns.
    turns: VecDeque<Arc<str>>,
    /// How often others overtook whoever is first and does not fit.
    overtaken: u32,
}

#[derive(Debug)]
struct Waiting {
    bytes: usize,
    give: oneshot::Sender<Reservation>,
}

/// A part of the budget; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<Mutex<Inner>>,
    owner: Arc<str>,
    bytes: usize,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl MemoryBudget {
    /// A budget of `most` bytes.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { most, ..Inner::default() })))
    }

    /// Waits for a part of the budget: owners take turns, and each gets at most half while another waits. An object that is larger
    /// than the whole budget passes alone. Smaller ones may overtake one that does not fit yet, a few times.
    pub async fn take(&self, owner: &Arc<str>, bytes: usize) -> Option<Reservation> {
        if bytes <= SMALL {
            return None;
        }
        self.line_up(owner, bytes).await.ok()
    }

    fn line_up(&self, owner: &Arc<str>, bytes: usize) -> oneshot::Receiver<Reservation> {
        let (give, take) = oneshot::channel();
        let mut inner = lock(&self.0);
        inner.push(owner, Waiting { bytes, give });
        inner.admit(&self.0);
        take
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            let mut inner = lock(&self.budget);
            inner.release(&self.owner, self.bytes);
            inner.admit(&self.budget);
        }
    }
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inner {
    fn push(&mut self, owner: &Arc<str>, waiting: Waiting) {
        let line = self.waiting.entry(Arc::clone(owner)).or_default();
        if line.is_empty() {
            self.turns.push_back(Arc::clone(owner));
        }
        line.push_back(waiting);
    }

    /// Lets in whoever fits.
    fn admit(&mut self, budget: &Arc<Mutex<Self>>) {
        while let Some((owner, Waiting { bytes, give })) = self.take_next() {
            self.used += bytes;
            *self.by_owner.entry(Arc::clone(&owner)).or_default() += bytes;
            let taken = Reservation { budget: Arc::clone(budget), owner, bytes };
            if let Err(mut unwanted) = give.send(taken) {
                // Given back here: its drop would wait for the lock that we hold.
                self.release(&unwanted.owner, bytes);
                unwanted.bytes = 0;
            }
        }
    }

    /// Takes out who comes in now; its owner goes behind the others.
    fn take_next(&mut self) -> Option<(Arc<str>, Waiting)> {
        let (at, overtakes) = self.next()?;
        self.overtaken = if overtakes { self.overtaken + 1 } else { 0 };
        let owner = self.turns.remove(at)?;
        let line = self.waiting.get_mut(&owner)?;
        let waiting = line.pop_front()?;
        if line.is_empty() {
            self.waiting.remove(&owner);
        } else {
            self.turns.push_back(Arc::clone(&owner));
        }
        Some((owner, waiting))
    }

    /// Whose turn it is, by its place, and whether it overtakes another: owners that have their half are passed over.
    fn next(&self) -> Option<(usize, bool)> {
        let others_wait = self.turns.len() > 1;
        let mut blocked = false;
        for (at, owner) in self.turns.iter().enumerate() {
            let bytes = self.waiting.get(owner)?.front()?.bytes;
            let held = self.by_owner.get(owner).copied().unwrap_or_default();
            if held > 0 && held + bytes > self.most / 2 && others_wait {
                continue;
            }
            let fits = self.used == 0 || self.used + bytes <= self.most;
            if fits && (!blocked || bytes <= self.most / OVERTAKES) {
                return Some((at, blocked));
            }
            blocked |= !fits;
            if blocked && self.overtaken >= MOST_OVERTAKEN {
                return None;
            }
        }
        None
    }

    fn release(&mut self, owner: &Arc<str>, bytes: usize) {
        self.used = self.used.saturating_sub(bytes);
        if let Some(held) = self.by_owner.get_mut(owner) {
            *held = held.saturating_sub(bytes);
            if *held == 0 {
                self.by_owner.remove(owner);
            }
        }
    }
}

/// Bytes of SealedSecret text; opened, rendered and sent it takes some five times as much.
const MOST: usize = 2 << 20;
/// One that overtakes takes at most this part of all: it is gone soon.
const OVERTAKES: usize = 8;
/// Whoever is first waits for so many others at most.
const MOST_OVERTAKEN: u32 = 8;
/// As many as are in work at once take half a megabyte together.
const SMALL: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn owner(name: &str) -> Arc<str> {
        name.into()
    }

    #[test]
    fn a_namespace_gets_half_while_another_waits_and_small_objects_pass() {
        let budget = MemoryBudget::new(1 << 20);
        let (a, b) = (owner("a"), owner("b"));
        let quarter = 256 << 10;
        let mut held: Vec<_> = (0..4).filter_map(|_| budget.take(&a, quarter).now_or_never()).collect();
        assert_eq!(held.len(), 4, "alone it may have all");
        let mut fifth = Box::pin(budget.take(&a, quarter));
        assert!(fifth.as_mut().now_or_never().is_none());
        let mut other = Box::pin(budget.take(&b, quarter));
        assert!(other.as_mut().now_or_never().is_none());
        assert!(budget.take(&b, SMALL).now_or_never().is_some(), "an ordinary object never waits");
        held.pop();
        let other = other.as_mut().now_or_never().expect("the other goes first");
        assert!(fifth.as_mut().now_or_never().is_none());
        held.pop();
        assert!(fifth.as_mut().now_or_never().is_some(), "nobody else waits");
        drop((held, other));
        assert_eq!(lock(&budget.0).used, 0);
    }

    #[test]
    fn one_that_is_too_large_passes_alone_and_is_not_overtaken_for_ever() {
        let budget = MemoryBudget::new(1 << 20);
        let (a, b, c) = (owner("a"), owner("b"), owner("c"));
        let first = budget.take(&a, 512 << 10).now_or_never();
        let mut large = Box::pin(budget.take(&b, 3 << 20));
        assert!(large.as_mut().now_or_never().is_none());
        let mut held = Vec::new();
        for _ in 0..MOST_OVERTAKEN {
            held.push(budget.take(&c, 20 << 10).now_or_never().expect("a small one overtakes"));
        }
        let mut later = Box::pin(budget.take(&c, 20 << 10));
        assert!(later.as_mut().now_or_never().is_none(), "overtaken often enough");
        drop((first, held));
        let large = large.as_mut().now_or_never();
        assert!(large.is_some() && later.as_mut().now_or_never().is_none());
        drop(large);
        assert!(later.as_mut().now_or_never().is_some());
    }

    #[test]
    fn owners_take_turns_however_many_large_ones_another_has_lined_up() {
        let budget = MemoryBudget::new(2 << 20);
        let (a, b, c) = (owner("a"), owner("b"), owner("c"));
        let large = 1_400_000;
        let mut held = budget.take(&a, large).now_or_never();
        let mut flood: VecDeque<_> = (0..15).map(|_| Box::pin(budget.take(&a, large))).collect();
        assert!(flood.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        let mut other = Box::pin(budget.take(&b, 700_000));
        let mut served = 0;
        let mut small = 0;
        while other.as_mut().now_or_never().is_none() {
            small += usize::from(budget.take(&c, 20_000).now_or_never().is_some());
            drop(held.take());
            let next = flood.front_mut().and_then(|one| one.as_mut().now_or_never());
            if next.is_some() {
                flood.pop_front();
                (held, served) = (next, served + 1);
            }
        }
        assert!(served <= 1, "{served} of another went before");
        assert!(small >= 1, "small ones of a third went on");
        // Its twin: alone, the rest go one after the other.
        drop((held, other));
        while let Some(mut one) = flood.pop_front() {
            assert!(one.as_mut().now_or_never().is_some());
        }
        assert_eq!(lock(&budget.0).used, 0);
        assert!(lock(&budget.0).turns.is_empty() && lock(&budget.0).waiting.is_empty());
    }

    #[test]
    fn who_stops_waiting_leaves_no_gap() {
        let budget = MemoryBudget::new(1 << 20);
        let (a, b) = (owner("a"), owner("b"));
        let first = budget.take(&a, 1 << 20).now_or_never();
        let mut gone = Box::pin(budget.take(&b, 1 << 20));
        assert!(gone.as_mut().now_or_never().is_none());
        drop((gone, first));
        assert!(budget.take(&a, 1 << 20).now_or_never().is_some());
    }
}
