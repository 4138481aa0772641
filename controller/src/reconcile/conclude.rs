//! What follows from a reconcile: remembered, told, counted and, if need be, tried again.

use std::{sync::Arc, time::Duration};

use sealed_secrets_core::Fingerprint;

use super::{
    Task,
    apply::Applied,
    outcome::{Failure, Retry},
    retry,
};
use crate::{
    api::error::ApiError,
    context::Context,
    report::{
        events::{Kind, Note, digest},
        status,
        tell::{self, Subject},
    },
    state::{
        index::{Cause, Looks, State},
        key::Key,
    },
};

/// What a reconcile found and did.
pub(super) struct Finding {
    /// What became of the Secret.
    pub(super) applied: Applied,
    /// Keys that opened the items; `None` when they did not open.
    pub(super) keys: Option<Vec<(Fingerprint, u64)>>,
    /// Generation of the ring that was tried.
    pub(super) generation: u64,
}

impl Finding {
    /// Nothing was written.
    pub(super) fn failed(failure: Failure, generation: u64) -> Self {
        Self { applied: Applied::Failed(failure, Looks::default()), keys: None, generation }
    }
}

/// The outcome is not wanted any more: nothing is told, and the next turn finds the object as it is then.
pub(super) fn abandon(context: &Context, key: &Key, task: &Task) {
    let mut inner = context.index.lock();
    // An object made anew under the same name has a turn of its own.
    if let Some(entry) = inner.objects.get_mut(key).filter(|entry| entry.uid == task.uid) {
        entry.abandon();
        if !task.drift {
            entry.cause = Cause::Due;
        }
    }
}

/// A turn panicked where its object could not be told: it rests until it changes. Gives the cost of the turn.
pub(super) fn rest(context: &Context, key: &Key) -> Duration {
    tracing::error!(object = %key, "{}", Failure::Internal);
    let cost = context.index.with(key, |entry| {
        entry.state = State::Faulty;
        entry.abandon();
        entry.cancel.spent()
    });
    cost.unwrap_or_default()
}

/// Remembers, tells, counts and plans the next try.
pub(super) async fn conclude(context: &Arc<Context>, subject: Subject, task: &Task, finding: Finding) {
    let generation = finding.generation;
    if let Some(keys) = finding.keys {
        context.index.lock().remember_keys(&subject.key, keys);
    }
    match finding.applied {
        Applied::Right { version, wrote, differed } => {
            let repaired = task.drift && differed;
            settle(context, &subject, generation, State::Synced(version));
            if repaired {
                context.metrics.drift.with_label_values(&[subject.key.namespace()]).inc();
            }
            succeed(context, subject, wrote, repaired).await;
        }
        Applied::LeftAlone(version) => {
            let news = settle(context, &subject, generation, State::Drifted(version));
            if news {
                context.metrics.drift.with_label_values(&[subject.key.namespace()]).inc();
                context.events.tell(drifted(&subject, DRIFT_LEFT)).await;
            }
        }
        Applied::Failed(failure, looks) => {
            settle(context, &subject, generation, failure.state(looks));
            fail(context, subject, &failure).await;
        }
    }
}

/// The object itself could not be read.
pub(super) fn unreadable(context: &Context, key: &Key, error: &ApiError) {
    let shown = for_log(error);
    tracing::warn!(object = %key, error = shown, "cannot read a SealedSecret");
    context.metrics.unseal_errors.with_label_values(&["fetch", key.namespace()]).inc();
    let wait = match error {
        ApiError::Busy { after } => Retry::After(*after),
        ApiError::Forbidden { .. }
        | ApiError::Terminating { .. }
        | ApiError::NotFound { .. }
        | ApiError::Conflict { .. }
        | ApiError::Invalid { .. }
        | ApiError::Other { .. }
        | ApiError::Unreachable { .. } => Retry::Backoff,
    };
    again(context, key, wait);
}

