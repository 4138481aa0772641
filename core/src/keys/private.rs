//! Reading private keys: which block of a PEM text counts, and which kinds are refused by name.

use golang::{
    der,
    pem::{self, Block},
};

use crate::crypto::{oaep::PrivateKey, rsa_der};

/// A private key that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No block of the text is a private key that parses.
    #[error("data does not contain a valid RSA or ECDSA private key{}", hint(.0.as_deref()))]
    Missing(Option<String>),
    /// A Secret without a private key.
    #[error("secret must contain a 'tls.key' item with a private key")]
    NotInSecret,
    /// The first private key is of another kind.
    #[error("unexpected private key type: expected an RSA key but found {0}")]
    NotRsa(&'static str),
    /// An RSA key out of range.
    #[error("the RSA private key has {bits} bits; 2048 to 8192 are supported")]
    Size {
        /// Bits of its modulus.
        bits: u32,
    },
    /// A size that cannot be generated.
    #[error("cannot make an RSA key of {bits} bits: choose 2048, 3072, 4096 or 8192")]
    Generate {
        /// Bits asked for.
        bits: u32,
    },
    /// A certificate could not be written for the key.
    #[error("cannot make a certificate: {0}")]
    Certificate(String),
}

fn hint(skipped: Option<&str>) -> String {
    skipped.map(|what| format!(" ({what})")).unwrap_or_default()
}

/// The first private key that parses; it must be RSA.
pub(super) fn first_key(text: &[u8]) -> Result<PrivateKey, KeyError> {
    let mut skipped = None;
    for block in pem::blocks(text) {
        match read(&block) {
            Read::Rsa(key) => return Ok(*key),
            Read::Refused(error) => return Err(error),
            Read::Skipped(Some(what)) => skipped = skipped.or(Some(what.to_owned())),
            Read::Skipped(None) => {}
        }
    }
    Err(KeyError::Missing(skipped))
}

/// Every RSA key; fails as [`first_key`] if there is none.
pub(super) fn all_keys(text: &[u8]) -> Result<Vec<PrivateKey>, KeyError> {
    let keys: Vec<_> = pem::blocks(text)
        .filter_map(|block| match read(&block) {
            Read::Rsa(key) => Some(*key),
            Read::Refused(_) | Read::Skipped(_) => None,
        })
        .collect();
    if keys.is_empty() { first_key(text).map(|key| vec![key]) } else { Ok(keys) }
}

/// What one block turned out to be.
enum Read {
    Rsa(Box<PrivateKey>),
    Refused(KeyError),
    /// Passed over; with what a person would want to know of it.
    Skipped(Option<&'static str>),
}

fn read(block: &Block<'_>) -> Read {
    match block.label {
        b"RSA PRIVATE KEY" => rsa(&block.bytes),
        b"PRIVATE KEY" => match rsa_der::pkcs8_parts(&block.bytes) {
            None => Read::Skipped(Some("its PRIVATE KEY block is damaged")),
            Some((rsa_der::RSA_ENCRYPTION, pkcs1)) => rsa(pkcs1),
            Some((oid, _)) => other_kind(oid),
        },
        b"EC PRIVATE KEY" if is_sec1(&block.bytes) => Read::Refused(KeyError::NotRsa("an EC key")),
        b"EC PRIVATE KEY" => Read::Skipped(Some("its EC PRIVATE KEY block is damaged")),
        b"ENCRYPTED PRIVATE KEY" => Read::Skipped(Some(
            "its key is encrypted with a passphrase: decrypt it first with `openssl pkey`",
        )),
        b"OPENSSH PRIVATE KEY" => Read::Skipped(Some(
            "its key is in OpenSSH's own format: convert it first with `ssh-keygen -p -m PEM`",
        )),
        b"DSA PRIVATE KEY" => Read::Skipped(Some("it holds a DSA key")),
        b"CERTIFICATE" | b"PUBLIC KEY" | b"RSA PUBLIC KEY" => {
            Read::Skipped(Some("it holds a public part only; the private key is needed"))
        }
        _ => Read::Skipped(None),
    }
}

fn rsa(pkcs1: &[u8]) -> Read {
    match (PrivateKey::from_pkcs8(&rsa_der::pkcs8_of_pkcs1(pkcs1)), pkcs1_bits(pkcs1)) {
        (Some(key), _) => Read::Rsa(Box::new(key)),
        (None, Some(bits)) if !(2048..=8192).contains(&bits) => Read::Refused(KeyError::Size { bits }),
        (None, _) => {
            Read::Skipped(Some("its RSA key is damaged, encrypted, or its numbers do not belong together"))
        }
    }
}

/// Bits of the modulus of a PKCS#1 key of version 0.
fn pkcs1_bits(pkcs1: &[u8]) -> Option<u32> {
    let (version, rest) = der::element(der::INTEGER, der::only(der::SEQUENCE, pkcs1)?)?;
    let (modulus, _) = der::element(der::INTEGER, rest)?;
    (version == [0]).then(|| rsa_der::bits(modulus))
}

/// Kinds that Go's PKCS#8 reader knows are refused by name, any other is passed over.
fn other_kind(oid: &[u8]) -> Read {
    match oid {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => Read::Refused(KeyError::NotRsa("an EC key")),
        [0x2b, 0x65, 0x70] => Read::Refused(KeyError::NotRsa("an Ed25519 key")),
        [0x2b, 0x65, 0x6e] => Read::Refused(KeyError::NotRsa("an X25519 key")),
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => Read::Skipped(Some("it holds a DSA key")),
        _ => Read::Skipped(Some("its key is of an unknown kind")),
    }
}

/// Whether the bytes have the form of RFC 5915.
fn is_sec1(bytes: &[u8]) -> bool {
    der::only(der::SEQUENCE, bytes)
        .and_then(|inner| der::element(der::INTEGER, inner))
        .filter(|(version, _)| *version == [1])
        .is_some_and(|(_, rest)| der::element(der::OCTET_STRING, rest).is_some())
}
