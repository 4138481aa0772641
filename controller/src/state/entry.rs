//! One SealedSecret as the controller remembers it: pure, without clock or I/O.
//!
//! # Expected flow
//! ```text
//! observe ─▶ (queue) ─▶ begin ─▶ … the worker opens, writes and tells … ─▶ conclude ─▶ (requeue)
//!                         └───▶ abandon, when nobody wants the outcome any more
//! ```
//! # Guarantees
//! - Fields change in these transitions only, under the lock of the index.
//! - What happens to the Secret and to the keys while a worker has the object is kept, and compared with the outcome in
//!   [`Entry::conclude`], under the lock that guards both: no change falls in between.
//! - The reason for a reconcile outlives a failed one: an edit that was seen and could not be read is still an edit in
//!   the next try.
//!
//! # Assumptions
//! The queue gives an object to one worker at a time.

use sealed_secrets_core::{Fingerprint, Scope, SealedSecret};

pub use super::sync_state::State;
use super::{
    conclusion::{Outcome, Policy, Requeue, requeue},
    secret::{Ownership, SecretEvent, Version},
    sighting::Sighting,
};
use crate::{
    capacity::{
        pool::{Cancel, Priority},
        weight,
    },
    keys::store::Snapshot,
};

/// One SealedSecret. See the module's documentation for who may change it, and when.
#[derive(Debug)]
pub struct Entry {
    uid: Box<str>,
    generation: Option<i64>,
    /// By its annotations: a change alters the outcome, yet not the generation.
    scope: Scope,
    repair: bool,
    deleting: bool,
    instance: Box<str>,
    state: State,
    /// The Secret was merged into, and is not ours.
    merged: bool,
    attempts: u32,
    told: Option<u64>,
    status_version: u64,
    keys: Vec<(Fingerprint, u64)>,
    cause: Cause,
    work: Work,
    cancel: Cancel,
    /// About how many bytes it takes as the API server gives it.
    pub(super) bytes: usize,
    /// The object as the watch brought it, while there is room.
    pub(super) pending: Option<Box<SealedSecret>>,
}

/// Why an object is reconciled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its Secret changed, not by our hand, or only its status is to be written: an edit is not overwritten.
    SecretChanged,
    /// Anything else: the object, the keys, a restart, a deleted Secret.
    Due,
}

/// Whether a worker has the object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Work {
    #[default]
    Idle,
    /// This is the last that happened to its Secret meanwhile.
    Running(Option<SecretEvent>),
}

/// What a worker needs to know of an object.
#[derive(Debug)]
pub struct Task {
    /// Its uid.
    pub uid: Box<str>,
    /// Why it is reconciled.
    pub cause: Cause,
    /// Whether drift is to be repaired.
    pub repair: bool,
    /// It is being deleted: its Secret is kept up to date, but not made.
    pub deleting: bool,
    /// How it stood.
    pub state: State,
    /// Failed tries since all was as it should be.
    pub attempts: u32,
    /// What the last Event said.
    pub told: Option<u64>,
    /// Keys that opened it before, with the number of items.
    pub keys: Vec<(Fingerprint, u64)>,
    /// Tells when nobody wants the outcome any more.
    pub cancel: Cancel,
}

impl Entry {
    pub(super) fn new(seen: Sighting) -> Self {
        Self {
            uid: seen.uid,
            generation: seen.generation,
            scope: seen.scope,
            repair: seen.repair,
            deleting: seen.deleting,
            instance: seen.instance,
            state: State::Unknown,
            merged: false,
            attempts: 0,
            told: None,
            status_version: 0,
            keys: Vec::new(),
            cause: if seen.deleting { Cause::SecretChanged } else { Cause::Due },
            work: Work::Idle,
            cancel: Cancel::default(),
            bytes: 0,
            pending: None,
        }
    }

