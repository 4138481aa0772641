//! For whom work is done, and how soon.

use std::sync::Arc;

pub use crate::capacity::schedule::Lane;

/// What goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Only verified again: after a restart, a new list, a change of keys.
    Verify,
    /// Somebody waits for it.
    Fresh,
}

/// For whom work is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The class of work.
    pub lane: Lane,
    /// Who is served in turn with others of the lane: a namespace, or a caller.
    pub owner: Arc<str>,
}

impl Priority {
    /// Its lane.
    pub fn lane(self) -> Lane {
        match self {
            Self::Fresh => Lane::Fresh,
            Self::Verify => Lane::Verify,
        }
    }
}

impl Claim {
    /// Work for an object of a namespace.
    pub fn unseal(priority: Priority, namespace: &str) -> Self {
        Self { lane: priority.lane(), owner: namespace.into() }
    }

    /// Work for a caller on the service port.
    pub fn http(caller: impl Into<Arc<str>>) -> Self {
        Self { lane: Lane::Http, owner: caller.into() }
    }
}
