//! One value: base64, the keys one after the other, and the reason when none fits.

use golang::base64;

use super::{Effort, ItemError, Opened, Reason, diagnose, effort::Attempt};
use crate::{
    Fingerprint, KeyRing, Label, SealedSecret,
    crypto::{self, OpenFailure},
    keys::OpenError,
};

/// Opens one item of `spec.encryptedData`; a caller may run items on different threads, with one `effort` for all of
/// an object. Keys in `first` are tried first: the key that opened the last item most likely opens this one.
pub fn open_item(
    sealed: &SealedSecret,
    item: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
    effort: &Effort,
) -> Result<Opened, ItemError> {
    let text = sealed.spec.encrypted_data.get(item).map_or("", String::as_str);
    open_text(sealed, text, ring, first, effort)
}

/// Opens a ciphertext of the object, and looks into the failure within `effort`.
pub(super) fn open_text(
    sealed: &SealedSecret,
    text: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
    effort: &Effort,
) -> Result<Opened, ItemError> {
    let mut attempt = effort.attempt();
    match attempt_text(sealed, text, ring, first, effort, &mut attempt) {
        Ok(opened) => {
            attempt.opened();
            Ok(opened)
        }
        Err(reason) => {
            attempt.failed();
            Err(ItemError(reason))
        }
    }
}

fn attempt_text(
    sealed: &SealedSecret,
    text: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
    effort: &Effort,
    attempt: &mut Attempt<'_>,
) -> Result<Opened, Reason> {
    let bytes = base64::decode(text.as_bytes()).map_err(Reason::BadBase64)?;
    let place = |error| diagnose::plain_reason(sealed, error);
    let block_len = crypto::block_len(&bytes).map_err(|error| place(OpenError::Value(error)))?;
    let label = sealed.label();
    let known = effort.found();
    let mut likely = first.to_vec();
    if let Some(known) = &known {
        super::prefer(&mut likely, known.key);
    }
    for pair in ring.candidates(block_len, &likely) {
        if !attempt.may_try() {
            return Err(Reason::NotLookedInto);
        }
        match pair.open(&label, &bytes) {
            Ok(value) => return Ok(Opened { value, key: *pair.fingerprint(), tries: attempt.tries }),
            Err(OpenFailure::Rsa) => {}
            // The session key unwrapped: this was the right key and label, no other will do better.
            Err(found) => return Err(place(OpenError::Value(found))),
        }
        // Before all other keys: where one item of an object belongs, the others do as well.
        if let Some(known) = known.filter(|known| known.key == *pair.fingerprint()) {
            if !attempt.may_try() {
                return Err(Reason::NotLookedInto);
            }
            if !matches!(pair.open(&known.label, &bytes), Err(OpenFailure::Rsa)) {
                return Err(known.reason.clone());
            }
        }
    }
    match ring.unopened(block_len) {
        OpenError::NoKeyFits => Err(diagnose::misplaced(sealed, &bytes, ring, first, effort)
            .unwrap_or_else(|| place(OpenError::NoKeyFits))),
        error => Err(place(error)),
    }
}

/// A value that does not open, for callers whom nobody has identified.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unopened {
    /// What the failure itself says.
    pub error: ItemError,
    /// Private operations that it cost.
    pub tries: usize,
}

/// Opens a ciphertext of the object and says only what the failure itself says: callers whom nobody has identified
/// shall neither cause more work nor learn more, and their answer must not depend on the template.
pub(crate) fn open_plainly(
    label: &Label,
    sealed: &SealedSecret,
    text: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
) -> Result<Opened, Unopened> {
    let unopened = |reason, tries| Unopened { error: ItemError(reason), tries };
    let bytes = base64::decode(text.as_bytes()).map_err(|bad| unopened(Reason::BadBase64(bad), 0))?;
    ring.open_counted(label, &bytes, first)
        .map_err(|(error, tries)| unopened(diagnose::plain_reason(sealed, error), tries))
}