    /// Takes in the same object as it is now, and says whether it is to be reconciled.
    pub(super) fn observe(&mut self, seen: Sighting) -> Option<Priority> {
        // The API server counts the begin of a deletion as a generation of its own.
        let ends = seen.deleting && !self.deleting;
        let known = if ends { self.generation.map(|number| number + 1) } else { self.generation };
        let changed = known != seen.generation || self.scope != seen.scope;
        let asks_repair = seen.repair && !self.repair && matches!(self.state, State::Drifted(_));
        self.generation = seen.generation;
        self.scope = seen.scope;
        self.repair = seen.repair;
        self.deleting = seen.deleting;
        self.instance = seen.instance;
        if changed || ends {
            self.cancel.cancel();
        }
        if ends {
            self.cause = Cause::SecretChanged;
        }
        if changed || (asks_repair && !self.deleting) {
            self.need_reconcile();
            return Some(Priority::Fresh);
        }
        None
    }

    /// Something other than its Secret makes it due, with all its tries.
    pub fn need_reconcile(&mut self) {
        (self.attempts, self.cause) = (0, Cause::Due);
    }

    /// A worker takes the object; `None` when there is nothing to do.
    pub fn begin(&mut self) -> Option<Task> {
        if self.deleting && self.cause == Cause::SecretChanged {
            return None;
        }
        self.work = Work::Running(None);
        self.cancel = Cancel::default();
        Some(Task {
            uid: self.uid.clone(),
            cause: std::mem::replace(&mut self.cause, Cause::SecretChanged),
            repair: self.repair,
            deleting: self.deleting,
            state: self.state.clone(),
            attempts: self.attempts,
            told: self.told,
            keys: self.keys.clone(),
            cancel: self.cancel.clone(),
        })
    }

    /// The worker ends without an outcome, and there will be a next. A Secret that was deleted meanwhile is one that the
    /// next makes again.
    pub fn abandon(&mut self, task: &Task, skip_recreate: bool) {
        self.keep_cause(task);
        if let Work::Running(Some(event)) = std::mem::take(&mut self.work) {
            self.needs_reconcile(&event, skip_recreate);
        }
    }

    /// The cause outlives a try that came to nothing, unless the object is being deleted since.
    fn keep_cause(&mut self, task: &Task) {
        if self.deleting == task.deleting {
            self.cause = self.cause.max(task.cause);
        }
    }

    /// A panic struck while a worker had it: it rests until it changes.
    pub fn rest(&mut self) {
        (self.state, self.work) = (State::Faulty, Work::Idle);
    }

    /// Takes in what happened to the Secret, and says whether the object is to be reconciled for that.
    pub fn observe_secret(&mut self, event: SecretEvent, skip_recreate: bool) -> Option<Priority> {
        if self.deleting {
            return None;
        }
        match &mut self.work {
            Work::Running(meanwhile) => {
                *meanwhile = Some(event);
                None
            }
            Work::Idle => self.needs_reconcile(&event, skip_recreate),
        }
    }

    /// The worker ends with an outcome; says when the object comes again.
    pub fn conclude(
        &mut self,
        task: &Task,
        outcome: Outcome,
        now: &Snapshot,
        policy: Policy,
    ) -> Option<Requeue> {
        let done = matches!(outcome.state, Some(State::Synced(_) | State::Drifted(_)));
        if !done {
            self.keep_cause(task);
        }
        if let Some(state) = outcome.state {
            self.state = state;
        }
        if let Some(merged) = outcome.merged {
            self.merged = merged;
        }
        if let Some(keys) = outcome.keys {
            self.keys = keys;
        }
        self.told = outcome.told;
        self.status_version = outcome.status_version.unwrap_or(self.status_version);
        let by_secret = match std::mem::take(&mut self.work) {
            Work::Running(Some(event)) => self.needs_reconcile(&event, policy.skip_recreate),
            Work::Running(None) | Work::Idle => None,
        };
        let by_keys = if outcome.ring == now.generation { None } else { self.needs_other_keys(now) };
        // Asked for while the worker decided to leave the edit alone.
        let asks_repair =
            self.repair && !task.repair && !self.deleting && matches!(self.state, State::Drifted(_));
        let by_repair = asks_repair.then_some(Priority::Fresh);
        if by_keys.is_some() || by_repair.is_some() {
            self.cause = Cause::Due;
        }
        requeue(by_secret.max(by_keys).max(by_repair), &outcome.retries, &mut self.attempts, policy)
    }

