//! The public half of a key: what seals.

use std::sync::Arc;

use golang::base64;
use jiff::Timestamp;

use super::certificate::{Certificate, CertificateError};
use crate::{
    Fingerprint, Label,
    crypto::{self, oaep::PublicKey},
};

/// The public half of a key with its certificate. Clones share one prepared key; any number of threads
/// may seal with it at once.
#[derive(Clone, Debug)]
pub struct SealingKey {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    key: PublicKey,
    certificate: Certificate,
}

impl SealingKey {
    /// The first certificate of a PEM text; refuses one that is not RSA or has expired at `now`.
    pub fn from_pem(pem: &[u8], now: Timestamp) -> Result<Self, CertificateError> {
        let certificate = Certificate::from_pem(pem)?;
        certificate.check_expiry(now)?;
        Self::new(certificate)
    }

    /// The key of a certificate, whose time may be over.
    pub fn new(certificate: Certificate) -> Result<Self, CertificateError> {
        let key = certificate.public_key()?;
        Ok(Self { inner: Arc::new(Inner { key, certificate }) })
    }

    /// Seals one value: the raw envelope bytes. Panics only when the system gives no random bytes.
    pub fn seal(&self, label: &Label, plaintext: &[u8]) -> Vec<u8> {
        crypto::seal(&self.inner.key, label, plaintext)
    }

    /// Seals one value: base64, as it stands in `encryptedData` and on `--raw`'s output.
    pub fn seal_to_text(&self, label: &Label, plaintext: &[u8]) -> String {
        base64::encode(&self.seal(label, plaintext))
    }

    /// Fingerprint of the public key.
    pub fn fingerprint(&self) -> &Fingerprint {
        self.inner.certificate.fingerprint()
    }

    /// The certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.inner.certificate
    }
}
