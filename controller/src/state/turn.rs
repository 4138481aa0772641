//! Pure: one turn of an object, and what happens to its Secret and to the keys while it lasts.
//!
//! What a change means depends on how the object stands, and while it is being worked on nobody knows that.
//! So the change is kept, and weighed the moment the outcome is known: under the lock that guards both, so
//! that none falls in between.

use crate::{
    capacity::pool::{Cancel, Priority},
    keys::store::Snapshot,
    state::index::{Cause, Entry, Looks, State, Version},
};

/// What the watch showed of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It exists, in this version and like this.
    Is(Version, Looks),
    /// It is gone; it looked like this, where that is known.
    Gone(Option<Looks>),
}

/// Whether an object is being worked on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// It is not.
    #[default]
    Idle,
    /// It is; this is the last that was shown of its Secret meanwhile.
    Running(Option<Sign>),
}

impl Entry {
    /// A turn begins; gives the token that tells when nobody wants its outcome any more.
    pub fn begin(&mut self) -> Cancel {
        self.work = Work::Running(None);
        self.cancel = Cancel::default();
        self.cancel.clone()
    }

    /// A turn ends without an outcome. What happened meanwhile is seen in the next one, which looks at everything.
    pub fn abandon(&mut self) {
        self.work = Work::Idle;
    }

    /// Takes in what the Secret does, and says whether the object is due for that.
    pub fn hear(&mut self, sign: Sign, skip_recreate: bool) -> Option<Priority> {
        match &mut self.work {
            Work::Running(meanwhile) => {
                *meanwhile = Some(sign);
                None
            }
            Work::Idle => self.weigh(&sign, skip_recreate),
        }
    }

    /// A turn ends with this outcome, found with the keys of generation `used`; says whether the object is
    /// due again at once for what happened meanwhile.
    pub fn settle(
        &mut self,
        state: State,
        used: u64,
        now: &Snapshot,
        skip_recreate: bool,
    ) -> Option<Priority> {
        if matches!(state, State::Synced(_) | State::Drifted(_)) {
            self.attempts = 0;
        }
        self.state = state;
        let by_secret = match std::mem::take(&mut self.work) {
            Work::Running(Some(sign)) => self.weigh(&sign, skip_recreate),
            Work::Running(None) | Work::Idle => None,
        };
        let by_keys = if used == now.generation { None } else { self.weigh_keys(now) };
        if by_keys.is_some() {
            self.cause = Cause::Due;
        }
        by_secret.max(by_keys)
    }

    fn weigh(&mut self, sign: &Sign, skip_recreate: bool) -> Option<Priority> {
        let (cause, priority) = match sign {
            Sign::Is(version, looks) => reaction(self, version, looks)?,
            Sign::Gone(looks) if returns(self, looks.as_ref(), skip_recreate) => {
                self.attempts = 0;
                (Cause::Due, Priority::Fresh)
            }
            Sign::Gone(_) => return None,
        };
        self.cause = self.cause.max(cause);
        Some(priority)
    }

    /// Whether keys other than those that were used could give another outcome.
    fn weigh_keys(&self, now: &Snapshot) -> Option<Priority> {
        match &self.state {
            State::Synced(_) | State::Drifted(_) => {
                self.keys.iter().any(|(key, _)| now.ring.get(key).is_none()).then_some(Priority::Verify)
            }
            State::WaitsForKey | State::WaitsForSecret(_) | State::Failed => Some(Priority::Fresh),
            State::Unknown | State::Faulty => None,
        }
    }
}

/// Whether a Secret that looks like this makes its SealedSecret due.
pub fn reaction(entry: &Entry, version: &Version, looks: &Looks) -> Option<(Cause, Priority)> {
    match &entry.state {
        State::Synced(ours) | State::Drifted(ours) if ours.uid != version.uid => {
            Some((Cause::Due, Priority::Fresh))
        }
        State::Synced(ours) | State::Drifted(ours) => {
            if !version.is_later_than(ours) {
                return None;
            }
            Some((Cause::SecretChanged, Priority::Verify))
        }
        State::WaitsForSecret(before) if before != looks => Some((Cause::Due, Priority::Fresh)),
        State::WaitsForSecret(_) | State::Unknown | State::WaitsForKey | State::Failed | State::Faulty => {
            None
        }
    }
}

/// Whether a deleted Secret is made again.
pub fn returns(entry: &Entry, looks: Option<&Looks>, skip_recreate: bool) -> bool {
    match &entry.state {
        // It stood in the way.
        State::WaitsForSecret(_) => true,
        State::Synced(_) | State::Drifted(_) => {
            // Compat: a Secret that was only merged into belongs to whoever deleted it.
            let ours = looks.is_none_or(|looks| {
                looks.managed || looks.ownerless || looks.owner.as_ref() == Some(&entry.uid)
            });
            !skip_recreate && ours
        }
        State::Unknown | State::WaitsForKey | State::Failed | State::Faulty => false,
    }
}
