//! No ciphertext is lost: opened values and certificates do not take the place of the only sealed copy.

use std::{fs, path::Path};

use sealed_secrets_core::manifest::{self, Entry};

use crate::{input::Input, job::Sink, problem::Problem};

/// Refuses an output that would write over ciphertexts of the input with something that holds none.
///
/// Of folders and patterns, it is the files in them that count.
pub(crate) fn keep_ciphertexts(input: &Input, output: &Sink) -> Result<(), Problem> {
    match output {
        Sink::File(path) if input.holds(path) => check(path),
        Sink::File(_) | Sink::Stdout => Ok(()),
    }
}

/// Refuses an output that would write over any ciphertexts, from the input or not.
pub(crate) fn keep_all_ciphertexts(output: &Sink) -> Result<(), Problem> {
    match output {
        Sink::File(path) => check(path),
        Sink::Stdout => Ok(()),
    }
}

fn check(path: &Path) -> Result<(), Problem> {
    if !fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return Ok(());
    }
    let shown = path.display().to_string();
    // What cannot be read may be a SealedSecret with one typing error in it.
    let Ok(Ok(entries)) = fs::read(path).map(|text| manifest::entries(&text, false)) else {
        return Err(Problem::MayLose(shown));
    };
    let holds_some = entries.iter().any(|entry| {
        matches!(entry, Entry::Sealed { object, .. } if !object.spec.encrypted_data.is_empty() || object.spec.data.is_some())
    });
    if holds_some { Err(Problem::WouldLose(shown)) } else { Ok(()) }
}
