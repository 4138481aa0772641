//! Sealing keys: the public half that seals, pairs that open, and the ring of them.

pub mod certificate;
mod generate;
mod pair;
mod private;
pub mod recovery;
pub mod renewal;
mod ring;
mod sealing;
pub mod secret;
mod strict;

pub use certificate::{Certificate, CertificateError};
pub use generate::KeySpec;
pub use pair::KeyPair;
pub use private::KeyError;
pub use ring::{KeyRing, OpenError, Opened};
pub use sealing::SealingKey;
pub use secret::KeySecret;

pub use crate::crypto::{Fingerprint, OpenFailure};
