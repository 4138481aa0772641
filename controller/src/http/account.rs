//! Bytes of requests in flight: one account for all, from which each request draws as it grows.
//!
//! A charge stands for what a request holds at rest: the text as it arrives, then the object that was read from
//! it (see [`super::object::weight`]), then the answer until the kernel has taken it. It goes with the memory, so that
//! a job that waits in a queue for a caller who has hung up is still charged. What exists for a moment besides, such
//! as a syntax tree, exists on the one thread for texts only, hence once (see [`super::texts`]).

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{caller::Caller, limits::Limits};

/// The account.
#[derive(Clone)]
pub struct Account {
    shared: Arc<Shared>,
}

struct Shared {
    most: usize,
    per_peer: usize,
    per_caller: usize,
    used: Mutex<Used>,
}

/// Who holds how much; who holds nothing is not in a table, so that tables cannot outgrow what is in flight.
#[derive(Default)]
struct Used {
    all: usize,
    peers: HashMap<IpAddr, usize>,
    callers: HashMap<Caller, usize>,
}

impl Account {
    /// An empty account with these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                most: limits.bytes,
                per_peer: limits.peer_bytes,
                per_caller: limits.caller_bytes,
                used: Mutex::default(),
            }),
        }
    }

    /// Bytes that are held at this moment.
    pub fn used(&self) -> usize {
        self.shared.used().all
    }

    /// The most that one caller may ever hold, if `bytes` are more.
    pub(super) fn exceeded_by(&self, bytes: usize) -> Option<usize> {
        let most = self.shared.most.min(self.shared.per_peer).min(self.shared.per_caller);
        (bytes > most).then_some(most)
    }

    /// Takes `bytes` for a caller, or nothing when that is more than is left to him.
    pub(super) fn open(&self, caller: Caller, bytes: usize) -> Option<Arc<Reservation>> {
        let reservation =
            Reservation { shared: Arc::clone(&self.shared), caller, bytes: AtomicUsize::new(0) };
        reservation.resize(bytes).then(|| Arc::new(reservation))
    }
}

/// Bytes of one request; given back when dropped.
pub(super) struct Reservation {
    shared: Arc<Shared>,
    caller: Caller,
    /// Changed only under the account's lock.
    bytes: AtomicUsize,
}

impl Reservation {
    /// Whose it is.
    pub(super) fn caller(&self) -> Caller {
        self.caller
    }

    /// How much it is.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Holds `bytes` from now on. Less is always possible; more only if it is there, else nothing changes.
    pub(super) fn resize(&self, bytes: usize) -> bool {
        let mut used = self.shared.used();
        let before = self.bytes();
        let there = if let Some(more) = bytes.checked_sub(before) {
            used.take(self.caller, more, &self.shared)
        } else {
            used.give_back(self.caller, before - bytes);
            true
        };
        if there {
            self.bytes.store(bytes, Ordering::Relaxed);
        }
        there
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shared.used().give_back(self.caller, self.bytes());
    }
}

impl Shared {
    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    fn take(&mut self, caller: Caller, more: usize, limits: &Shared) -> bool {
        let of_peer = self.peers.get(&caller.peer).copied().unwrap_or(0);
        let of_caller = self.callers.get(&caller).copied().unwrap_or(0);
        let fits = |taken: usize, most: usize| more <= most.saturating_sub(taken);
        let there = fits(self.all, limits.most)
            && fits(of_peer, limits.per_peer)
            && fits(of_caller, limits.per_caller);
        if there && more > 0 {
            self.all += more;
            *self.peers.entry(caller.peer).or_default() += more;
            *self.callers.entry(caller).or_default() += more;
        }
        there
    }

    fn give_back(&mut self, caller: Caller, bytes: usize) {
        self.all -= bytes;
        less(&mut self.peers, &caller.peer, bytes);
        less(&mut self.callers, &caller, bytes);
        if self.all == 0 {
            // A table keeps the room that a crowd once needed.
            *self = Self::default();
        }
    }
}

fn less<K: Hash + Eq>(table: &mut HashMap<K, usize>, key: &K, bytes: usize) {
    if let Some(taken) = table.get_mut(key) {
        *taken = taken.saturating_sub(bytes);
        if *taken == 0 {
            table.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(bytes: usize, peer_bytes: usize, caller_bytes: usize) -> Account {
        Account::new(&Limits { bytes, peer_bytes, caller_bytes, ..Limits::new(1) })
    }

    fn caller(peer: u8, hash: u64) -> Caller {
        Caller { peer: IpAddr::from([10, 0, 0, peer]), hash }
    }

    #[test]
    fn one_caller_and_one_peer_leave_something_to_the_others() {
        let account = account(10, 8, 4);
        let one = account.open(caller(1, 1), 4).expect("it is empty");
        assert!(account.open(caller(1, 1), 1).is_none() && !one.resize(5), "the caller's share is used up");
        let two = account.open(caller(1, 2), 4).expect("another caller");
        assert!(account.open(caller(1, 3), 1).is_none(), "the peer's share is used up");
        let three = account.open(caller(2, 1), 2).expect("another peer");
        assert!(account.open(caller(3, 1), 1).is_none(), "everything is used up");
        drop(two);
        assert!(account.open(caller(3, 1), 4).is_some(), "it comes back");
        drop((one, three));
        assert_eq!(account.used(), 0);
    }

    #[test]
    fn a_refused_growth_changes_nothing_and_tables_end_empty() {
        let account = account(10, 8, 4);
        let reservation = account.open(caller(1, 1), 1).expect("it is empty");
        assert!(!reservation.resize(9) && reservation.bytes() == 1 && account.used() == 1);
        assert!(reservation.resize(3) && reservation.resize(2) && account.used() == 2);
        drop(reservation);
        let used = account.shared.used();
        assert!(used.peers.is_empty() && used.callers.is_empty() && used.callers.capacity() == 0);
    }
}
