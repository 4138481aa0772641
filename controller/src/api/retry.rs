//! Pure: how long a work item waits for its next try.
//!
//! # Who retries, and when
//! Every failed request is tried again by one of these, and by nothing else: the client's own retries are off.
//!
//! | who | what | when |
//! | --- | --- | --- |
//! | the queue (here) | a work item whose object, Secret or status could not be read or written, also because somebody else wrote it meanwhile (409) | [`QUICK`] doubling to [`QUICK_CAP`] for `--max-unseal-retries` tries, then [`SLOW`] doubling to [`SLOW_CAP`]; not before `Retry-After` |
//! | the queue | an object that does not open, or whose Secret is not ours | when keys, object or Secret change; [`UNSEAL_RETRY`], [`REFUSED_RETRY`] for what a watch does not show |
//! | `report::events` | an Event | three times, [`EVENT_RETRIES`] |
//! | `reconcile::collect` | the Secret of a deleted object, `--old-gc-behavior` | like a work item |
//! | `watch::follow` | a watch | kube's backoff: 0.8 s doubling to 30 s, each up to twice as long by chance; from the start again after an event, and after a watch that lived for 10 s |
//! | | a list | 0.8 s, up to twice as long by chance: kube counts the begin of a list as an event |
//! | `keys::renew` | a new key | 1 s doubling to a minute |
//! | `keys::later` | a key Secret that could not be read | every 2 s |
//! | `leader` | the lease | every second, each round within three |
//!
//! The deadline of each request stands in `api::limits`.

use std::time::Duration;

/// When something is tried again. A change of what blocks it wakes it in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Soon, then at growing intervals, for ever.
    Backoff,
    /// The same, but not before this has passed: the API server asked for it.
    NotBefore(Duration),
    /// After this, however often.
    After(Duration),
}

/// The wait before try number `attempt` (1 is the first retry); `quick` tries come in quick succession.
pub fn wait(retry: Retry, attempt: u32, quick: u32) -> Duration {
    match retry {
        Retry::After(delay) => delay,
        Retry::NotBefore(delay) => delay.max(wait(Retry::Backoff, attempt, quick)),
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

/// A race with another writer is over in less.
pub const QUICK: Duration = Duration::from_millis(100);
/// With many quick retries: as often as a person would press a key.
pub const QUICK_CAP: Duration = Duration::from_secs(5);
/// A fault that outlasts the quick tries lasts: with three requests a try, an object makes 25 in the first minute.
pub const SLOW: Duration = Duration::from_secs(20);
/// Who repairs the cluster waits no longer than this for one object.
pub const SLOW_CAP: Duration = Duration::from_mins(5);
/// The same ciphertext and the same keys give the same answer; this is for what nobody thought of.
pub const UNSEAL_RETRY: Duration = Duration::from_hours(1);
/// The Secret in the way wakes its SealedSecret; this is for changes that its metadata do not show.
pub const REFUSED_RETRY: Duration = Duration::from_mins(5);
/// An Event is worth some tries, not a queue of its own.
pub const EVENT_RETRIES: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(40)];
