//! Sealing and unsealing of Kubernetes Secrets: the domain, without I/O, clock or logs.

pub mod crypto;
pub mod keys;
pub mod manifest;
pub mod merge;
pub mod names;
pub mod plaintext;
pub mod reseal;
pub mod scope;
pub mod seal;
pub mod sealed_secret;
pub mod secret;
pub mod unseal;

pub use keys::{Fingerprint, KeyPair, KeyRing, SealingKey};
pub use plaintext::Plaintext;
pub use scope::{Label, Scope};
pub use sealed_secret::SealedSecret;
pub use secret::Secret;
