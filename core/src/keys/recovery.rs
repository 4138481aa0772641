//! Files with private keys, as people back them up: PEM, key Secrets, or a `v1` List of them.

use golang::pem;

use super::{pair::KeyPair, private::KeyError};
use crate::{
    Plaintext, Secret,
    manifest::{self, DecodeError},
};

/// A backup that does not give every key that it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// The text is PEM, but no usable key is in it.
    #[error(transparent)]
    Pem(KeyError),
    /// The text is neither PEM nor objects.
    #[error("neither a PEM file nor a file of Secrets: {0}")]
    Decode(DecodeError),
    /// There is nothing in it.
    #[error("no private key in it: expected a PEM file, key Secrets, or a List of them")]
    Empty,
    /// One of the Secrets holds no usable key.
    #[error("Secret {}: {source}", named(.name, *.number))]
    Secret {
        /// Its name; may be empty.
        name: String,
        /// Which Secret of the text, from 1.
        number: usize,
        /// What is wrong with its key.
        source: KeyError,
    },
}

fn named(name: &str, number: usize) -> String {
    if name.is_empty() { format!("number {number}") } else { format!("{name:?}") }
}

/// Every key of a backup. One that cannot be used fails the whole, so that none is missed in silence; in a
/// PEM file, blocks that hold no RSA key are passed over as long as another one does.
pub fn read(text: &[u8]) -> Result<Vec<KeyPair>, RecoveryError> {
    if pem::blocks(text).next().is_some() {
        return KeyPair::all_from_private_pem(text).map_err(RecoveryError::Pem);
    }
    let secrets = manifest::backed_up_secrets(text).map_err(RecoveryError::Decode)?;
    if secrets.is_empty() {
        return Err(RecoveryError::Empty);
    }
    secrets.iter().enumerate().map(|(at, secret)| key(at + 1, secret)).collect()
}

/// The keys of a backup that can be used, and what is wrong with its others: one broken key does not make the
/// rest of a backup worthless. Fails where no key can be used.
pub fn usable(text: &[u8]) -> Result<(Vec<KeyPair>, Vec<RecoveryError>), RecoveryError> {
    if pem::blocks(text).next().is_some() {
        return Ok((read(text)?, Vec::new()));
    }
    let secrets = manifest::backed_up_secrets(text).map_err(RecoveryError::Decode)?;
    let (mut keys, mut broken) = (Vec::new(), Vec::new());
    for (at, secret) in secrets.iter().enumerate() {
        match key(at + 1, secret) {
            Ok(key) => keys.push(key),
            Err(error) => broken.push(error),
        }
    }
    if keys.is_empty() {
        return Err(broken.into_iter().next().unwrap_or(RecoveryError::Empty));
    }
    Ok((keys, broken))
}

fn key(number: usize, secret: &Secret) -> Result<KeyPair, RecoveryError> {
    let part = |item: &str| secret.data.get(item).map(Plaintext::expose);
    let private = part("tls.key").ok_or(KeyError::NotInSecret);
    private
        .and_then(|private| KeyPair::from_pem(private, part("tls.crt").unwrap_or_default()))
        .map_err(|source| RecoveryError::Secret { name: secret.name().to_owned(), number, source })
}
