//! New keys and their self-signed certificates, in the reference's form.

use aws_lc_rs::{
    rand::{self, SystemRandom},
    rsa,
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyUsagePurpose, PKCS_RSA_SHA256,
    PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey as Signer,
};
use time::OffsetDateTime;

use super::{certificate::Certificate, pair::KeyPair, private::KeyError};
use crate::crypto::oaep::PrivateKey;

/// How to make a new key.
#[derive(Clone, Debug)]
pub struct KeySpec {
    /// RSA modulus in bits: 2048, 3072, 4096 or 8192.
    pub bits: u32,
    /// Lifetime of the certificate.
    pub lifetime: SignedDuration,
    /// Common name; empty leaves it out.
    pub common_name: String,
}

impl KeyPair {
    /// Makes a new key and its self-signed certificate, valid from `now`. Takes up to seconds.
    pub fn generate(spec: &KeySpec, now: Timestamp) -> Result<Self, KeyError> {
        let private = PrivateKey::generate(spec.bits).ok_or(KeyError::Generate { bits: spec.bits })?;
        Self::new(private)?.self_signed(spec, now)
    }

    fn self_signed(self, spec: &KeySpec, now: Timestamp) -> Result<Self, KeyError> {
        let failed = |cause: &dyn std::fmt::Display| KeyError::Certificate(cause.to_string());
        let signer = RsaSigner(rsa::KeyPair::from_pkcs8(self.pkcs8()).map_err(|error| failed(&error))?);
        let written = params(spec, now)
            .and_then(|params| params.self_signed(&signer).map_err(|error| failed(&error)))?;
        let certificate = Certificate::from_pem(written.pem().as_bytes()).map_err(|error| failed(&error))?;
        Ok(self.with_certificate(certificate))
    }
}

/// What the reference writes: no name unless asked for, a CA, and `encipherOnly`.
fn params(spec: &KeySpec, now: Timestamp) -> Result<CertificateParams, KeyError> {
    let instant = |time: Timestamp| {
        OffsetDateTime::from_unix_timestamp(time.as_second())
            .map_err(|error| KeyError::Certificate(error.to_string()))
    };
    let end = now.saturating_add(spec.lifetime).unwrap_or(Timestamp::MAX);
    let mut params = CertificateParams::default();
    params.not_before = instant(now)?;
    params.not_after = instant(end)?;
    params.serial_number = Some(random_serial());
    params.distinguished_name = DistinguishedName::new();
    if !spec.common_name.is_empty() {
        params.distinguished_name.push(DnType::CommonName, spec.common_name.as_str());
    }
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::EncipherOnly];
    Ok(params)
}

/// Positive and of at most 127 bits.
fn random_serial() -> SerialNumber {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).expect("random bytes from the system");
    bytes[0] = (bytes[0] & 0x7f) | 1;
    SerialNumber::from_slice(&bytes)
}

/// Signs certificates without handing the private key to another library.
struct RsaSigner(rsa::KeyPair);

impl PublicKeyData for RsaSigner {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

impl Signer for RsaSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(signature)
    }
}
