//! Text to objects and back: streams of YAML 1.1 and JSON documents, read as the reference reads them.
//!
//! ```text
//! bytes ▶ text (UTF-8, UTF-16) ▶ stream (documents) ▶ yaml | json ▶ tree ▶ node (its values) ▶ read ▶ objects
//!                                                              objects ▶ write::shape (a tree) ▶ write ▶ text
//! ```
//!
//! What the reference loses without a word (broken documents, text behind a document's end, the items of a
//! list) is an error here or is read. Errors name document, line and field, and hold no text of the input.
//!
//! Reading takes time and memory in proportion to the text, whatever stands in it; `core/tests/linear.rs` measures it.

mod altered;
mod annotations;
mod backup;
mod bounds;
pub(crate) mod edit;
mod empty;
mod error;
mod fields;
mod findings;
mod float;
mod json;
mod kind;
mod kinds;
mod lines;
mod node;
pub(crate) mod parts;
mod read;
mod remark;
mod repeated;
mod segments;
mod stream;
mod text;
mod tree;
mod write;
mod yaml;

use crate::{SealedSecret, Secret};
use bounds::Allowance;
use read::Reader;
use stream::{Piece, Stream};
use tree::Tree;
use zeroize::Zeroizing;

pub use backup::backed_up_secrets;
pub use bounds::{Bound, Bounds};
pub use error::{DecodeError, Place, Problem};
pub use findings::Finding;
pub use kinds::{Document, Entry, Other, as_secrets, documents, entries};
pub use remark::{MOST_REMARKS, Remark, ScopeRemark, UnknownField};

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
    secrets_within(text, &Bounds::FILE)
}

/// [`secrets`] of a text that may not hold more than `bounds`.
pub fn secrets_within(text: &[u8], bounds: &Bounds) -> Result<Vec<Secret>, DecodeError> {
    let text = text::decode(text)?;
    Stream::new(&text, bounds, |reader, piece: &Piece<'_>| reader.secret(piece.tree.root())).collect()
}

/// A stream of SealedSecrets (the input of validate and re-encrypt).
pub fn sealed_secrets(text: &[u8]) -> Result<Vec<SealedSecret>, DecodeError> {
    let text = text::decode(text)?;
    let read = |reader: &Reader, piece: &Piece<'_>| reader.sealed_secret(piece.tree.root());
    Stream::new(&text, &Bounds::FILE, read).collect()
}

/// One SealedSecret, read strictly as the single-object reader does (recovery, merge target).
pub fn sealed_secret(text: &[u8]) -> Result<SealedSecret, DecodeError> {
    sealed_secret_within(text, &Bounds::FILE)
}

/// [`sealed_secret`] of a text that may not hold more than `bounds` (HTTP): reading stops where it does.
pub fn sealed_secret_within(text: &[u8], bounds: &Bounds) -> Result<SealedSecret, DecodeError> {
    let text = text::decode(text)?;
    let (tree, reader) = single(&text, bounds)?;
    let object = reader.only_sealed_secret(tree.root()).and_then(|object| {
        reader.check_numbers(&tree)?;
        Ok(object)
    });
    object.map_err(|fault| fault.in_document(0, &text))
}

/// The JSON form of one YAML document, without knowledge of what it should hold.
pub fn yaml_to_json(text: &[u8]) -> Result<serde_json::Value, DecodeError> {
    let text = text::decode(text)?;
    let tree = yaml::document(&text, 0, &Allowance::new(&Bounds::FILE));
    let value = tree.and_then(|tree| read::to_json(tree.root(), 0));
    value.map(Option::unwrap_or_default).map_err(|fault| fault.in_document(0, &text))
}

/// How many documents of a text the number in an error counts: all but blank ones.
///
/// Broken text counts as one document, since reading ends there.
pub fn document_count(text: &[u8]) -> usize {
    text::decode(text).map_or(1, |text| stream::count(&text))
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

fn write_tree(tree: &write::Tree, format: Format, out: &mut String) {
    match format {
        Format::Json => write::json(&tree.root, out),
        Format::Yaml => write::document(&tree.root, out),
    }
}

/// Text of any encoding that is read, as text.
pub(crate) fn decoded(text: &[u8]) -> Result<std::borrow::Cow<'_, str>, DecodeError> {
    text::decode(text)
}

/// Any one document written anew, with changes in it.
pub(crate) fn rewritten(
    text: &str,
    is_json: bool,
    format: Format,
    changes: &[edit::Change<'_>],
) -> Result<String, DecodeError> {
    let allowance = Allowance::new(&Bounds::FILE);
    let mut room = Zeroizing::default();
    let tree = if is_json {
        json::value(text, 0, &allowance).map(|(tree, _)| tree)
    } else {
        yaml::document(stream::line_ended(text, &mut room), 0, &allowance)
    };
    let tree = tree.map_err(|fault| fault.in_document(0, text))?;
    let mut out = String::new();
    let Some(next) = edit::changed(write::from_text(tree.root()), changes) else {
        // Items are read leniently, so that what is no map gets here: nothing can be put into it.
        let top = tree.root();
        let items = top.get("spec").and_then(|spec| spec.get("encryptedData")).unwrap_or(top);
        let fault = read::mismatch(items.at(), "a map", &items.value());
        return Err(fault.inside("encryptedData").inside("spec").in_document(0, text));
    };
    write_tree(&next, format, &mut out);
    Ok(out)
}

/// The tree of a text that holds a single object: JSON if it begins with a brace, else YAML.
fn single<'t>(text: &'t str, bounds: &Bounds) -> Result<(Tree<'t>, Reader), DecodeError> {
    let fault = |fault: error::Fault| fault.in_document(0, text);
    let allowance = Allowance::new(bounds);
    if !text.trim_start().starts_with('{') {
        return Ok((yaml::document(text, 0, &allowance).map_err(fault)?, Reader::strict(true)));
    }
    let start = text.len() - text.trim_start().len();
    let (tree, length) = json::value(text.trim_start(), start, &allowance).map_err(fault)?;
    let rest = &text.trim_start()[length..];
    if !rest.trim().is_empty() {
        let problem = Problem::JsonSyntax("more text after the end of the object");
        return Err(fault(error::Fault::new(text.len() - rest.len(), problem)));
    }
    Ok((tree, Reader::strict(false)))
}
