//! How fast this machine is right now, next to the one that the bounds for debug builds were set on.
//!
//! A debug build spends its time in code that nobody ships, so that its times say nothing by themselves: they are
//! held against fixed work of the same build, done just before and just after. Optimised builds are held to the
//! times that are promised.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The time that the work took where the bounds were set, on two idle cores.
const NOMINAL: Duration = Duration::from_millis(NOMINAL_MS);
const NOMINAL_MS: u64 = 180;
/// Beyond this a machine is too slow for any statement.
const SLOWEST: f64 = 8.0;
const THREADS: usize = 2;

/// How many times longer than there the work takes here: never less than 1, so that a fast machine is held to no more.
pub(super) fn slowness() -> f64 {
    factor(work())
}

fn factor(took: Duration) -> f64 {
    (took.as_secs_f64() / NOMINAL.as_secs_f64()).clamp(1.0, SLOWEST)
}

/// JSON is written and read, as the API server and the controller do most of the time, on as many cores as they have.
fn work() -> Duration {
    let text = "x".repeat(10_000);
    let object: Value = (0..40).map(|i| (format!("item-{i}"), Value::from(text.as_str()))).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..8 {
                    let written = serde_json::to_vec(black_box(&object)).unwrap_or_default();
                    black_box(serde_json::from_slice::<Value>(black_box(&written)).ok());
                }
            });
        }
    });
    start.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_machine_gets_more_time_and_a_fast_one_no_less() {
        let of = |share: f64| factor(NOMINAL.mul_f64(share));
        assert!((of(2.5) - 2.5).abs() < 1e-9);
        assert!((of(0.2) - 1.0).abs() < 1e-9);
        assert!((of(100.0) - SLOWEST).abs() < 1e-9);
    }

    #[test]
    fn the_work_takes_time() {
        assert!(work() > Duration::ZERO);
    }
}
