//! RSA-OAEP with SHA-256 (RFC 8017): wraps the session key and binds it to a label.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{
        KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
        PrivateDecryptingKey, PublicEncryptingKey,
    },
};
use zeroize::Zeroizing;

use super::rsa_der;
use crate::Label;

/// Most zero bytes that are put before a short block. An honest block misses k bytes once in 256^k;
/// beyond this nobody can make one that opens.
const MOST_PADDING: usize = 16;

/// A public key of 2048 to 8192 bits, ready for use.
#[derive(Debug)]
pub(crate) struct PublicKey {
    key: OaepPublicEncryptingKey,
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`; `None` if it is not RSA or of a size out of range.
    pub(crate) fn from_spki(spki: &[u8]) -> Option<Self> {
        let key = PublicEncryptingKey::from_der(spki).ok()?;
        OaepPublicEncryptingKey::new(key).ok().map(|key| Self { key })
    }

    /// Wraps a session key.
    pub(crate) fn wrap(&self, label: &Label, session: &[u8]) -> Vec<u8> {
        let mut block = vec![0; self.key.ciphertext_size()];
        self.key
            .encrypt(&OAEP_SHA256_MGF1SHA256, session, &mut block, Some(label.as_bytes()))
            .expect("32 bytes fit into a key of at least 2048 bits");
        block
    }
}

/// A private key of 2048 to 8192 bits, ready for use.
pub(crate) struct PrivateKey {
    key: OaepPrivateDecryptingKey,
    pkcs8: Zeroizing<Vec<u8>>,
    spki: Vec<u8>,
}

/// The size alone: a derived `Debug` would print the key.
impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({} bits)", self.bits())
    }
}

impl PrivateKey {
    /// Reads PKCS#8; `None` if the numbers do not belong together or the size is out of range.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        Self::new(PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?)
    }

    /// Makes a new key; `None` for a size other than 2048, 3072, 4096 or 8192.
    pub(crate) fn generate(bits: u32) -> Option<Self> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return None,
        };
        Self::new(PrivateDecryptingKey::generate(size).ok()?)
    }

    fn new(private: PrivateDecryptingKey) -> Option<Self> {
        let pkcs8 = Zeroizing::new(pkcs8_of(&private)?.as_ref().to_vec());
        let spki: PublicKeyX509Der<'_> = private.public_key().as_der().ok()?;
        let spki = spki.as_ref().to_vec();
        Some(Self { key: OaepPrivateDecryptingKey::new(private).ok()?, pkcs8, spki })
    }

    /// Unwraps a session key. Zero bytes that were left out at a block's front are put back.
    pub(crate) fn unwrap(&self, label: &Label, block: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if !self.may_open(block.len()) {
            return None;
        }
        let missing = self.modulus_len() - block.len();
        let mut session = Zeroizing::new(vec![0; self.key.min_output_size()]);
        let padded;
        let block = if missing == 0 {
            block
        } else {
            padded = [&[0; MOST_PADDING][..missing], block].concat();
            &padded
        };
        let used = self
            .key
            .decrypt(&OAEP_SHA256_MGF1SHA256, block, &mut session, Some(label.as_bytes()))
            .ok()?
            .len();
        session.truncate(used);
        Some(session)
    }

    /// Whether a block of this length can be one of this key's: never longer than the modulus.
    pub(crate) fn may_open(&self, block_len: usize) -> bool {
        self.modulus_len().checked_sub(block_len).is_some_and(|missing| missing <= MOST_PADDING)
    }

    pub(crate) fn modulus_len(&self) -> usize {
        self.key.key_size_bytes()
    }

    pub(crate) fn bits(&self) -> usize {
        self.key.key_size_bits()
    }

    /// The public half as `SubjectPublicKeyInfo`.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key as PKCS#8.
    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The key as PKCS#1, the form in which key Secrets hold it.
    pub(crate) fn pkcs1(&self) -> &[u8] {
        rsa_der::pkcs8_parts(&self.pkcs8).map_or(&[], |(_, key)| key)
    }
}

fn pkcs8_of(private: &PrivateDecryptingKey) -> Option<Pkcs8V1Der<'static>> {
    private.as_der().ok()
}
