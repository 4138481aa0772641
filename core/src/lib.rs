//! Sealing and unsealing of Kubernetes Secrets: the domain, without I/O, clock or logs.
//!
//! A *Secret* is sealed with a cluster's certificate ([`SealingKey`]) into a *[`SealedSecret`]*, which is
//! safe to publish; only a holder of the private key ([`KeyPair`], [`KeyRing`]) can turn it back, and only
//! into the Secret of the namespace and name that it was sealed for ([`Scope`], [`Label`]).
//!
//! ```text
//! seal:    text ▶ manifest ▶ Secret ▶ seal::Sealable ▶ seal::seal ▶ SealedSecret ▶ manifest ▶ text
//! unseal:  SealedSecret + KeyRing ▶ unseal::unseal ▶ Secret, or every item's error with its reason
//! renew:   SealedSecret + KeyRing ▶ reseal::reseal ▶ SealedSecret of the newest key
//! ```
//!
//! Whatever depends on the world is an argument: the instant, the random bytes of templates, the text of a
//! file. Only new keys, session keys and RSA padding take their random bytes from the system themselves.
//! Plaintext lives in [`Plaintext`], which is wiped and cannot be printed.

pub mod names;
pub mod nearest;
pub mod scope;
pub mod wrap;

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
