//! Text to objects and back: streams of YAML 1.1 and JSON documents, read as the reference reads them.
//!
//! ```text
//! bytes ▶ text (UTF-8, UTF-16) ▶ stream (documents) ▶ yaml | json ▶ node (a tree) ▶ read ▶ objects
//!                                                    objects ▶ shape (a tree) ▶ write ▶ text
//! ```
//!
//! What the reference loses without a word (broken documents, text behind a document's end, the items of a
//! list) is an error here or is read. Errors name document, line and field, and hold no text of the input.

mod backup;
pub(crate) mod edit;
mod error;
mod float;
mod json;
mod kinds;
mod node;
mod read;
mod stream;
mod text;
mod write;
mod yaml;

use crate::{SealedSecret, Secret};
use node::Tree;
use read::Reader;
use stream::{Piece, Stream};
use zeroize::Zeroizing;

pub use backup::backed_up_secrets;
pub use error::{DecodeError, Place, Problem};
pub use kinds::{Document, documents, recoverable};

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
    let text = text::decode(text)?;
    Stream::new(&text, |reader, piece: &mut Piece<'_>| reader.secret(&mut piece.tree.root)).collect()
}

/// A stream of SealedSecrets (the input of validate and re-encrypt).
pub fn sealed_secrets(text: &[u8]) -> Result<Vec<SealedSecret>, DecodeError> {
    let text = text::decode(text)?;
    Stream::new(&text, |reader, piece: &mut Piece<'_>| reader.sealed_secret(&mut piece.tree.root)).collect()
}

/// One SealedSecret, read strictly as the single-object reader does (recovery, merge target, HTTP).
pub fn sealed_secret(text: &[u8]) -> Result<SealedSecret, DecodeError> {
    let text = text::decode(text)?;
    let (mut tree, reader) = single(&text)?;
    let object = reader.only_sealed_secret(&mut tree.root).and_then(|object| {
        Reader::check_numbers(&tree.root)?;
        Ok(object)
    });
    object.map_err(|fault| fault.in_document(0, &text))
}

/// The JSON form of one YAML document, without knowledge of what it should hold.
pub fn yaml_to_json(text: &[u8]) -> Result<serde_json::Value, DecodeError> {
    let text = text::decode(text)?;
    let value = yaml::document(&text, 0).and_then(|tree| read::to_json(&tree.root, 0));
    value.map(Option::unwrap_or_default).map_err(|fault| fault.in_document(0, &text))
}

/// SealedSecrets as text.
pub fn write_sealed_secrets(objects: &[SealedSecret], format: Format) -> String {
    let mut out = String::new();
    for object in objects {
        write_tree(&write::sealed_secret(object), format, &mut out);
    }
    out
}

/// Secrets as text (what recovery prints); it holds the plaintext.
pub fn write_secrets(objects: &[Secret], format: Format) -> Zeroizing<String> {
    // Sized once: a growing buffer would leave copies behind.
    let sizes = objects.iter().flat_map(|object| object.data.values().chain(object.string_data.values()));
    let size: usize = sizes.map(|value| value.len() * ESCAPED_BYTE).sum();
    let mut out = Zeroizing::new(String::with_capacity(size + objects.len() * TYPICAL_METADATA));
    for object in objects {
        write_tree(&write::secret(object), format, &mut out);
    }
    out
}

/// An escaped byte takes at most this many, such as `\\u003c`.
const ESCAPED_BYTE: usize = 6;
/// Room for all but the values.
const TYPICAL_METADATA: usize = 4096;

fn write_tree(tree: &Tree, format: Format, out: &mut String) {
    match format {
        Format::Json => write::json(&tree.root, out),
        Format::Yaml => write::document(&tree.root, out),
    }
}

/// The documents of a YAML text: each document's place, and whether it holds anything.
pub(crate) fn split(text: &str) -> Result<Vec<Part>, DecodeError> {
    let parts = stream::split(text)?.into_iter();
    Ok(parts
        .map(|(range, next)| Part { is_empty: stream::is_empty(&text[range.clone()]), range, next })
        .collect())
}

/// A document's place in a text.
pub(crate) struct Part {
    /// Its own text.
    pub(crate) range: std::ops::Range<usize>,
    /// Where the next document begins, behind the separator.
    pub(crate) next: usize,
    /// Whether nothing but blank lines, comments and directives stands there.
    pub(crate) is_empty: bool,
}

/// Text of any encoding that is read, as text.
pub(crate) fn decoded(text: &[u8]) -> Result<std::borrow::Cow<'_, str>, DecodeError> {
    text::decode(text)
}

/// Any one YAML document as JSON text.
pub(crate) fn document_as_json(text: &str) -> Result<String, DecodeError> {
    let tree = yaml::document(text, 0).map_err(|fault| fault.in_document(0, text))?;
    let mut out = String::new();
    write::json(&tree.root, &mut out);
    Ok(out)
}

/// The tree of a text that holds a single object: JSON if it begins with a brace, else YAML.
fn single(text: &str) -> Result<(Tree, Reader), DecodeError> {
    let fault = |fault: error::Fault| fault.in_document(0, text);
    if !text.trim_start().starts_with('{') {
        return Ok((yaml::document(text, 0).map_err(fault)?, Reader::strict(true)));
    }
    let (tree, length) =
        json::value(text.trim_start(), text.len() - text.trim_start().len()).map_err(fault)?;
    let rest = &text.trim_start()[length..];
    if !rest.trim().is_empty() {
        let problem = Problem::JsonSyntax("more text after the end of the object");
        return Err(fault(error::Fault::new(text.len() - rest.len(), problem)));
    }
    Ok((tree, Reader::strict(false)))
}
