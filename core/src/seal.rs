//! Secret to SealedSecret.

use crate::{Scope, SealedSecret, SealingKey, Secret};

/// What the command line may change about a Secret to seal.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--scope`; `Strict` leaves the input's annotations alone.
    pub scope: Scope,
    /// `--name`.
    pub name: Option<String>,
    /// `-n`, explicit: must agree with the input's namespace.
    pub namespace: Option<String>,
    /// The namespace to use where the input and `-n` are silent.
    pub default_namespace: Option<String>,
    /// `--allow-empty-data`.
    pub allow_empty: bool,
}

/// A Secret that may be sealed: stripped of server fields, named, scoped. There is no other way to seal.
#[derive(Debug)]
pub struct Sealable {}

/// A Secret that cannot be sealed.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct SealError;

impl Sealable {
    /// Strips, names and scopes a Secret.
    pub fn new(secret: Secret, options: &Options) -> Result<Self, SealError> {
        let _ = (secret, options);
        todo!()
    }
}

/// Seals every item.
pub fn seal(secret: &Sealable, key: &SealingKey) -> SealedSecret {
    let _ = (secret, key);
    todo!()
}
