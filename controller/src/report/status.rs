//! Pure: the status that tells an outcome, or nothing when it already does.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use sealed_secrets_core::{
    SealedSecret,
    sealed_secret::{Condition, Status},
};

use super::{
    sealed_to::{self, SealedTo},
    shorten::{headline, shortened},
};
use crate::reconcile::{outcome::Failure, remark::Remark};

/// What became of an object.
pub type Verdict<'a> = Result<Opened<'a>, &'a Failure>;

/// What is told of a success.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opened<'a> {
    /// What is odd about it.
    pub remark: Option<&'a Remark>,
    /// The keys that its items are sealed to.
    pub sealed_to: Option<&'a SealedTo>,
}

/// What the three conditions say.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    synced: bool,
    stalled: bool,
    reason: &'static str,
    /// Of Synced: a short line and, behind a line break, the details. kubectl cuts a column at a line break, and a
    /// person sees one line for each object.
    message: String,
    /// Of the others: the short line, or what is odd about a success.
    beside: String,
    /// The last line of Ready: which keys the items are sealed to.
    keys: String,
}

/// The next status, or `None` when the old one already says so of this generation.
pub fn next(
    old: Option<&Status>,
    verdict: Verdict<'_>,
    generation: Option<i64>,
    now: Timestamp,
) -> Option<Status> {
    let words = Words::of(verdict);
    if old.is_some_and(|old| old.observed_generation == generation && words.are_told_by(old, true)) {
        return None;
    }
    let old = old.map_or(&[][..], |old| &old.conditions);
    let mut conditions = words.conditions(old, now);
    // Conditions of others survive, after ours: printer columns read index 0.
    conditions.extend(old.iter().filter(|c| !OURS.contains(&c.type_.as_str())).cloned());
    Some(Status { observed_generation: generation, conditions })
}

/// Whether the old status tells the outcome of this generation already; the names of keys may be others.
pub fn is_reported(old: Option<&Status>, verdict: Verdict<'_>, generation: Option<i64>) -> bool {
    let words = Words::of(verdict);
    old.is_some_and(|old| old.observed_generation == generation && words.are_told_by(old, false))
}

/// Whether this status says that the object's present generation was unsealed.
pub fn is_settled(object: &SealedSecret) -> bool {
    object.status.as_ref().is_some_and(|status| {
        let synced = |c: &Condition| c.type_ == SYNCED && c.status == truth(true);
        object.metadata.generation.is_some()
            && status.observed_generation == object.metadata.generation
            && status.conditions.first().is_some_and(synced)
    })
}

impl Words {
    fn of(verdict: Verdict<'_>) -> Self {
        let (message, beside) = match verdict {
            // Compat: tools and people read an empty message of Synced as "all is well".
            // Test: scenario `template-data`.
            Ok(opened) => (String::new(), opened.remark.map(Remark::message).unwrap_or_default()),
            Err(failure) => {
                let (first, details) = (failure.headline(), failure.message());
                let short = one_line(&first);
                let message = if short == details { details } else { format!("{short}\n{details}") };
                // The details stand once. Nobody puts dots behind what is cut here.
                let is_whole = first.lines().next().unwrap_or_default() == short;
                (message, if is_whole { short.to_owned() } else { format!("{short}...") })
            }
        };
        let keys = verdict.ok().and_then(|opened| opened.sealed_to).map(ToString::to_string);
        Self {
            synced: verdict.is_ok(),
            stalled: verdict.is_err_and(Failure::is_stalled),
            reason: verdict.map_or_else(Failure::event_reason, |_| "Unsealed"),
            message: shortened(message, LONGEST),
            beside: shortened(beside, LONGEST),
            keys: keys.unwrap_or_default(),
        }
    }

    fn are_told_by(&self, status: &Status, with_keys: bool) -> bool {
        let Some(first) = status.conditions.first() else { return false };
        let find = |type_: &str| status.conditions.iter().find(|c| c.type_ == type_);
        let says = |type_: &str, wanted: bool| match find(type_) {
            Some(condition) => condition.status == truth(wanted),
            // A status of the reference lacks these; a good one needs no write for that.
            None => self.synced,
        };
        let ready = find(READY).and_then(|ready| ready.message.as_deref()).unwrap_or_default();
        let (beside, keys) = sealed_to::split(ready);
        first.type_ == SYNCED
            && first.status == truth(self.synced)
            && first.message.as_deref().unwrap_or("") == self.message
            && says(READY, self.synced)
            && says(STALLED, self.stalled)
            && beside == self.beside
            // A status without the line is not written for its sake.
            && (!with_keys || keys.is_empty() || keys == self.keys)
    }

    fn ready(&self) -> String {
        let lines = [&*self.beside, &*self.keys];
        lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    fn conditions(&self, old: &[Condition], now: Timestamp) -> Vec<Condition> {
        let make = |type_: &str, is_true: bool, reason: &str, message: &str| {
            let old = old.iter().find(|c| c.type_ == type_);
            let since =
                old.filter(|c| c.status == truth(is_true)).and_then(|c| c.last_transition_time.clone());
            Condition {
                type_: type_.to_owned(),
                status: truth(is_true).to_owned(),
                last_update_time: Some(Time(now)),
                last_transition_time: Some(since.unwrap_or(Time(now))),
                reason: Some(reason.to_owned()),
                message: (!message.is_empty()).then(|| message.to_owned()),
            }
        };
        let stalled_reason = if self.stalled { self.reason } else { "Progressing" };
        vec![
            make(SYNCED, self.synced, self.reason, &self.message),
            make(READY, self.synced, self.reason, &self.ready()),
            make(STALLED, self.stalled, stalled_reason, if self.stalled { &self.beside } else { "" }),
        ]
    }
}

/// The first line of a text, short enough for a table of 100 columns. The details follow.
fn one_line(text: &str) -> &str {
    headline(text.lines().next().unwrap_or_default(), LONGEST_HEADLINE)
}

fn truth(is_true: bool) -> &'static str {
    if is_true { "True" } else { "False" }
}

const SYNCED: &str = "Synced";
const READY: &str = "Ready";
const STALLED: &str = "Stalled";
const OURS: [&str; 3] = [SYNCED, READY, STALLED];
/// Bytes: beside name, age and the other columns.
const LONGEST_HEADLINE: usize = 66;
/// Enough for hundreds of items, little enough for etcd.
const LONGEST: usize = 16 * 1024;
