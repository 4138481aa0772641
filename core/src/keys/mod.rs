//! Sealing keys: the public half that seals, pairs that open, and the ring of them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{Label, Plaintext};

/// `SHA256:` and the unpadded base64 of the SHA-256 of the `ssh-rsa` wire form of a public key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

/// The public half with its certificate: what seals.
#[derive(Clone, Debug)]
pub struct SealingKey {}

/// A certificate that cannot seal.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct CertificateError;

impl SealingKey {
    /// The first certificate of a PEM text; refuses one that is not RSA or has expired at `now`.
    pub fn from_pem(pem: &[u8], now: Timestamp) -> Result<Self, CertificateError> {
        let _ = (pem, now);
        todo!()
    }
    /// Seals one value: the raw envelope bytes.
    pub fn seal(&self, label: &Label, plaintext: &[u8]) -> Vec<u8> {
        let _ = (label, plaintext);
        todo!()
    }
    /// Fingerprint of the public key.
    pub fn fingerprint(&self) -> &Fingerprint {
        todo!()
    }
}

/// A private key with, where known, its certificate: what opens.
#[derive(Debug)]
pub struct KeyPair {}

/// A private key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct KeyError;

/// How to make a new key.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// RSA modulus in bits: 2048, 3072, 4096 or 8192.
    pub bits: u32,
    /// Lifetime of the certificate.
    pub lifetime: jiff::SignedDuration,
    /// Common name; empty leaves it out.
    pub common_name: String,
}

impl KeyPair {
    /// Makes a new key and its self-signed certificate, valid from `now`.
    pub fn generate(spec: &KeySpec, now: Timestamp) -> Result<Self, KeyError> {
        let _ = (spec, now);
        todo!()
    }
    /// The first private key of a PEM text (PKCS#1 or PKCS#8), without a certificate.
    pub fn from_private_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let _ = pem;
        todo!()
    }
    /// Fingerprint of the public key.
    pub fn fingerprint(&self) -> &Fingerprint {
        todo!()
    }
    /// The certificate chain as PEM, as served on `/v1/cert.pem`; empty when unknown.
    pub fn certificate_pem(&self) -> &[u8] {
        todo!()
    }
}

/// An immutable set of keys; a change makes a new ring, readers keep their `Arc`.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    pairs: Vec<Arc<KeyPair>>,
}

/// No key of the ring opens the value.
#[derive(Debug, thiserror::Error)]
#[error("no key could decrypt secret")]
pub struct OpenError;

impl KeyRing {
    /// Keys in the order of their registration; the newest is the one with the latest instant, the first of equals.
    pub fn new(pairs: Vec<Arc<KeyPair>>) -> Self {
        Self { pairs }
    }
    /// The key that seals.
    pub fn newest(&self) -> Option<&Arc<KeyPair>> {
        self.pairs.first()
    }
    /// Opens one envelope: keys named in `first` are tried first, then newest to oldest.
    pub fn open(
        &self,
        label: &Label,
        sealed: &[u8],
        first: &[Fingerprint],
    ) -> Result<(Plaintext, Fingerprint), OpenError> {
        let _ = (label, sealed, first);
        todo!()
    }
}
