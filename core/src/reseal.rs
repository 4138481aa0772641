//! A SealedSecret sealed anew with the newest key: only ciphertexts change, no template is rendered.
//!
//! Rendering here would make the controller an oracle: whoever may call it could have any opened value
//! transformed by a template of his own and sealed for a place of his own. So neither function looks at
//! `spec.template`, not even to find out why a value does not open, and the scope comes from
//! `metadata.annotations` alone.

use std::collections::BTreeMap;

use crate::{
    KeyRing, SealedSecret,
    unseal::{self, Diagnosis, ItemError, Opened, UnsealError},
};

/// A SealedSecret that cannot be sealed anew.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ResealError {
    /// It cannot be opened.
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// No key of the ring may seal.
    #[error("there is no key to seal with")]
    NoSealingKey,
}

/// Opens every item and seals it to the ring's newest key; all else stays, but for the status, which would
/// be stale. `accept_v1_data`: whether the deprecated `spec.data` is accepted.
pub fn reseal(
    sealed: &SealedSecret,
    ring: &KeyRing,
    accept_v1_data: bool,
) -> Result<SealedSecret, ResealError> {
    let opened = open(sealed, ring, accept_v1_data)?;
    let key = ring.newest().and_then(|pair| pair.sealing_key().ok()).ok_or(ResealError::NoSealingKey)?;
    let label = sealed.label();
    let seal = |opened: Opened| key.seal_to_text(&label, opened.value.expose());
    let mut resealed = sealed.clone();
    resealed.spec.encrypted_data =
        opened.items.into_iter().map(|(item, opened)| (item, seal(opened))).collect();
    resealed.spec.data = opened.blob.map(seal);
    resealed.status = None;
    Ok(resealed)
}

/// Whether every item opens; templates are not looked at. `accept_v1_data` as in [`reseal`].
pub fn verify(sealed: &SealedSecret, ring: &KeyRing, accept_v1_data: bool) -> Result<(), UnsealError> {
    open(sealed, ring, accept_v1_data).map(drop)
}

/// Every ciphertext of an object, opened.
struct AllOpened {
    items: BTreeMap<String, Opened>,
    /// Of the deprecated `spec.data`.
    blob: Option<Opened>,
}

fn open(sealed: &SealedSecret, ring: &KeyRing, accept_v1_data: bool) -> Result<AllOpened, UnsealError> {
    unseal::check(sealed, accept_v1_data)?;
    let mut items = BTreeMap::new();
    let mut failed: BTreeMap<String, ItemError> = BTreeMap::new();
    for (item, opened) in unseal::open_items(sealed, ring, &[], Diagnosis::Plain) {
        match opened {
            Ok(opened) => _ = items.insert(item, opened),
            Err(error) => _ = failed.insert(item, error),
        }
    }
    if !failed.is_empty() {
        return Err(UnsealError::Items { items: failed, templates: BTreeMap::new() });
    }
    let open = |text| unseal::open_text(sealed, text, ring, &[], Diagnosis::Plain);
    let blob = sealed.spec.data.as_deref().map(open);
    Ok(AllOpened { items, blob: blob.transpose().map_err(UnsealError::Blob)? })
}
