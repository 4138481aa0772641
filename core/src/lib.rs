//! Sealing and unsealing of Kubernetes Secrets: the domain, without I/O, clock or logs.

pub mod names;
pub mod scope;
pub mod plaintext;
pub mod secret;
pub mod sealed_secret;
pub mod crypto;
pub mod keys;
pub mod manifest;
pub mod seal;
pub mod unseal;
pub mod reseal;
pub mod merge;

pub use keys::{Fingerprint, KeyPair, KeyRing, SealingKey};
pub use plaintext::Plaintext;
pub use scope::{Label, Scope};
pub use sealed_secret::SealedSecret;
pub use secret::Secret;
