//! SealedSecret and keys to Secret, or every item's error.

use std::collections::BTreeMap;

use crate::{Fingerprint, KeyRing, Plaintext, SealedSecret, Secret};

/// One opened item and the key that opened it.
#[derive(Debug)]
pub struct Opened {
    /// The value.
    pub value: Plaintext,
    /// The key that opened it.
    pub key: Fingerprint,
}

/// Why one item cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("no key could decrypt secret")]
pub struct ItemError;

/// Every reason why a SealedSecret gives no Secret.
#[derive(Debug, thiserror::Error)]
#[error("no key could decrypt secret")]
pub struct UnsealError;

/// What rendering and unsealing may use.
pub struct Options<'a> {
    /// Whether the deprecated `spec.data` is accepted.
    pub accept_v1_data: bool,
    /// Keys to try first.
    pub first: &'a [Fingerprint],
    /// The world of templates.
    pub env: &'a gotemplate::Env<'a>,
}

/// Opens one item of `spec.encryptedData`; a caller may run items on different threads.
pub fn open_item(
    sealed: &SealedSecret,
    item: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
) -> Result<Opened, ItemError> {
    let _ = (sealed, item, ring, first);
    todo!()
}

/// Makes the Secret of opened items: templates, metadata, owner reference.
pub fn assemble(
    sealed: &SealedSecret,
    items: BTreeMap<String, Result<Opened, ItemError>>,
    env: &gotemplate::Env<'_>,
) -> Result<Secret, UnsealError> {
    let _ = (sealed, items, env);
    todo!()
}

/// Opens every item and assembles the Secret.
pub fn unseal(sealed: &SealedSecret, ring: &KeyRing, options: &Options<'_>) -> Result<Secret, UnsealError> {
    let _ = (sealed, ring, options);
    todo!()
}
