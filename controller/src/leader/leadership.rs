//! Leadership as a value that expires by the monotonic clock of this process.
//!
//! # Guarantees
//! - A write starts only if what is left of the lease exceeds the deadline of a write: none is under way when another
//!   replica may begin.
//! - The lease is given back only when every write that was sent is answered or past its deadline; else it runs out.
//! - The lease counts from before the request that renewed it. Another replica counts from when it saw that renewal,
//!   which is later.
//!
//! # Caveats
//! The API server may act on a request after its caller has given it up. Writes carry the resourceVersion that they are
//! based on, so that such a late one replaces nothing newer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::{sync::watch, time::Instant};

use super::lease::SILENCE;
use crate::api::{gate::MayWrite, in_flight::InFlight, limits::REQUEST};

/// Whether this replica leads.
pub struct Leadership {
    standing: Mutex<Standing>,
    acting: watch::Sender<bool>,
    in_flight: InFlight,
}

#[derive(Clone, Copy, Debug)]
enum Standing {
    /// Nobody else was asked for.
    Alone,
    /// A candidate that leads until then, if at all.
    Elected(Option<Instant>),
    /// A candidate that may not even look at the lease.
    Forbidden,
}

impl Leadership {
    /// A replica that leads at once, or one that has to be elected.
    pub fn new(elects: bool) -> Self {
        let standing = if elects { Standing::Elected(None) } else { Standing::Alone };
        Self {
            standing: Mutex::new(standing),
            acting: watch::Sender::new(!elects),
            in_flight: InFlight::default(),
        }
    }

    /// Whether it leads, as it changes.
    pub fn subscribe(&self) -> watch::Receiver<bool> {
        self.acting.subscribe()
    }

    /// Whether it leads.
    pub fn is_acting(&self) -> bool {
        *self.acting.borrow()
    }

    /// Whether it may become a leader at all: a candidate without the verbs for leases never does.
    pub fn can_lead(&self) -> bool {
        !matches!(*self.lock(), Standing::Forbidden)
    }

    /// The lease was renewed by a request that began then.
    pub(super) fn renewed(&self, begun: Instant) {
        *self.lock() = Standing::Elected(Some(begun + SILENCE));
        self.act(true);
    }

    /// Another replica has the lease, or ours has ended.
    pub(super) fn lost(&self) {
        *self.lock() = Standing::Elected(None);
        self.act(false);
    }

    /// The lease may not be looked at.
    pub(super) fn forbidden(&self) {
        *self.lock() = Standing::Forbidden;
        self.act(false);
    }

    /// Whether the lease has ended, if it was ours.
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        matches!(*self.lock(), Standing::Elected(Some(end)) if now >= end)
    }

    /// Whether the lease is ours and has not ended.
    pub(super) fn holds(&self, now: Instant) -> bool {
        matches!(*self.lock(), Standing::Elected(Some(end)) if now < end)
    }

    fn may_write_at(&self, now: Instant) -> bool {
        match *self.lock() {
            Standing::Alone => true,
            Standing::Elected(Some(end)) => now + REQUEST < end,
            Standing::Elected(None) | Standing::Forbidden => false,
        }
    }

    fn act(&self, acts: bool) {
        self.acting.send_if_modified(|acting| std::mem::replace(acting, acts) != acts);
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MayWrite for Leadership {
    fn may_write(&self) -> bool {
        self.may_write_at(Instant::now())
    }

    fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_write_starts_only_if_it_ends_before_the_lease() {
        let (leadership, begun) = (Leadership::new(true), Instant::now());
        assert!(!leadership.may_write_at(begun), "not elected yet");
        leadership.renewed(begun);
        let last = begun + SILENCE.saturating_sub(REQUEST);
        assert!(leadership.may_write_at(last - Duration::from_millis(1)) && !leadership.may_write_at(last));
        assert!(leadership.is_acting() && !leadership.has_ended(last), "it may be renewed in time");
        assert!(leadership.has_ended(begun + SILENCE));
        leadership.lost();
        assert!(!leadership.is_acting() && !leadership.may_write_at(begun));
    }

    #[test]
    fn a_lease_is_held_until_it_ends() {
        let (leadership, begun) = (Leadership::new(true), Instant::now());
        assert!(!leadership.holds(begun), "a candidate has none");
        leadership.renewed(begun);
        assert!(leadership.holds(begun) && !leadership.holds(begun + SILENCE));
        leadership.forbidden();
        assert!(!leadership.holds(begun));
    }

    #[test]
    fn who_is_alone_always_leads() {
        let leadership = Leadership::new(false);
        assert!(leadership.is_acting() && leadership.may_write() && leadership.can_lead());
    }

    #[test]
    fn a_candidate_that_may_not_look_at_the_lease_never_leads() {
        let leadership = Leadership::new(true);
        leadership.forbidden();
        assert!(!leadership.is_acting() && !leadership.may_write() && !leadership.can_lead());
        leadership.renewed(Instant::now());
        assert!(leadership.is_acting() && leadership.can_lead(), "the role was given meanwhile");
    }
}
