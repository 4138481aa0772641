//! A private key with, where known, its certificate.

use golang::pem;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{
    SealingKey,
    certificate::{Certificate, CertificateError},
    private,
    private::KeyError,
};
use crate::{
    Fingerprint, Label, Plaintext,
    crypto::{self, OpenFailure, oaep::PrivateKey},
};

/// A private key with, where known, its certificate: what opens, and what others may seal to.
#[derive(Debug)]
pub struct KeyPair {
    private: PrivateKey,
    fingerprint: Fingerprint,
    certificate: Result<SealingKey, CertificateError>,
}

impl KeyPair {
    pub(super) fn new(private: PrivateKey) -> Result<Self, KeyError> {
        let fingerprint = Fingerprint::of_spki(private.spki())
            .ok_or_else(|| KeyError::Missing(Some("its public part does not parse".to_owned())))?;
        Ok(Self { private, fingerprint, certificate: Err(CertificateError::Missing) })
    }

    /// The first private key of a PEM text (PKCS#1 or PKCS#8), without a certificate.
    pub fn from_private_pem(pem: &[u8]) -> Result<Self, KeyError> {
        Self::new(private::first_key(pem)?)
    }

    /// Every RSA key of a PEM text, at least one; other blocks are passed over.
    pub fn all_from_private_pem(pem: &[u8]) -> Result<Vec<Self>, KeyError> {
        private::all_keys(pem)?.into_iter().map(Self::new).collect()
    }

    /// A private key with the first certificate of another PEM text. A certificate that cannot be used
    /// or belongs to another key does not make the key useless: it still opens, see
    /// [`KeyPair::sealing_key`] for what is wrong.
    pub fn from_pem(private_pem: &[u8], certificate_pem: &[u8]) -> Result<Self, KeyError> {
        let mut pair = Self::from_private_pem(private_pem)?;
        pair.certificate = Certificate::from_pem(certificate_pem)
            .and_then(|certificate| pair.own(certificate))
            .and_then(SealingKey::new);
        Ok(pair)
    }

    pub(super) fn with_certificate(mut self, certificate: Certificate) -> Self {
        self.certificate = self.own(certificate).and_then(SealingKey::new);
        self
    }

    fn own(&self, certificate: Certificate) -> Result<Certificate, CertificateError> {
        if *certificate.fingerprint() == self.fingerprint {
            return Ok(certificate);
        }
        Err(CertificateError::OtherKey { certified: *certificate.fingerprint(), private: self.fingerprint })
    }

    /// Fingerprint of the public key.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The public half with its certificate (expired or not), or why there is none to seal with.
    pub fn sealing_key(&self) -> Result<&SealingKey, &CertificateError> {
        self.certificate.as_ref()
    }

    /// The certificate, where there is a good one.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref().ok().map(SealingKey::certificate)
    }

    /// The certificate as PEM, as served on `/v1/cert.pem`; empty when there is no good one.
    pub fn certificate_pem(&self) -> &[u8] {
        self.certificate().map_or(&[], |certificate| certificate.pem().as_bytes())
    }

    /// Start of the certificate's validity.
    pub fn not_before(&self) -> Option<Timestamp> {
        self.certificate().map(Certificate::not_before)
    }

    /// End of the certificate's validity.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.certificate().map(Certificate::not_after)
    }

    /// Bits of the RSA modulus.
    pub fn bits(&self) -> usize {
        self.private.bits()
    }

    /// The private key as PEM, in the form that key Secrets hold (`RSA PRIVATE KEY`).
    pub fn private_pem(&self) -> Zeroizing<String> {
        pem::encode("RSA PRIVATE KEY", self.private.pkcs1())
    }

    /// Opens one value with this key alone.
    pub fn open(&self, label: &Label, sealed: &[u8]) -> Result<Plaintext, OpenFailure> {
        crypto::open(&self.private, label, sealed)
    }

    /// Whether a value with an RSA block of this length may be one of this key's.
    pub(crate) fn may_open(&self, block_len: usize) -> bool {
        self.private.may_open(block_len)
    }

    /// Whether a block of this length fills the modulus, as nearly every block does.
    pub(crate) fn fits(&self, block_len: usize) -> bool {
        self.private.modulus_len() == block_len
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        self.private.pkcs8()
    }
}
