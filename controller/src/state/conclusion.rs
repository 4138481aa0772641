//! Pure: what a worker leaves behind, and when the object comes again.

use std::time::Duration;

use sealed_secrets_core::Fingerprint;

use super::sync_state::State;
use crate::{
    api::retry::{self, Retry},
    capacity::pool::Priority,
};

/// What a worker found and did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How the object stands now; `None`: as before, for nothing new is known.
    pub state: Option<State>,
    /// Whether its Secret was only merged into; `None`: as before.
    pub merged: Option<bool>,
    /// Keys that opened its items; `None`: as before.
    pub keys: Option<Vec<(Fingerprint, u64)>>,
    /// Generation of the ring that was tried.
    pub ring: u64,
    /// What the last Event said.
    pub told: Option<u64>,
    /// The resourceVersion that our status made.
    pub status_version: Option<u64>,
    /// What is to be tried again: the Secret, the status. Empty: all is as it should be.
    pub retries: Vec<Retry>,
}

/// What decides besides.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// `--skip-recreate`.
    pub skip_recreate: bool,
    /// `--max-unseal-retries`.
    pub quick_retries: u32,
    /// How urgent the work item was.
    pub priority: Priority,
}

/// When an object comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requeue {
    /// After this.
    pub after: Duration,
    /// How urgent it is then.
    pub priority: Priority,
}

/// The earliest of what happened meanwhile and of the retries. Tries are counted until all is as it should be.
pub(super) fn requeue(
    meanwhile: Option<Priority>,
    retries: &[Retry],
    attempts: &mut u32,
    policy: Policy,
) -> Option<Requeue> {
    if retries.is_empty() {
        *attempts = 0;
    } else if retries.iter().any(|retry| !matches!(retry, Retry::After(_))) {
        *attempts = attempts.saturating_add(1);
    }
    // A new object that met one conflict does not wait behind a whole restart.
    let of_retry = if *attempts <= policy.quick_retries { policy.priority } else { Priority::Verify };
    if let Some(priority) = meanwhile {
        let priority = if retries.is_empty() { priority } else { priority.max(of_retry) };
        return Some(Requeue { after: Duration::ZERO, priority });
    }
    let wait = |retry: &Retry| retry::wait(*retry, *attempts, policy.quick_retries);
    let after = retries.iter().map(wait).min()?;
    Some(Requeue { after, priority: of_retry })
}
