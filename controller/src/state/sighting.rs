//! What the watch shows of a SealedSecret.

use sealed_secrets_core::{Scope, sealed_secret::Status};

use crate::capacity::pool::Priority;

/// What was seen of a SealedSecret.
pub struct Sighting {
    /// Its uid.
    pub uid: Box<str>,
    /// Its generation.
    pub generation: Option<i64>,
    /// Its scope.
    pub scope: Scope,
    /// Whether drift is to be repaired.
    pub repair: bool,
    /// It is being deleted.
    pub deleting: bool,
    /// Its label `app.kubernetes.io/instance`, for metrics.
    pub instance: Box<str>,
    /// Its status.
    pub status: Option<Status>,
}

impl Sighting {
    /// How urgent an object is that is seen first: one that was never reconciled goes before one whose status says
    /// that it was.
    pub(super) fn first_priority(&self) -> Option<Priority> {
        if self.deleting {
            return None;
        }
        let reconciled = self.status.as_ref().is_some_and(|status| {
            status.observed_generation == self.generation && !status.conditions.is_empty()
        });
        Some(if reconciled { Priority::Verify } else { Priority::Fresh })
    }
}
