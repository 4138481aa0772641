//! How many private operations one object may cost once it is known that it cannot be unsealed.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use super::Reason;
use crate::{Fingerprint, KeyRing, Label, SealedSecret};

/// Counts the private operations of one object; its items may be opened on different threads.
///
/// Until an item fails nothing is limited, so an object whose items all open never meets a bound. Once one has
/// failed there will be no Secret, and the rest is looked into for its reasons alone: items that do not open may
/// then cost four operations for each key of the ring and two for each item, all together; what is left after that
/// is told as [`Reason::NotLookedInto`]. Items that are being opened on other threads while the first one fails may
/// exceed the bound by one try of every key each.
#[derive(Debug)]
pub struct Effort {
    most_unopened: usize,
    /// Operations on items that did not open, and those reserved by items that are being opened.
    unopened: AtomicUsize,
    diagnosis_left: AtomicUsize,
    has_failed: AtomicBool,
    operations: AtomicUsize,
    found: OnceLock<Misplaced>,
}

/// Where a value of this object opens that does not open here.
#[derive(Debug)]
pub(super) struct Misplaced {
    pub(super) key: Fingerprint,
    pub(super) label: Label,
    pub(super) reason: Reason,
}

/// Operations that may go into finding out what other label an object's values have.
const DIAGNOSIS: usize = 24;

impl Effort {
    /// For opening the items of `sealed` with `ring`.
    pub fn new(sealed: &SealedSecret, ring: &KeyRing) -> Self {
        Self {
            most_unopened: ring
                .len()
                .saturating_mul(4)
                .saturating_add(sealed.spec.encrypted_data.len().saturating_mul(2)),
            unopened: AtomicUsize::new(0),
            diagnosis_left: AtomicUsize::new(DIAGNOSIS),
            has_failed: AtomicBool::new(false),
            operations: AtomicUsize::new(0),
            found: OnceLock::new(),
        }
    }

    /// Private operations so far, of every kind.
    pub fn operations(&self) -> usize {
        self.operations.load(Relaxed)
    }

    /// Whether an item has failed: there will be no Secret.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Relaxed)
    }

    /// Takes one of the operations for a diagnosis, if any is left.
    pub(super) fn diagnose(&self) -> bool {
        let taken = self.diagnosis_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        self.operations.fetch_add(usize::from(taken), Relaxed);
        taken
    }

    /// Where an earlier item of the object was found to belong.
    pub(super) fn found(&self) -> Option<&Misplaced> {
        self.found.get()
    }

    /// Remembers where an item belongs: the others most likely belong there, too.
    pub(super) fn remember(&self, misplaced: Misplaced) {
        _ = self.found.set(misplaced);
    }

    /// Begins with an item.
    pub(super) fn attempt(&self) -> Attempt<'_> {
        Attempt { effort: self, tries: 0, reserved: 0 }
    }
}

/// The operations of one item.
pub(super) struct Attempt<'e> {
    effort: &'e Effort,
    pub(super) tries: usize,
    reserved: usize,
}

impl Attempt<'_> {
    /// Takes one operation, if the object may cost another.
    pub(super) fn may_try(&mut self) -> bool {
        let effort = self.effort;
        if effort.has_failed() {
            let most = effort.most_unopened;
            let reserve = |spent: usize| (spent < most).then_some(spent + 1);
            if effort.unopened.fetch_update(Relaxed, Relaxed, reserve).is_err() {
                return false;
            }
            self.reserved += 1;
        }
        self.tries += 1;
        effort.operations.fetch_add(1, Relaxed);
        true
    }

    /// The item opened: what it took does not count.
    pub(super) fn opened(self) {
        self.effort.unopened.fetch_sub(self.reserved, Relaxed);
    }

    /// The item did not open.
    pub(super) fn failed(self) {
        self.effort.unopened.fetch_add(self.tries - self.reserved, Relaxed);
        self.effort.has_failed.store(true, Relaxed);
    }
}
