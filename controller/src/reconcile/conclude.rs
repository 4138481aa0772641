//! Finishes a work item: writes status and Event, updates metrics and the entry, and requeues if needed. The only way out
//! of a reconcile.
//!
//! Status and Event are written first, so that one transition, [`Entry::conclude`], knows what of all that succeeded.
//!
//! [`Entry::conclude`]: crate::state::entry::Entry::conclude

use std::sync::Arc;

use sealed_secrets_core::Fingerprint;

use super::{
    apply::Applied,
    outcome::Failure,
    remark::{self, Remark},
};
use crate::{
    api::{error::ApiError, retry::Retry},
    context::Context,
    report::{
        events::{Kind, Note, digest},
        sealed_to::SealedTo,
        shorten::shortened,
        status::{Opened, Verdict},
        subject::Subject,
        writer,
    },
    state::{
        conclusion::{Outcome, Policy, Requeue},
        entry::{Cause, State, Task},
        key::Key,
        queue::WorkItem,
        secret::Ownership,
    },
};

/// What a reconcile found and did.
pub(super) struct Finding {
    /// What became of the Secret.
    pub(super) applied: Applied,
    /// Keys that opened the items; `None` when they did not open.
    pub(super) keys: Option<Vec<(Fingerprint, u64)>>,
    /// What is odd about the Secret, though it was made.
    pub(super) remark: Option<Remark>,
    /// Generation of the ring that was tried.
    pub(super) generation: u64,
}

impl Finding {
    /// Nothing was written.
    pub(super) fn failed(failure: Failure, generation: u64) -> Self {
        Self { applied: Applied::Failed(failure, Ownership::default()), keys: None, remark: None, generation }
    }
}

/// Discards the outcome of a cancelled work item. The next worker sees the object as it is then.
pub(super) fn abandon(context: &Context, key: &Key, task: &Task) {
    if let Some(entry) = context.index.lock().of_task(key, task) {
        entry.abandon(task, context.config.skip_recreate);
    }
}

/// Suspends an object whose reconcile panicked: it is not retried until it changes.
pub(super) fn rest(context: &Context, key: &Key) {
    tracing::error!(object = %key, "{}", Failure::Internal);
    context.index.with(key, crate::state::entry::Entry::rest);
}

/// The object itself could not be read, or is not there.
pub(super) fn unseen(
    context: &Context,
    item: &WorkItem,
    task: &Task,
    error: Option<&ApiError>,
) -> Option<Requeue> {
    if let Some(error) = error {
        tracing::warn!(object = %item.key, error = for_log(error), "cannot read a SealedSecret");
    }
    let outcome = Outcome {
        told: task.told,
        ring: context.keys.snapshot().generation,
        retries: vec![error.map_or(Retry::Backoff, ApiError::retry)],
        ..Outcome::default()
    };
    let counted = error.map(|_| "fetch");
    remember(context, item, task, outcome, &Shown { errors: counted.as_slice(), ..Shown::default() })
}

/// Writes status and Event, updates metrics and the entry; returns when the object is requeued.
pub(super) async fn conclude(
    context: &Arc<Context>,
    item: &WorkItem,
    subject: &Subject,
    task: &Task,
    finding: Finding,
) -> Option<Requeue> {
    let Finding { applied, keys, remark, generation } = finding;
    let sealed_to = keys.as_deref().and_then(|keys| SealedTo::of(keys, &context.keys.secrets()));
    let opened = Opened { remark: remark.as_ref(), sealed_to: sealed_to.as_ref() };
    let mut outcome = Outcome { keys, ring: generation, told: task.told, ..Outcome::default() };
    let mut shown = Shown::default();
    let mut errors = Vec::new();
    let told = match applied {
        Applied::Right { version, merged, wrote, differed } => {
            outcome.state = Some(State::Synced(version));
            outcome.merged = Some(merged);
            shown.drifted = task.cause == Cause::SecretChanged && differed;
            shown.synced = Some(true);
            let success = Success { wrote, repaired: shown.drifted, opened };
            succeed(context, subject, task, &mut outcome, success).await
        }
        Applied::LeftAlone(version) => {
            let state = State::Drifted(version);
            shown.drifted = task.state != state;
            shown.synced = Some(true);
            outcome.state = Some(state);
            if shown.drifted {
                context.events.record(drifted(subject, DRIFT_LEFT)).await;
            }
            // It was unsealed before: a status that could not be written then is written now.
            write_status(context, subject, Ok(opened)).await
        }
        // It was unsealed before it was deleted: a status that could not be written then is written now.
        Applied::Absent if matches!(task.state, State::Synced(_) | State::Drifted(_)) => {
            write_status(context, subject, Ok(opened)).await
        }
        // The watch says what is next.
        Applied::Absent => Ok(None),
        Applied::Failed(failure, ownership) => {
            outcome.state = failure.state(ownership, task.cause);
            outcome.retries.extend(failure.retry());
            if !failure.is_race() {
                errors.push(failure.metric());
            }
            if failure.should_report(task.attempts >= context.config.quick_retries) {
                shown.synced = Some(false);
                fail(context, subject, task, &mut outcome, &failure).await
            } else {
                tracing::info!(object = %subject.key, "{}; trying again", for_log(&failure));
                Ok(None)
            }
        }
    };
    match told {
        Ok(version) => outcome.status_version = version,
        Err(error) => status_not_written(subject, &error, &mut outcome, &mut errors),
    }
    shown.errors = &errors;
    remember(context, item, task, outcome, &shown)
}

