//! What is known of an owner: what it holds, what it may still spend, and what it cost of late.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

/// One owner.
#[derive(Debug)]
pub(super) struct Account {
    /// Slots that it holds.
    pub(super) held: usize,
    /// Jobs of it that wait.
    pub(super) waiting: usize,
    /// Nanoseconds that it may still spend before it is another's turn; below zero: a debt.
    pub(super) deficit: i64,
    /// Seconds that it cost of late: halves with every [`HALF_LIFE`].
    recent: f64,
    seen: Instant,
}

impl Account {
    fn new(now: Instant) -> Self {
        Self { held: 0, waiting: 0, deficit: QUANTUM, recent: 0.0, seen: now }
    }

    /// Comes to the present: old costs fade, and who asked for nothing gets its debt back in that time.
    fn age(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.seen);
        self.recent *= (-passed.as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2();
        if self.is_idle() {
            self.deficit = self.deficit.saturating_add(nanos(passed)).min(QUANTUM);
        }
        self.seen = now;
    }

    fn is_idle(&self) -> bool {
        self.held == 0 && self.waiting == 0
    }

    /// Whether it was costly of late.
    pub(super) fn is_heavy(&self) -> bool {
        self.recent > HEAVY.as_secs_f64()
    }

    /// Begins another round if the last one is used up.
    pub(super) fn replenish(&mut self) -> bool {
        let spent = self.deficit <= 0;
        if spent {
            self.deficit += QUANTUM;
        }
        spent
    }
}

/// All owners with work, and those that had some not long ago.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    by_owner: HashMap<Arc<str>, Account>,
    /// Who went idle, in order.
    idle: VecDeque<(Instant, Arc<str>)>,
}

impl Accounts {
    /// A job comes; says whether its owner was costly of late.
    pub(super) fn arrive(&mut self, owner: &Arc<str>, now: Instant) -> bool {
        self.forget_old(now);
        let account = self.by_owner.entry(Arc::clone(owner)).or_insert_with(|| Account::new(now));
        account.age(now);
        account.waiting += 1;
        account.is_heavy()
    }

    /// A job ends, and with it its slot.
    pub(super) fn charge(&mut self, owner: &Arc<str>, cost: Duration, now: Instant) {
        let Some(account) = self.by_owner.get_mut(owner) else { return };
        account.age(now);
        account.held = account.held.saturating_sub(1);
        account.deficit = account.deficit.saturating_sub(nanos(cost)).max(-MOST_DEBT);
        account.recent += cost.as_secs_f64();
        if account.is_idle() {
            self.idle.push_back((now, Arc::clone(owner)));
        }
    }

    /// A job begins.
    pub(super) fn begin(&mut self, owner: &Arc<str>) {
        if let Some(account) = self.by_owner.get_mut(owner) {
            account.waiting = account.waiting.saturating_sub(1);
            account.held += 1;
        }
    }

    pub(super) fn get_mut(&mut self, owner: &Arc<str>) -> Option<&mut Account> {
        self.by_owner.get_mut(owner)
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((since, owner)) = self.idle.front() {
            let is_old = now.saturating_duration_since(*since) > MEMORY;
            if !is_old && self.idle.len() <= MOST_IDLE {
                return;
            }
            // One that came back meanwhile stands further behind as well, or will.
            if self.by_owner.get(owner).is_some_and(|account| account.is_idle() && account.seen <= *since) {
                self.by_owner.remove(owner);
            }
            self.idle.pop_front();
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> (usize, usize) {
        (self.by_owner.len(), self.idle.len())
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds of a round: about one private-key operation.
const QUANTUM: i64 = 2_000_000;
/// Nanoseconds: what is beyond is forgiven, or a single long job would shut its owner out.
const MOST_DEBT: i64 = 500_000_000;
/// In half a minute an owner is as good as new.
const HALF_LIFE: Duration = Duration::from_secs(5);
/// Some dozen private-key operations.
const HEAVY: Duration = Duration::from_millis(50);
const MEMORY: Duration = Duration::from_mins(1);
/// Some hundred bytes each.
const MOST_IDLE: usize = 4096;
