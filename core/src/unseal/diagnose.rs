//! After a failure: what can be known about it. Costs private operations, so only then and bounded.
//!
//! OAEP does not tell another key from another label. But people move and rename objects, edit
//! annotations and seal for `default` by mistake; trying those few labels finds out. Nothing is gained by
//! an attacker: what opens under another label is not handed out, only the fact is.

use super::{Effort, Reason, effort::Misplaced};
use crate::{
    Fingerprint, KeyRing, Label, Scope, SealedSecret,
    crypto::{self, OpenFailure},
    keys::OpenError,
};

/// Why a value does not open, as far as the failure itself says.
pub(super) fn plain_reason(sealed: &SealedSecret, error: OpenError) -> Reason {
    match error {
        OpenError::NoKeys => Reason::NoKeys,
        OpenError::Value(OpenFailure::TooShort) => Reason::Truncated,
        OpenError::Value(failure) => Reason::Corrupt(failure),
        // Sizes that no key ever had: not a foreign key, but damage.
        OpenError::NoKeyOfItsSize { bits } if !(1024..=16384).contains(&bits) => {
            Reason::Corrupt(OpenFailure::Rsa)
        }
        OpenError::NoKeyOfItsSize { bits } => Reason::UnknownKey { bits },
        OpenError::NoKeyFits => {
            let place = format!("{}/{}", sealed.namespace(), sealed.name());
            Reason::NoKeyFits { scope: sealed.scope(), place }
        }
    }
}

/// Tries likely other labels on the likeliest keys.
pub(super) fn misplaced(
    sealed: &SealedSecret,
    bytes: &[u8],
    ring: &KeyRing,
    first: &[Fingerprint],
    effort: &Effort,
) -> Option<Reason> {
    let block_len = crypto::block_len(bytes).ok()?;
    let guesses = guesses(sealed);
    let tries = ring
        .candidates(block_len, first)
        .flat_map(|pair| guesses.iter().map(move |(label, reason)| (pair, label, reason)));
    // Any answer but "does not unwrap" proves key and label right, even if the value is damaged besides.
    let (pair, label, reason) = tries
        .take_while(|_| effort.diagnose())
        .find(|(pair, label, _)| !matches!(pair.open(label, bytes), Err(OpenFailure::Rsa)))?;
    effort.remember(Misplaced { key: *pair.fingerprint(), label: label.clone(), reason: reason.clone() });
    Some(reason.clone())
}

/// Labels under which the value may have been sealed, likeliest first, without its own.
fn guesses(sealed: &SealedSecret) -> Vec<(Label, Reason)> {
    let (namespace, name, annotated) = (sealed.namespace(), sealed.name(), sealed.scope());
    let template = &sealed.spec.template.metadata;
    let other = |text: &Option<String>, own: &str| text.clone().filter(|text| text != own);
    let other_name = other(&template.name, name);
    let other_namespace = other(&template.namespace, namespace);

    let mut guesses = Vec::new();
    let mut guess = |label: Label, reason: Reason| {
        if label != annotated.label(namespace, name) && guesses.iter().all(|(known, _)| *known != label) {
            guesses.push((label, reason));
        }
    };
    for scope in [Scope::Strict, Scope::NamespaceWide, Scope::ClusterWide] {
        guess(scope.label(namespace, name), Reason::WrongScope { sealed_with: scope, annotated });
    }
    if let Some(old) = &other_name {
        let renamed = Reason::WrongName { sealed_for: old.clone() };
        guess(Scope::Strict.label(namespace, old), renamed);
    }
    for old in other_namespace.iter().map(String::as_str).chain(["default", ""]) {
        let moved = || Reason::WrongNamespace { sealed_for: old.to_owned() };
        guess(Scope::Strict.label(old, name), moved());
        if let Some(old_name) = &other_name {
            guess(Scope::Strict.label(old, old_name), moved());
        }
        if !old.is_empty() {
            guess(Scope::NamespaceWide.label(old, name), moved());
        }
    }
    guesses
}