/// What follows from a status that could not be written.
fn status_not_written(
    subject: &Subject,
    error: &ApiError,
    outcome: &mut Outcome,
    errors: &mut Vec<&'static str>,
) {
    let shown = for_log(error);
    match error {
        // Nobody will read it.
        ApiError::Terminating { .. } => return,
        // Written by somebody else at the same time, or deleted; or the next leader writes it.
        ApiError::Conflict { .. } | ApiError::NotFound { .. } | ApiError::NotLeading => {
            tracing::debug!(object = %subject.key, error = shown, "the status is not written yet");
        }
        ApiError::Forbidden { .. }
        | ApiError::Undecided { .. }
        | ApiError::Invalid { .. }
        | ApiError::NotAdmitted { .. }
        | ApiError::Busy { .. }
        | ApiError::Other { .. }
        | ApiError::Unreachable { .. } => {
            tracing::warn!(object = %subject.key, error = shown, "cannot write the status of a SealedSecret");
            errors.push("status");
        }
    }
    outcome.retries.push(error.retry());
}

/// What is shown in the metrics of an object that is still there.
#[derive(Default)]
struct Shown<'a> {
    synced: Option<bool>,
    drifted: bool,
    errors: &'a [&'static str],
}

/// Remembers and counts, unless the object is gone: both under one lock, so that a deleted object makes no series again.
fn remember(
    context: &Context,
    item: &WorkItem,
    task: &Task,
    outcome: Outcome,
    shown: &Shown<'_>,
) -> Option<Requeue> {
    let (key, config) = (&item.key, &context.config);
    let policy = Policy {
        skip_recreate: config.skip_recreate,
        quick_retries: config.quick_retries,
        priority: item.priority,
    };
    let mut inner = context.index.lock();
    let instance = inner.of_task(key, task)?.instance().to_owned();
    if shown.synced.is_some() {
        context.metrics.set_condition(key, &instance, shown.synced);
    }
    if shown.drifted {
        context.metrics.drift.with_label_values(&[key.namespace()]).inc();
    }
    for reason in shown.errors {
        context.metrics.unseal_errors.with_label_values(&[reason, key.namespace()]).inc();
    }
    // The keys are looked at under the lock: whoever adds one wakes what waits for it only afterwards.
    inner.conclude(key, task, outcome, &context.keys.snapshot(), policy)
}

/// What a success did.
struct Success<'a> {
    wrote: bool,
    repaired: bool,
    opened: Opened<'a>,
}

async fn succeed(
    context: &Arc<Context>,
    subject: &Subject,
    task: &Task,
    outcome: &mut Outcome,
    success: Success<'_>,
) -> Result<Option<u64>, ApiError> {
    let Success { wrote, repaired, opened } = success;
    let odd = opened.remark.map(Remark::message).unwrap_or_default();
    let said = digest(&["Unsealed", &odd, &format!("{:?}", subject.generation)]);
    outcome.told = Some(said);
    let is_new = wrote
        || match task.told {
            // Without a status to compare with, a new generation that we saw ourselves is new too.
            Some(told) => told != said,
            None => context.config.update_status && !writer::is_reported(subject, Ok(opened)),
        };
    if is_new {
        tracing::info!(object = %subject.key, wrote, "unsealed");
        if opened.remark.is_some() {
            tracing::warn!(object = %subject.key, "{}", for_log(&odd));
        }
    }
    let unsealed = subject.note(Kind::Normal, "Unsealed", "SealedSecret unsealed successfully".to_owned());
    let events = async {
        if repaired {
            context.events.record(drifted(subject, DRIFT_REPAIRED)).await;
        }
        if is_new {
            context.deferred.leave(&context.events, unsealed).await;
            if opened.remark.is_some() {
                let note = subject.note(Kind::Warning, remark::REASON, odd);
                context.events.record(note).await;
            }
        }
    };
    let (told, ()) = tokio::join!(write_status(context, subject, Ok(opened)), events);
    told
}

async fn fail(
    context: &Arc<Context>,
    subject: &Subject,
    task: &Task,
    outcome: &mut Outcome,
    failure: &Failure,
) -> Result<Option<u64>, ApiError> {
    let said =
        digest(&[failure.event_reason(), &failure.event_message(), &format!("{:?}", subject.generation)]);
    let known = context.config.update_status && writer::is_reported(subject, Err(failure));
    let events = async {
        if task.told != Some(said) && !known {
            tracing::warn!(object = %subject.key, "{}", for_log(failure));
            let note = subject.note(Kind::Warning, failure.event_reason(), failure.event_message());
            return context.events.record(note).await;
        }
        true
    };
    let (told, recorded) = tokio::join!(write_status(context, subject, Err(failure)), events);
    // The next try tells it, if there is one.
    outcome.told = if recorded { Some(said) } else { task.told };
    told
}

async fn write_status(
    context: &Context,
    subject: &Subject,
    verdict: Verdict<'_>,
) -> Result<Option<u64>, ApiError> {
    if context.config.update_status {
        writer::write_status(&context.client, subject, verdict).await
    } else {
        Ok(None)
    }
}

/// A failure that names every item would make a line of any length.
fn for_log(error: &impl ToString) -> String {
    shortened(error.to_string(), LONGEST_LOGGED)
}

fn drifted(subject: &Subject, what: &str) -> Note {
    let message = format!("The Secret {:?} was changed by somebody else; {what}", subject.key.name());
    subject.note(Kind::Warning, "Drifted", message)
}

/// Bytes.
const LONGEST_LOGGED: usize = 1024;
const DRIFT_LEFT: &str = "it stays so until the SealedSecret changes or the controller restarts: annotate the \
    SealedSecret with sealedsecrets.bitnami.com/repair-drift: \"true\" to have it put back";
const DRIFT_REPAIRED: &str = "it was put back";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_is_short_whatever_failed() {
        assert_eq!(for_log(&"ä".repeat(100_000)).len(), LONGEST_LOGGED - 1);
        assert_eq!(for_log(&"it failed"), "it failed");
    }
}
