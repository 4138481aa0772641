//! Fingerprints of public keys, as `ssh-keygen -l -E sha256` prints them.

use std::fmt;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};

use super::rsa_der;

/// SHA-256 of a public key in its `ssh-rsa` wire form; prints as `SHA256:` and unpadded base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; SHA256_OUTPUT_LEN]);

impl Fingerprint {
    /// Of an RSA key given as `SubjectPublicKeyInfo`.
    pub(crate) fn of_spki(spki: &[u8]) -> Option<Self> {
        let (modulus, exponent) = rsa_der::rsa_numbers_of_spki(spki)?;
        let mut wire = Vec::with_capacity(modulus.len() + exponent.len() + 19);
        // DER integers and SSH's mpint agree: big-endian, two's complement, shortest form.
        for field in [b"ssh-rsa".as_slice(), exponent, modulus] {
            wire.extend_from_slice(&u32::try_from(field.len()).ok()?.to_be_bytes());
            wire.extend_from_slice(field);
        }
        digest(&SHA256, &wire).as_ref().try_into().ok().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", BASE64_STANDARD_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
