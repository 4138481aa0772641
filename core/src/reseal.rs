//! A SealedSecret sealed anew with the newest key: only ciphertexts change, no template is rendered.
//!
//! Rendering here would make the controller an oracle: whoever may call it could have any opened value
//! transformed by a template of his own and sealed for a place of his own. So neither function looks at
//! `spec.template`, not even to find out why a value does not open, and the scope comes from
//! `metadata.annotations` alone.

use std::{borrow::Borrow, collections::BTreeMap};

pub use crate::unseal::{Opened, Unopened};
use crate::{
    Fingerprint, KeyRing, Label, SealedSecret, SealingKey,
    unseal::{self, ItemError, UnsealError},
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

/// The ciphertexts of one object, as steps: a caller runs them on any threads and stops at the first part that does
/// not open. Parts are numbered from 0, items in order of their names and then the deprecated `spec.data`. `S` is the
/// object behind any pointer; behind an `Arc` a plan can be shared between threads.
///
/// A request needs at least one private operation for each of its [`Self::parts`]; [`Opened::tries`] and
/// [`Unopened::tries`] say how many each one took.
#[derive(Debug)]
pub struct Plan<S> {
    sealed: S,
    /// Names of the items; `None` is the deprecated `spec.data`.
    parts: Vec<Option<String>>,
    label: Label,
}

impl<S: Borrow<SealedSecret>> Plan<S> {
    /// What is to be opened, or why the object is refused whatever the keys. `accept_v1_data`: whether the deprecated
    /// `spec.data` is accepted.
    pub fn new(sealed: S, accept_v1_data: bool) -> Result<Self, UnsealError> {
        let object = sealed.borrow();
        unseal::check(object, accept_v1_data)?;
        let items = object.spec.encrypted_data.keys().cloned().map(Some);
        let parts = items.chain(object.spec.data.is_some().then_some(None)).collect();
        Ok(Self { label: object.label(), parts, sealed })
    }

    /// The object.
    pub fn sealed(&self) -> &SealedSecret {
        self.sealed.borrow()
    }

    /// How many ciphertexts there are.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    fn text(&self, part: usize) -> &str {
        let spec = &self.sealed().spec;
        let text = match self.parts.get(part) {
            Some(Some(item)) => spec.encrypted_data.get(item),
            Some(None) => spec.data.as_ref(),
            None => None,
        };
        text.map_or("", String::as_str)
    }

    /// Opens one part. Keys in `first` are tried first; the one that opened the last part belongs in front, see
    /// [`unseal::prefer`]. A number beyond the parts does not open.
    pub fn open_part(&self, part: usize, ring: &KeyRing, first: &[Fingerprint]) -> Result<Opened, Unopened> {
        unseal::open_plainly(&self.label, self.sealed(), self.text(part), ring, first)
    }

    /// The error of an object whose `part` does not open.
    pub fn failed(&self, part: usize, error: ItemError) -> UnsealError {
        match self.parts.get(part) {
            Some(Some(item)) => {
                let items = BTreeMap::from([(item.clone(), error)]);
                UnsealError::Items { items, templates: BTreeMap::new() }
            }
            Some(None) | None => UnsealError::Blob(error),
        }
    }

    /// Seals one opened part.
    pub fn seal_part(&self, opened: &Opened, key: &SealingKey) -> String {
        seal_text(opened, key, &self.label)
    }

    /// The object with these ciphertexts, one for each part in order; all else stays, but for the status, which
    /// would be stale. A part without a new ciphertext keeps its old one.
    pub fn finish(&self, texts: impl IntoIterator<Item = String>) -> SealedSecret {
        let mut resealed = self.sealed().clone();
        for (part, text) in self.parts.iter().zip(texts) {
            match part {
                Some(item) => _ = resealed.spec.encrypted_data.insert(item.clone(), text),
                None => resealed.spec.data = Some(text),
            }
        }
        resealed.status = None;
        resealed
    }

    /// Runs `then` on each part in order, up to the first that does not open.
    fn each(&self, ring: &KeyRing, mut then: impl FnMut(Opened)) -> Result<(), UnsealError> {
        let mut first = Vec::new();
        for part in 0..self.parts() {
            let opened = self.open_part(part, ring, &first);
            let opened = opened.map_err(|unopened| self.failed(part, unopened.error))?;
            unseal::prefer(&mut first, opened.key);
            then(opened);
        }
        Ok(())
    }
}

/// Opens one ciphertext of an object, for callers that give ciphertexts up as they go: `sealed` gives scope and `label`,
/// and need not hold `text` any more. They have asked [`unseal::check`] about the whole object.
pub fn open_text(
    sealed: &SealedSecret,
    label: &Label,
    text: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
) -> Result<Opened, Unopened> {
    unseal::open_plainly(label, sealed, text, ring, first)
}

/// Seals an opened value of an object for the same place again.
pub fn seal_text(opened: &Opened, key: &SealingKey, label: &Label) -> String {
    key.seal_to_text(label, opened.value.expose())
}

/// The key that seals anew: the ring's newest.
pub fn sealing_key(ring: &KeyRing) -> Result<&SealingKey, ResealError> {
    ring.newest().and_then(|pair| pair.sealing_key().ok()).ok_or(ResealError::NoSealingKey)
}

/// Opens every item and seals it to the ring's newest key; all else stays, but for the status, which would
/// be stale. Ends at the first item that does not open. `accept_v1_data`: whether the deprecated `spec.data` is
/// accepted.
pub fn reseal(
    sealed: &SealedSecret,
    ring: &KeyRing,
    accept_v1_data: bool,
) -> Result<SealedSecret, ResealError> {
    let plan = Plan::new(sealed, accept_v1_data)?;
    let key = sealing_key(ring);
    let mut texts = Vec::with_capacity(plan.parts());
    // Without a key to seal with the items are still opened: what is wrong with them is told first.
    plan.each(ring, |opened| texts.extend(key.as_ref().ok().map(|key| plan.seal_part(&opened, key))))?;
    key?;
    Ok(plan.finish(texts))
}

/// Whether every item opens, up to the first that does not; templates are not looked at. `accept_v1_data` as in
/// [`reseal`].
pub fn verify(sealed: &SealedSecret, ring: &KeyRing, accept_v1_data: bool) -> Result<(), UnsealError> {
    Plan::new(sealed, accept_v1_data)?.each(ring, drop)
}
