//! The generic cell rate algorithm as one pure step: used for callers and for our own requests.

use std::time::Duration;

/// A rate and how far it may be exceeded at once.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    interval: Duration,
    burst: u32,
}

/// What a request is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may pass.
    pub allowed: bool,
    /// How many more may pass right now.
    pub remaining: u32,
    /// When the next one may pass, for a refused one.
    pub retry_after: Duration,
    /// When the whole burst is available again.
    pub reset_after: Duration,
}

impl Rate {
    /// `per_second` requests, and `burst` more at once.
    pub fn new(per_second: f64, burst: u32) -> Self {
        Self { interval: Duration::from_secs_f64(1.0 / per_second.max(0.000_1)), burst }
    }

    /// How many may come at once.
    pub fn limit(self) -> u32 {
        self.burst.saturating_add(1)
    }

    /// Decides on one request at `now`, where `full_at` is the instant at which the bucket is full again;
    /// both count from the same origin. Gives the verdict and the new `full_at`.
    pub fn step(self, full_at: Duration, now: Duration) -> (Verdict, Duration) {
        let window = self.interval.saturating_mul(self.limit());
        let next = full_at.max(now) + self.interval;
        let used = next.saturating_sub(now);
        let fits = |used: Duration| {
            let left = window.saturating_sub(used).as_nanos() / self.interval.as_nanos().max(1);
            u32::try_from(left).unwrap_or(u32::MAX)
        };
        if used <= window {
            let verdict = Verdict {
                allowed: true,
                remaining: fits(used),
                retry_after: Duration::ZERO,
                reset_after: used,
            };
            return (verdict, next);
        }
        let verdict = Verdict {
            allowed: false,
            remaining: 0,
            retry_after: used.saturating_sub(window),
            reset_after: full_at.saturating_sub(now),
        };
        (verdict, full_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statuses of requests at these milliseconds.
    fn run(times: &[u64]) -> Vec<bool> {
        let rate = Rate::new(2.0, 2);
        let mut full_at = Duration::ZERO;
        times
            .iter()
            .map(|&at| {
                let (verdict, next) = rate.step(full_at, Duration::from_millis(at));
                full_at = next;
                verdict.allowed
            })
            .collect()
    }

    #[test]
    fn burst_and_one_pass_at_once_then_the_rate() {
        assert_eq!(run(&[5000; 5]), [true, true, true, false, false]);
        assert_eq!(run(&[0, 0, 0, 0, 1000, 1000, 1000]), [true, true, true, false, true, true, false]);
        assert_eq!(run(&[0, 0, 0, 3000, 3000, 3000, 3000])[3..], [true, true, true, false]);
    }

    #[test]
    fn a_refused_request_learns_when_to_come_back() {
        let rate = Rate::new(2.0, 2);
        let (mut full_at, now) = (Duration::ZERO, Duration::from_secs(10));
        let mut remaining = vec![];
        for _ in 0..3 {
            let (verdict, next) = rate.step(full_at, now);
            full_at = next;
            remaining.push(verdict.remaining);
        }
        assert_eq!(remaining, [2, 1, 0]);
        let (verdict, _) = rate.step(full_at, now);
        assert_eq!(verdict.retry_after, Duration::from_millis(500));
        assert_eq!(verdict.reset_after, Duration::from_millis(1500));
    }
}
