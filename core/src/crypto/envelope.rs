//! The wire format of one sealed value, and the order in which its parts are made and opened.

use super::{
    gcm::{self, SessionKey},
    oaep::{PrivateKey, PublicKey},
};
use crate::{Label, Plaintext};

/// Which step of opening failed. Outwardly the reference tells none apart; this is for diagnosis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFailure {
    /// Fewer bytes than the length in front claims, or no length at all.
    #[error("the ciphertext is cut short")]
    TooShort,
    /// The RSA block does not open: another key, another label, or damage.
    #[error("the session key does not unwrap")]
    Rsa,
    /// The unwrapped session key fits no AES variant.
    #[error("the session key has {0} bytes")]
    SessionKeySize(usize),
    /// The session key unwrapped, so key and label are right, but the value is damaged.
    #[error("the value is damaged")]
    Damaged,
}

/// Seals one value. Panics only when the system gives no random bytes.
pub(crate) fn seal(key: &PublicKey, label: &Label, value: &[u8]) -> Vec<u8> {
    let session = SessionKey::random();
    let block = key.wrap(label, session.as_bytes());
    let length = u16::try_from(block.len()).expect("an RSA block of at most 8192 bits");
    let mut out = Vec::with_capacity(2 + block.len() + value.len() + gcm::TAG_LEN);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&block);
    gcm::seal_onto(&mut out, session, value);
    out
}

/// Opens one value with one key.
pub(crate) fn open(key: &PrivateKey, label: &Label, sealed: &[u8]) -> Result<Plaintext, OpenFailure> {
    let (block, body) = split(sealed)?;
    let unwrapped = key.unwrap(label, block).ok_or(OpenFailure::Rsa)?;
    let session =
        SessionKey::from_unwrapped(&unwrapped).ok_or(OpenFailure::SessionKeySize(unwrapped.len()))?;
    gcm::open(session, body).map(Plaintext::from).ok_or(OpenFailure::Damaged)
}

/// Length of the RSA block: which sizes of key are worth trying.
pub(crate) fn block_len(sealed: &[u8]) -> Result<usize, OpenFailure> {
    split(sealed).map(|(block, _)| block.len())
}

fn split(sealed: &[u8]) -> Result<(&[u8], &[u8]), OpenFailure> {
    let (length, rest) = sealed.split_first_chunk().ok_or(OpenFailure::TooShort)?;
    rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(OpenFailure::TooShort)
}