async fn succeed(context: &Arc<Context>, subject: Subject, wrote: bool, repaired: bool) {
    context.metrics.set_condition(&subject.key, &instance(context, &subject.key), Some(true));
    let changed = !tell::is_told(&subject, None);
    // Without a status to compare with, a new generation that we saw ourselves is news too.
    let regenerated = context.index.with(&subject.key, |entry| {
        let said = digest(&["Unsealed", &format!("{:?}", subject.generation)]);
        let news = entry.told.is_some_and(|told| told != said);
        entry.told = Some(said);
        news
    });
    let news = wrote || (changed && context.config.update_status) || regenerated == Some(true);
    if news {
        tracing::info!(object = %subject.key, wrote, "unsealed");
    }
    let unsealed = subject.note(Kind::Normal, "Unsealed", "SealedSecret unsealed successfully".to_owned());
    let drifted = repaired.then(|| drifted(&subject, DRIFT_REPAIRED));
    let key = subject.key.clone();
    let events = async {
        if let Some(note) = drifted {
            context.events.tell(note).await;
        }
        if news {
            context.good_news.leave(&context.events, unsealed).await;
        }
    };
    let (told, ()) = tokio::join!(status(context, subject, None), events);
    retry_status(context, &key, told);
}

async fn fail(context: &Arc<Context>, subject: Subject, failure: &Failure) {
    let key = subject.key.clone();
    context.metrics.unseal_errors.with_label_values(&[failure.metric(), key.namespace()]).inc();
    if failure.is_worth_telling() {
        context.metrics.set_condition(&key, &instance(context, &key), Some(false));
        let said =
            digest(&[failure.event_reason(), &failure.event_message(), &format!("{:?}", subject.generation)]);
        let repeated = context.index.with(&key, |entry| entry.told.replace(said) == Some(said)) == Some(true);
        let known = context.config.update_status && tell::is_told(&subject, Some(failure));
        let note = subject.note(Kind::Warning, failure.event_reason(), failure.event_message());
        let events = async {
            if !repeated && !known {
                tracing::warn!(object = %key, "{}", for_log(failure));
                context.events.tell(note).await;
            }
        };
        let (told, ()) = tokio::join!(status(context, subject, Some(failure)), events);
        retry_status(context, &key, told);
    } else {
        tracing::info!(object = %key, "{}; trying again", for_log(failure));
    }
    if let Some(retry) = failure.retry() {
        again(context, &key, retry);
    }
}

async fn status(context: &Context, subject: Subject, failure: Option<&Failure>) -> Result<(), ApiError> {
    if context.config.update_status { tell::write_status(context, subject, failure).await } else { Ok(()) }
}

fn retry_status(context: &Context, key: &Key, told: Result<(), ApiError>) {
    let Err(error) = told else { return };
    if matches!(error, ApiError::Terminating { .. }) {
        return;
    }
    let shown = for_log(&error);
    tracing::warn!(object = %key, error = shown, "cannot write the status of a SealedSecret");
    context.metrics.unseal_errors.with_label_values(&["status", key.namespace()]).inc();
    context.index.with(key, |entry| entry.cause = Cause::Due);
    again(context, key, Retry::Backoff);
}

/// Remembers how an object stands; says whether that is new. What its Secret and the keys did meanwhile is
/// looked at in another turn, at once.
fn settle(context: &Context, subject: &Subject, generation: u64, state: State) -> bool {
    let mut inner = context.index.lock();
    // An object made anew under the same name has a turn of its own.
    let Some(entry) = inner.objects.get_mut(&subject.key).filter(|entry| *entry.uid == *subject.uid) else {
        return false;
    };
    let news = entry.state != state;
    // The keys are looked at under the lock: whoever adds one wakes what waits for it only afterwards.
    let due = entry.settle(state, generation, &context.keys.snapshot(), context.config.skip_recreate);
    drop(inner);
    if let Some(priority) = due {
        context.queue.push(&subject.key, priority);
    }
    news
}

fn again(context: &Context, key: &Key, retry: Retry) {
    let attempt = context.index.with(key, |entry| {
        entry.attempts = entry.attempts.saturating_add(1);
        entry.cause = Cause::Due;
        entry.attempts
    });
    if let Some(attempt) = attempt {
        context.queue.push_later(key, retry::wait(retry, attempt, context.config.quick_retries));
    }
}

/// A failure that names every item would make a line of any length.
fn for_log(error: &impl ToString) -> String {
    status::shortened(error.to_string(), LONGEST_LOGGED)
}

fn instance(context: &Context, key: &Key) -> Box<str> {
    context.index.with(key, |entry| entry.instance.clone()).unwrap_or_default()
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
