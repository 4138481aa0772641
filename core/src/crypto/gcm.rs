//! AES-GCM under a key that is used once.
//!
//! The nonce is twelve zero bytes. That is safe for one reason only: every value has a random
//! session key of its own, so no pair of key and nonce ever meets two values. [`SessionKey`] is
//! consumed by its use and cannot be cloned, so the type system keeps it that way.

use aws_lc_rs::{
    aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey},
    rand,
};
use zeroize::Zeroizing;

pub(crate) const TAG_LEN: usize = 16;

/// Key of one value.
pub(crate) struct SessionKey {
    bytes: Zeroizing<[u8; 32]>,
    algorithm: &'static Algorithm,
}

impl SessionKey {
    /// A new key for AES-256.
    pub(crate) fn random() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(&mut *bytes).expect("random bytes from the system");
        Self { bytes, algorithm: &AES_256_GCM }
    }

    /// A key of 16, 24 or 32 bytes, as the reference accepts.
    pub(crate) fn from_unwrapped(unwrapped: &[u8]) -> Option<Self> {
        let algorithm = match unwrapped.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            _ => return None,
        };
        let mut bytes = Zeroizing::new([0; 32]);
        bytes[..unwrapped.len()].copy_from_slice(unwrapped);
        Some(Self { bytes, algorithm })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.key_len()]
    }

    fn cipher(self) -> LessSafeKey {
        let key = UnboundKey::new(self.algorithm, self.as_bytes()).expect("a key of the algorithm's length");
        LessSafeKey::new(key)
    }
}

/// Appends the ciphertext of `value` and its tag; `out` is large enough, so that no copy is left behind.
pub(crate) fn seal_onto(out: &mut Vec<u8>, session: SessionKey, value: &[u8]) {
    let start = out.len();
    out.reserve(value.len() + TAG_LEN);
    out.extend_from_slice(value);
    let tag = session
        .cipher()
        .seal_in_place_separate_tag(zero_nonce(), Aad::empty(), &mut out[start..])
        .expect("a value that fits in memory is short enough for AES-GCM");
    out.extend_from_slice(tag.as_ref());
}

/// Opens ciphertext and tag.
pub(crate) fn open(session: SessionKey, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (ciphertext, tag) = body.split_at_checked(body.len().checked_sub(TAG_LEN)?)?;
    let mut value = Zeroizing::new(vec![0; ciphertext.len()]);
    let opened =
        session.cipher().open_separate_gather(zero_nonce(), Aad::empty(), ciphertext, tag, &mut value);
    opened.is_ok().then_some(value)
}

fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}