    fn needs_reconcile(&mut self, event: &SecretEvent, skip_recreate: bool) -> Option<Priority> {
        let (cause, priority) = match event {
            SecretEvent::Exists(version, ownership) => self.reaction(version, ownership)?,
            SecretEvent::Deleted(ownership) if self.should_recreate(ownership.as_ref(), skip_recreate) => {
                self.attempts = 0;
                (Cause::Due, Priority::Fresh)
            }
            SecretEvent::Deleted(_) => return None,
        };
        self.cause = self.cause.max(cause);
        Some(priority)
    }

    fn reaction(&self, version: &Version, ownership: &Ownership) -> Option<(Cause, Priority)> {
        match &self.state {
            State::Synced(ours) | State::Drifted(ours) if ours.uid != version.uid => {
                Some((Cause::Due, Priority::Fresh))
            }
            State::Synced(ours) | State::Drifted(ours) => {
                version.is_later_than(ours).then_some((Cause::SecretChanged, Priority::Verify))
            }
            State::WaitsForSecret(before) if before != ownership => Some((Cause::Due, Priority::Fresh)),
            State::WaitsForSecret(_)
            | State::Unknown
            | State::WaitsForKey
            | State::Failed
            | State::Faulty => None,
        }
    }

    /// Whether a deleted Secret is made again.
    fn should_recreate(&self, ownership: Option<&Ownership>, skip_recreate: bool) -> bool {
        match &self.state {
            // It stood in the way.
            State::WaitsForSecret(_) => true,
            State::Synced(_) | State::Drifted(_) => {
                // Compat: a Secret that was only merged into belongs to whoever deleted it.
                let ours = ownership.map_or(!self.merged, |ownership| ownership.is_of(&self.uid));
                !skip_recreate && ours
            }
            // What the API server refused to write over may be what was deleted.
            State::Failed => !skip_recreate && ownership.is_some_and(|ownership| ownership.is_of(&self.uid)),
            State::Unknown | State::WaitsForKey | State::Faulty => false,
        }
    }

    /// Whether keys other than those that were used could give another outcome.
    fn needs_other_keys(&self, now: &Snapshot) -> Option<Priority> {
        match &self.state {
            State::Synced(_) | State::Drifted(_) => {
                self.keys.iter().any(|(key, _)| now.ring.get(key).is_none()).then_some(Priority::Verify)
            }
            State::WaitsForKey | State::WaitsForSecret(_) | State::Failed => Some(Priority::Fresh),
            State::Unknown | State::Faulty => None,
        }
    }
}

/// What others may know.
impl Entry {
    /// Its uid.
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// Its label `app.kubernetes.io/instance`.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// How it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Why it is reconciled next.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// It is being deleted.
    pub fn is_deleting(&self) -> bool {
        self.deleting
    }

    /// Keys that its items are sealed to, with the number of items.
    pub fn keys(&self) -> &[(Fingerprint, u64)] {
        &self.keys
    }

    /// Whether its Secret is there for all we know, or is being written.
    pub(super) fn has_secret(&self) -> bool {
        match &self.state {
            State::Synced(_) | State::Drifted(_) | State::WaitsForSecret(_) => true,
            State::Unknown | State::WaitsForKey | State::Failed | State::Faulty => self.work != Work::Idle,
        }
    }

    /// Whether an object is the one that was seen last.
    pub(super) fn is_as_seen(&self, object: &SealedSecret) -> bool {
        object.metadata.uid.as_deref() == Some(&*self.uid)
            && object.metadata.generation == self.generation
            && object.scope() == self.scope
    }

    /// Whether an object is older than the last status that we wrote: then its status is not the one to compare with.
    pub(super) fn is_outdated(&self, object: &SealedSecret) -> bool {
        let version = object.metadata.resource_version.as_deref().and_then(|text| text.parse::<u64>().ok());
        version.is_some_and(|version| version < self.status_version)
    }

    /// Remembers how large the object is now.
    pub fn set_size(&mut self, object: &SealedSecret) {
        self.bytes = weight::of(object);
    }

    /// About how many bytes reconciling it takes: as it waits, or as it will be fetched.
    pub fn in_work(&self) -> usize {
        self.pending.as_deref().map_or(self.bytes, weight::of)
    }

    /// Whether it waits with its content.
    pub fn is_kept(&self) -> bool {
        self.pending.is_some()
    }

    /// Nobody wants the outcome of the worker that has it.
    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }
}
