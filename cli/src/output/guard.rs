//! No ciphertext is lost: opened values and certificates do not take the place of the only sealed copy.

use std::path::Path;

use sealed_secrets_core::manifest::{self, Entry};

use super::is_stream;
use crate::{
    input::{self, Input},
    job::Sink,
    problem::Problem,
};

/// Refuses an output that would write over ciphertexts of the input with something that holds none.
///
/// Of folders and patterns, it is the files in them that count.
pub(crate) fn keep_ciphertexts(input: &Input, output: &Sink) -> Result<(), Problem> {
    match output {
        Sink::File(path) if input.holds(path) => check(path, true),
        Sink::File(_) | Sink::Stdout => Ok(()),
    }
}

/// Refuses an output that would write over any ciphertexts, from the input or not. `unsure`: also over what cannot be
/// read.
pub(crate) fn keep_all_ciphertexts(output: &Sink, unsure: bool) -> Result<(), Problem> {
    match output {
        Sink::File(path) => check(path, unsure),
        Sink::Stdout => Ok(()),
    }
}

fn check(path: &Path, unsure: bool) -> Result<(), Problem> {
    if !path.exists() || is_stream(path) {
        return Ok(());
    }
    let shown = path.display().to_string();
    // What cannot be read may be a SealedSecret with one typing error in it.
    let Ok(Ok(entries)) = input::file(path).map(|text| manifest::entries(&text, false)) else {
        return if unsure { Err(Problem::MayLose(shown)) } else { Ok(()) };
    };
    let holds_some = entries.iter().any(|entry| {
        matches!(entry, Entry::Sealed { object, .. } if !object.spec.encrypted_data.is_empty() || object.spec.data.is_some())
    });
    if holds_some { Err(Problem::WouldLose(shown)) } else { Ok(()) }
}
