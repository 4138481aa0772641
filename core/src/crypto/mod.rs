//! One value, sealed and opened: the v1 envelope.
//!
//! ```text
//! u16 big-endian length ‖ RSA-OAEP-SHA256(label, session key) ‖ AES-GCM(session key, value)
//! ```

pub mod base64;
pub(crate) mod der;
mod envelope;
mod fingerprint;
mod gcm;
pub(crate) mod oaep;

pub use envelope::OpenFailure;
pub(crate) use envelope::{block_len, open, seal};
pub use fingerprint::Fingerprint;
