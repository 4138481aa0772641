//! Buckets of a fixed number, whoever comes.
//!
//! A bucket has a place in a set of [`WAYS`] that its key chooses. A new one takes a place that is free or whose
//! bucket is full again, and failing that the place of the bucket that is full soonest, which forgets the least.
//! Nobody is refused for lack of a place: to be forgotten is to begin with a full bucket. So a flood of made-up
//! callers can at most give others more than their rate, and what all of them may do together is bounded for each
//! address by a bucket of its own. Keys are keyed 64-bit hashes; two callers with the same one would share a bucket,
//! which for the whole table full happens about once in 10^12 tables.

use std::time::Duration;

use crate::capacity::gcra::{Rate, Verdict};

/// A table of buckets.
pub(super) struct Buckets {
    rate: Rate,
    sets: Box<[[Bucket; WAYS]]>,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    key: u64,
    /// The instant at which it is full again; the past for a free place.
    full_at: Duration,
}

impl Buckets {
    /// `sets` times [`WAYS`] buckets of one rate.
    pub(super) fn new(rate: Rate, sets: usize) -> Self {
        Self { rate, sets: vec![[Bucket::default(); WAYS]; sets.max(1)].into() }
    }

    /// How many may come at once.
    pub(super) fn limit(&self) -> u32 {
        self.rate.limit()
    }

    /// Decides on one request at `now`.
    pub(super) fn check(&mut self, key: u64, now: Duration) -> Verdict {
        let sets = self.sets.len() as u64;
        let Some(set) = usize::try_from(key % sets).ok().and_then(|at| self.sets.get_mut(at)) else {
            return self.rate.step(Duration::ZERO, now).0;
        };
        let known = set.iter().position(|bucket| bucket.key == key);
        let at = known.or_else(|| (0..WAYS).min_by_key(|at| set[*at].full_at)).unwrap_or(0);
        let bucket = &mut set[at];
        if bucket.key != key {
            *bucket = Bucket { key, full_at: Duration::ZERO };
        }
        let (verdict, full_at) = self.rate.step(bucket.full_at, now);
        bucket.full_at = full_at;
        verdict
    }
}

const WAYS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_callers_neither_grows_the_table_nor_refuses_the_next_one() {
        let mut buckets = Buckets::new(Rate::new(2.0, 2), 512);
        let now = Duration::from_secs(5);
        for caller in 0..1_000_000_u64 {
            let verdict = buckets.check(caller.wrapping_mul(0x9e37_79b9_7f4a_7c15), now);
            assert!(verdict.allowed && verdict.remaining == 2);
        }
        assert_eq!(size_of_val(&*buckets.sets), 512 * WAYS * 24, "96 KiB, as documented");
    }

    #[test]
    fn a_caller_who_used_his_bucket_up_is_forgotten_last() {
        let mut buckets = Buckets::new(Rate::new(2.0, 2), 1);
        let now = Duration::from_secs(5);
        let used_up: Vec<_> = (0..4).map(|_| buckets.check(1, now).allowed).collect();
        assert_eq!(used_up, [true, true, true, false]);
        for caller in 2..100 {
            assert!(buckets.check(caller, now).allowed);
        }
        assert!(!buckets.check(1, now).allowed, "new callers displace each other first");
    }

    #[test]
    fn a_full_bucket_makes_room_for_another() {
        let mut buckets = Buckets::new(Rate::new(2.0, 2), 1);
        for caller in 1..=8 {
            buckets.check(caller, Duration::from_secs(5));
        }
        let later = Duration::from_mins(1);
        for _ in 0..4 {
            buckets.check(9, later);
        }
        assert!(!buckets.check(9, later).allowed && buckets.check(1, later).allowed);
    }
}
