//! A SealedSecret sealed anew with the newest key: only ciphertexts change, no template is rendered.

use crate::{KeyRing, SealedSecret, unseal::UnsealError};

/// Opens every item and seals it to the ring's newest key; all else stays.
pub fn reseal(sealed: &SealedSecret, ring: &KeyRing) -> Result<SealedSecret, UnsealError> {
    let _ = (sealed, ring);
    todo!()
}

/// Whether every item opens; templates are not looked at.
pub fn verify(sealed: &SealedSecret, ring: &KeyRing) -> Result<(), UnsealError> {
    let _ = (sealed, ring);
    todo!()
}
