//! Pure: how long to wait before the next try.

use std::time::Duration;

use super::outcome::Retry;

/// The wait before try number `attempt` (1 is the first retry); `quick` tries come in quick succession.
pub fn wait(retry: Retry, attempt: u32, quick: u32) -> Duration {
    match retry {
        Retry::After(delay) => delay,
        Retry::Backoff if attempt <= quick => grown(QUICK, attempt.saturating_sub(1), QUICK_CAP),
        Retry::Backoff => grown(SLOW, attempt.saturating_sub(quick).saturating_sub(1), SLOW_CAP),
    }
}

fn grown(first: Duration, doublings: u32, cap: Duration) -> Duration {
    2_u32
        .checked_pow(doublings)
        .and_then(|factor| first.checked_mul(factor))
        .map_or(cap, |wait| wait.min(cap))
}

const QUICK: Duration = Duration::from_millis(100);
const QUICK_CAP: Duration = Duration::from_secs(5);
const SLOW: Duration = Duration::from_secs(5);
const SLOW_CAP: Duration = Duration::from_mins(5);
