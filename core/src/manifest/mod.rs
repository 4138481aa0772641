//! Text to objects and back: streams of YAML 1.1 and JSON documents, read as the reference reads them.

use crate::{SealedSecret, Secret};

/// A text that cannot be read, with the place and never with a value.
#[derive(Debug, thiserror::Error)]
#[error("not yet")]
pub struct DecodeError;

/// How objects are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Documents of two blanks' indent, one after the other.
    Json,
    /// Documents that each begin with `---`.
    Yaml,
}

/// A stream of Secrets (the input of sealing).
pub fn secrets(text: &[u8]) -> Result<Vec<Secret>, DecodeError> {
    let _ = text;
    todo!()
}

/// A stream of SealedSecrets (the input of validate and re-encrypt).
pub fn sealed_secrets(text: &[u8]) -> Result<Vec<SealedSecret>, DecodeError> {
    let _ = text;
    todo!()
}

/// One SealedSecret, read strictly as the single-object reader does (recovery, merge target, HTTP).
pub fn sealed_secret(text: &[u8]) -> Result<SealedSecret, DecodeError> {
    let _ = text;
    todo!()
}

/// SealedSecrets as text.
pub fn write_sealed_secrets(objects: &[SealedSecret], format: Format) -> String {
    let _ = (objects, format);
    todo!()
}

/// Secrets as text (what recovery prints).
pub fn write_secrets(objects: &[Secret], format: Format) -> String {
    let _ = (objects, format);
    todo!()
}
