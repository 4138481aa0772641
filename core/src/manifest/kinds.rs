//! Streams of more than one kind: Secrets among other objects and in lists; several SealedSecrets to open.

use zeroize::Zeroizing;

use super::{
    DecodeError, Secret,
    error::Fault,
    node::{Node, Value},
    read::{self, Reader},
    stream::{Piece, Stream, Syntax},
    text,
};
use crate::SealedSecret;

/// One object of a stream of many kinds.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all documents are Secrets")]
pub enum Document {
    /// A Secret, or an object that does not say what it is.
    Secret(Secret),
    /// Anything else.
    Other {
        /// Its kind.
        kind: String,
        /// Its name; empty when it has none.
        name: String,
        /// Its text as it stands in the input, without separators: YAML, or JSON, which is YAML too.
        source: Zeroizing<String>,
    },
}

/// The objects of a stream in order, those of `v1.List`s among them.
pub fn documents(text: &[u8]) -> Result<Vec<Document>, DecodeError> {
    let text = text::decode(text)?;
    let read = |reader: &Reader, piece: &mut Piece<'_>| {
        let kind = text_of(&piece.tree.root, "kind").to_owned();
        if is_list(&kind) && list_items(&mut piece.tree.root).is_some() {
            return listed(reader, &mut piece.tree.root).map(Some);
        }
        if is_secret(&kind) {
            return Ok(reader.secret(&mut piece.tree.root)?.map(|secret| vec![Document::Secret(secret)]));
        }
        let source = Zeroizing::new(piece.source.to_owned());
        Ok(Some(vec![Document::Other { kind, name: name_of(&piece.tree.root), source }]))
    };
    let documents: Vec<Vec<Document>> = Stream::new(&text, read).collect::<Result<_, _>>()?;
    Ok(documents.into_iter().flatten().collect())
}

/// The SealedSecrets of a stream, each read strictly as [`super::sealed_secret`] reads a single one.
pub fn recoverable(text: &[u8]) -> Result<Vec<SealedSecret>, DecodeError> {
    let text = text::decode(text)?;
    let read = |_: &Reader, piece: &mut Piece<'_>| {
        if matches!(piece.tree.root.value, Value::Null) {
            return Ok(None);
        }
        Reader::strict(piece.syntax == Syntax::Yaml).only_sealed_secret(&mut piece.tree.root).map(Some)
    };
    Stream::new(&text, read).collect()
}

fn listed(reader: &Reader, root: &mut Node) -> Result<Vec<Document>, Fault> {
    let items = list_items(root).into_iter().flatten().enumerate();
    let documents = items.map(|(index, item)| {
        let kind = text_of(item, "kind").to_owned();
        let document = if is_secret(&kind) {
            reader.secret(item).map(|secret| secret.map(Document::Secret))
        } else {
            other(kind, item).map(Some)
        };
        document.map_err(|fault| fault.at_index(index).inside("items"))
    });
    Ok(documents.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

fn other(kind: String, item: &Node) -> Result<Document, Fault> {
    let json = read::to_json(item, 0)?.unwrap_or_default();
    // A JSON value of text keys always has a text form.
    let source = Zeroizing::new(format!("{json:#}\n"));
    Ok(Document::Other { kind, name: name_of(item), source })
}

fn list_items(root: &mut Node) -> Option<&mut Vec<Node>> {
    let Value::Map(entries) = &mut root.value else { return None };
    match &mut entries.iter_mut().rev().find(|(name, _)| name == "items")?.1.value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

fn is_list(kind: &str) -> bool {
    matches!(kind, "List" | "SecretList")
}

/// Compat: the reference seals whatever it gets, so a missing kind and another case of letters count as a Secret.
fn is_secret(kind: &str) -> bool {
    kind.is_empty() || kind.eq_ignore_ascii_case("Secret")
}

fn name_of(root: &Node) -> String {
    root.get("metadata").map(|metadata| text_of(metadata, "name").to_owned()).unwrap_or_default()
}

fn text_of<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        let describe = |document: Document| match document {
            Document::Secret(secret) => format!("Secret {}", secret.metadata.name.unwrap_or_default()),
            Document::Other { kind, name, source } => format!("{kind} {name}: {}", source.trim()),
        };
        documents(text.as_bytes()).unwrap().into_iter().map(describe).collect()
    }

    #[test]
    fn other_kinds_keep_their_text_and_their_place() {
        let text =
            "kind: Secret\nmetadata: {name: a}\n---\n# kept\nkind: ConfigMap\nmetadata: {name: b}\n---\n{}\n";
        assert_eq!(kinds(text), ["Secret a", "ConfigMap b: # kept\nkind: ConfigMap\nmetadata: {name: b}"]);
    }

    #[test]
    fn lists_are_opened_up() {
        let text =
            "kind: List\nitems:\n- {kind: Secret, metadata: {name: a}}\n- {kind: Pod, metadata: {name: p}}\n";
        let found = kinds(text);
        assert_eq!(found[0], "Secret a");
        assert!(found[1].starts_with("Pod p: {"), "{found:?}");
    }

    #[test]
    fn a_fault_in_a_list_is_placed() {
        let error = documents(b"kind: List\nitems:\n- {kind: Secret, data: {a: '%'}}\n").unwrap_err();
        assert!(error.to_string().contains("items[0].data.a"), "{error}");
    }
}
