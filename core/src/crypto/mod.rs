//! One value, sealed and opened: the v1 envelope.
//!
//! ```text
//! u16 big-endian length ‖ RSA-OAEP-SHA256(label, session key) ‖ AES-GCM(session key, value)
//! ```

mod envelope;
mod fingerprint;
mod gcm;
pub(crate) mod oaep;
pub(crate) mod rsa_der;

pub use envelope::OpenFailure;
pub(crate) use envelope::{block_len, open, seal};
pub use fingerprint::Fingerprint;
