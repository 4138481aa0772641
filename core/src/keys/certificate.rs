//! Reading certificates: which one of a PEM text counts, and what it says.

use std::fmt;

use golang::pem;
use jiff::Timestamp;
use x509_parser::{certificate::X509Certificate, oid_registry, prelude::FromDer as _, time::ASN1Time};

use super::strict;
use crate::crypto::{Fingerprint, oaep, rsa_der};

const LABEL: &str = "CERTIFICATE";

/// A certificate that cannot seal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no certificate in the text.
    #[error("data does not contain any valid RSA or ECDSA certificates")]
    Missing,
    /// A certificate block that does not parse.
    #[error("x509: malformed certificate: {0}")]
    Malformed(String),
    /// The public key is of another kind.
    #[error("expected RSA public key but found {0}")]
    NotRsa(String),
    /// An RSA key out of range.
    #[error("the certificate's RSA key has {bits} bits; 2048 to 8192 are supported")]
    KeySize {
        /// Bits of its modulus.
        bits: u32,
    },
    /// The certificate's time is over.
    #[error("failed to encrypt using an expired certificate on {}", .on.strftime("%B %-d, %Y"))]
    Expired {
        /// When it ended.
        on: Timestamp,
    },
    /// It certifies another key than the private key beside it.
    #[error(
        "the certificate belongs to another key ({certified}) than the private key beside it ({private})"
    )]
    OtherKey {
        /// Fingerprint of the certified key.
        certified: Fingerprint,
        /// Fingerprint of the private key.
        private: Fingerprint,
    },
}

/// What a sealing certificate says. Signature, usage and start are not looked at, as in the reference.
#[derive(Clone)]
pub struct Certificate {
    pem: String,
    spki: Vec<u8>,
    fingerprint: Fingerprint,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Certificate {
    /// The first certificate of a PEM text. Blocks with headers and of other kinds are passed over; a
    /// later certificate that does not parse fails the whole text, as it may be cut or mixed up.
    pub fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let mut first = None;
        for block in pem::blocks(text).filter(|block| block.label == LABEL.as_bytes() && !block.has_headers) {
            let certificate = parse(&block.bytes)?;
            first.get_or_insert_with(|| Self::read(&certificate, &block.bytes));
        }
        first.ok_or(CertificateError::Missing)?
    }

    fn read(certificate: &X509Certificate<'_>, whole: &[u8]) -> Result<Self, CertificateError> {
        let spki = certificate.public_key();
        if spki.algorithm.algorithm != oid_registry::OID_PKCS1_RSAENCRYPTION {
            return Err(CertificateError::NotRsa(key_kind(&spki.algorithm.algorithm)));
        }
        if !strict::has_null_parameters(spki.raw) {
            return Err(CertificateError::Malformed("its RSA public key lacks NULL parameters".to_owned()));
        }
        let fingerprint = Fingerprint::of_spki(spki.raw)
            .ok_or_else(|| CertificateError::Malformed("its RSA public key does not parse".to_owned()))?;
        Ok(Self {
            pem: pem::encode(LABEL, whole).to_string(),
            spki: spki.raw.to_vec(),
            fingerprint,
            not_before: timestamp(certificate.validity().not_before),
            not_after: timestamp(certificate.validity().not_after),
        })
    }

    /// This certificate alone, as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Fingerprint of the public key.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Start of its validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// End of its validity.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Bits of the RSA modulus.
    pub fn bits(&self) -> u32 {
        rsa_der::rsa_numbers_of_spki(&self.spki).map_or(0, |(modulus, _)| rsa_der::bits(modulus))
    }

    /// Refuses a certificate that has expired at `now`.
    pub fn check_expiry(&self, now: Timestamp) -> Result<(), CertificateError> {
        if now > self.not_after { Err(CertificateError::Expired { on: self.not_after }) } else { Ok(()) }
    }

    pub(super) fn public_key(&self) -> Result<oaep::PublicKey, CertificateError> {
        match (oaep::PublicKey::from_spki(&self.spki), self.bits()) {
            (Some(key), _) => Ok(key),
            (None, 2048..=8192) => {
                Err(CertificateError::Malformed("its RSA public key cannot be used".to_owned()))
            }
            (None, bits) => Err(CertificateError::KeySize { bits }),
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {} to {})", self.fingerprint, self.not_before, self.not_after)
    }
}

/// Reads one certificate and checks what Go's parser checks and this parser leaves to its callers.
fn parse(input: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    let malformed = |what: &str| CertificateError::Malformed(what.to_owned());
    let (rest, certificate) =
        X509Certificate::from_der(input).map_err(|error| malformed(&parse_failure(&error)))?;
    if !rest.is_empty() {
        return Err(malformed("more data follows it"));
    }
    strict::check(&certificate, input).map_err(malformed)?;
    Ok(certificate)
}

fn parse_failure(error: &x509_parser::nom::Err<x509_parser::error::X509Error>) -> String {
    match error {
        x509_parser::nom::Err::Incomplete(_) => "it is cut short".to_owned(),
        x509_parser::nom::Err::Error(error) | x509_parser::nom::Err::Failure(error) => error.to_string(),
    }
}

fn key_kind(oid: &x509_parser::asn1_rs::Oid<'_>) -> String {
    let known = [
        (oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY, "an EC key"),
        (oid_registry::OID_SIG_ED25519, "an Ed25519 key"),
        (oid_registry::OID_KEY_TYPE_DSA, "a DSA key"),
        (oid_registry::OID_PKCS1_RSASSAPSS, "an RSA-PSS key"),
    ];
    known
        .iter()
        .find(|(known, _)| known == oid)
        .map_or_else(|| format!("a key of kind {}", oid.to_id_string()), |(_, name)| (*name).to_owned())
}

/// Certificates may end in the last hours of the year 9999, beyond what a timestamp holds.
fn timestamp(time: ASN1Time) -> Timestamp {
    let seconds = time.timestamp();
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
