//! How a SealedSecret stands to its Secret.

use super::secret::{Ownership, Version};

/// How a SealedSecret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not reconciled yet.
    Unknown,
    /// Its Secret is as it should be, in this version.
    Synced(Version),
    /// Its Secret was edited, up to this version, and that was reported.
    Drifted(Version),
    /// Its items do not open with the keys at hand, or cost too much with them.
    WaitsForKey,
    /// A Secret with this ownership is in the way.
    WaitsForSecret(Ownership),
    /// Something else failed; retried by the clock.
    Failed,
    /// It led into a fault of ours: it rests until it changes.
    Faulty,
}
