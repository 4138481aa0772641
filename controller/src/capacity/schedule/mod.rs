//! Pure: whose work comes next. Lanes go before one another, owners of a lane take turns by what they cost.
//!
//! Time comes in as an argument. Each call costs O(1) amortised: a round of the owners is paid for by the time that
//! they spent before, and an owner is skipped only while it holds slots.

mod account;
mod rotation;
#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use self::{
    account::{Account, Accounts},
    rotation::{Rotation, Who},
};

/// A class of work. A later one waits while an earlier one has work, but for a small share of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// An object for which somebody waits.
    Fresh,
    /// An object that is only verified again.
    Verify,
    /// A request on the service port: on at most half of the threads.
    Http,
}

/// How many slots may be held at once, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// All of them.
    pub slots: usize,
    /// At most so many by a lane.
    pub by_lane: [usize; LANES],
    /// By one owner.
    pub by_owner: Share,
}

/// How many slots one owner may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Half of them; more while nobody else waits.
    HalfWhileOthersWait,
    /// At most as many as stay free: whoever comes next always finds some. One owner gets half, two get a third
    /// each, and so on.
    AsManyAsStayFree,
}

/// What waits, and what holds slots.
#[derive(Debug)]
pub struct Schedule<T> {
    rules: Rules,
    lanes: [Rotation<T>; LANES],
    held: [usize; LANES],
    /// Nanoseconds that a lane may run although an earlier one has work.
    credit: [i64; LANES],
    /// Namespaces, and callers.
    accounts: [Accounts; 2],
}

/// Permission to run one job in a slot; goes back with [`Schedule::finish`].
#[derive(Debug)]
#[must_use = "a permit that is not given back blocks its slot for ever"]
pub struct Permit {
    lane: Lane,
    owner: Arc<str>,
    advance: i64,
}

impl Permit {
    /// The lane of its job.
    pub fn lane(&self) -> Lane {
        self.lane
    }
}

impl Rules {
    /// For threads: requests get at most half of them, and one at least.
    pub fn threads(slots: usize) -> Self {
        let slots = slots.max(1);
        Self { slots, by_lane: [slots, slots, (slots / 2).max(1)], by_owner: Share::HalfWhileOthersWait }
    }

    /// For objects in work at once: a quarter is kept for those that somebody waits for.
    pub fn objects(slots: usize) -> Self {
        Self { slots, by_lane: [slots, slots - slots / 4, 0], by_owner: Share::AsManyAsStayFree }
    }
}

impl<T> Schedule<T> {
    /// Nothing waits.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            lanes: Default::default(),
            held: [0; LANES],
            credit: [0; LANES],
            accounts: Default::default(),
        }
    }

    /// Adds a job. One that was `costly` before comes after the others of its owner.
    pub fn push(&mut self, lane: Lane, owner: &Arc<str>, costly: bool, job: T, now: Instant) {
        let heavy = self.accounts[group(lane)].arrive(owner, now);
        self.lanes[lane as usize].push(owner, job, costly, heavy);
    }

    /// The job that is next, if there is a slot for one.
    pub fn pick(&mut self) -> Option<(Permit, T)> {
        if self.busy() >= self.rules.slots {
            return None;
        }
        let due = |lane: &Lane| self.credit[*lane as usize] >= SLICE;
        if let Some(lane) = LATER.into_iter().find(due)
            && let Some(picked) = self.pick_from(lane, SLICE)
        {
            return Some(picked);
        }
        LANES_IN_ORDER.into_iter().find_map(|lane| self.pick_from(lane, 0))
    }

    /// A job has ended and cost so much of a thread.
    pub fn finish(&mut self, permit: Permit, cost: Duration, now: Instant) {
        let Permit { lane, owner, advance } = permit;
        let cost_in_nanos = i64::try_from(cost.as_nanos()).unwrap_or(i64::MAX);
        self.held[lane as usize] = self.held[lane as usize].saturating_sub(1);
        self.accounts[group(lane)].charge(&owner, cost, now);
        if advance > 0 {
            self.grant(lane, advance.saturating_sub(cost_in_nanos));
        }
        for later in LATER.into_iter().filter(|later| *later > lane) {
            if self.lanes[later as usize].is_empty() {
                self.credit[later as usize] = 0;
            } else {
                self.grant(later, cost_in_nanos / PART);
            }
        }
    }

    /// How many slots are held.
    pub fn busy(&self) -> usize {
        self.held.iter().sum()
    }

    /// Whether anything waits in a lane.
    pub fn waits(&self, lane: Lane) -> bool {
        !self.lanes[lane as usize].is_empty()
    }

    fn grant(&mut self, lane: Lane, nanos: i64) {
        let credit = &mut self.credit[lane as usize];
        *credit = credit.saturating_add(nanos).clamp(-MOST_CREDIT, MOST_CREDIT);
    }

    fn pick_from(&mut self, lane: Lane, advance: i64) -> Option<(Permit, T)> {
        if self.held[lane as usize] >= self.rules.by_lane[lane as usize] {
            return None;
        }
        let (half, free) = ((self.rules.slots / 2).max(1), self.rules.slots - self.busy());
        let by_owner = self.rules.by_owner;
        let allowed = |account: &Account| match by_owner {
            Share::HalfWhileOthersWait => account.held < half,
            Share::AsManyAsStayFree => account.held < free,
        };
        let accounts = &mut self.accounts[group(lane)];
        let mut taken = self.lanes[lane as usize].take(accounts, Who::Allowed(&allowed));
        let mut lane = lane;
        if taken.is_none() && by_owner == Share::HalfWhileOthersWait {
            // Somebody else in the next lane of the same owners goes before who holds half already.
            if lane == Lane::Fresh {
                taken = self.lanes[Lane::Verify as usize].take(accounts, Who::Allowed(&allowed));
                if taken.is_some() {
                    lane = Lane::Verify;
                }
            }
            if taken.is_none() {
                taken = self.lanes[lane as usize].take(accounts, Who::Anybody);
            }
        }
        let (owner, job) = taken?;
        accounts.begin(&owner);
        self.held[lane as usize] += 1;
        if advance > 0 {
            self.grant(lane, -advance);
        }
        Some((Permit { lane, owner, advance }, job))
    }
}

fn group(lane: Lane) -> usize {
    match lane {
        Lane::Fresh | Lane::Verify => 0,
        Lane::Http => 1,
    }
}

/// How many lanes there are.
pub const LANES: usize = 3;
const LANES_IN_ORDER: [Lane; LANES] = [Lane::Fresh, Lane::Verify, Lane::Http];
const LATER: [Lane; 2] = [Lane::Verify, Lane::Http];
/// A lane that waits gets one part in so many of the time of those before it.
const PART: i64 = 16;
/// Nanoseconds that a lane must have saved up before it goes ahead of its turn: about one item.
const SLICE: i64 = 2_000_000;
const MOST_CREDIT: i64 = 20_000_000;
