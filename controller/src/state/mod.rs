//! What is remembered of SealedSecrets and Secrets, and which of them are due.

pub mod conclusion;
pub mod entry;
pub mod existing;
pub mod index;
pub mod key;
pub mod queue;
pub mod secret;
pub mod sighting;
pub mod sync_state;
