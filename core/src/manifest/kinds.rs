//! Streams of more than one kind: Secrets or SealedSecrets among other objects and in lists.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    DecodeError, Secret,
    altered::altered,
    bounds::{Allowance, Bounds},
    error::Fault,
    findings::{Finding, findings},
    json,
    node::{Items, Node, Value},
    read::{self, Reader},
    stream::{self, Piece, Stream, Syntax},
    text, yaml,
};
use crate::{SealedSecret, names};

/// One object of a stream of many kinds, where Secrets are wanted.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all documents are Secrets")]
pub enum Document {
    /// A Secret, or an object that does not say what it is.
    Secret {
        /// The object.
        secret: Secret,
        /// The fields whose text YAML changed, as `0123` becomes 83.
        altered: Vec<String>,
    },
    /// Anything else.
    Other(Other),
}

/// One object of a stream of many kinds, where SealedSecrets are wanted.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all entries are SealedSecrets")]
pub enum Entry {
    /// A SealedSecret, or an object that does not say what it is.
    Sealed {
        /// The object.
        object: SealedSecret,
        /// What can be seen to be wrong with it without any key.
        findings: Vec<Finding>,
    },
    /// Anything else.
    Other(Other),
}

/// An object of another kind than the one that is wanted.
#[derive(Debug)]
pub struct Other {
    /// Its kind; empty when it has none.
    pub kind: String,
    /// Its name; empty when it has none.
    pub name: String,
    /// Its text as it stands in the input, without separators: YAML, or JSON, which is YAML too.
    pub source: Zeroizing<String>,
}

impl Other {
    /// Whether it is a SealedSecret.
    pub fn is_sealed(&self) -> bool {
        self.kind == names::KIND
    }

    /// Whether it is a list of objects.
    pub fn is_list(&self) -> bool {
        is_list(&self.kind)
    }
}

/// The objects of a stream in order, those of lists among them; other kinds than Secrets keep their text.
pub fn documents(text: &[u8]) -> Result<Vec<Document>, DecodeError> {
    let text = text::decode(text)?;
    let read = |reader: &Reader, piece: &Piece<'_>| {
        let root = piece.tree.root();
        if let Some((kind, items)) = list(root) {
            let documents = items.enumerate().map(|(index, item)| {
                let document = match secret_or_kind(item, kind) {
                    None => secret(&text, reader, item),
                    Some(kind) => other(kind, item).map(|other| Some(Document::Other(other))),
                };
                document.map_err(|fault| fault.at_index(index).inside("items"))
            });
            return documents.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>().map(Some);
        }
        let document = match secret_or_kind(root, "") {
            None => secret(&text, reader, root)?,
            Some(kind) => Some(Document::Other(as_it_stands(kind, piece))),
        };
        Ok(document.map(|document| vec![document]))
    };
    let documents: Vec<Vec<Document>> = Stream::new(&text, &Bounds::FILE, read).collect::<Result<_, _>>()?;
    Ok(documents.into_iter().flatten().collect())
}

/// The objects of a stream, each as a Secret whatever it says it is, as the reference reads them; but never a
/// SealedSecret, whose ciphertexts would be lost, and no list, which holds no values of its own.
pub fn as_secrets(text: &[u8]) -> Result<Vec<Document>, DecodeError> {
    let text = text::decode(text)?;
    let read = |reader: &Reader, piece: &Piece<'_>| {
        let root = piece.tree.root();
        let list_kind = list(root).map(|(kind, _)| kind.to_owned());
        match list_kind.or_else(|| is_sealed(root).then(|| names::KIND.to_owned())) {
            Some(kind) => Ok(Some(Document::Other(as_it_stands(kind, piece)))),
            None => secret(&text, reader, root),
        }
    };
    Stream::new(&text, &Bounds::FILE, read).collect()
}

/// The objects of a stream in order, those of lists among them; other kinds than SealedSecrets keep their text.
///
/// `strictly`: each is read as [`super::sealed_secret`] reads a single one.
pub fn entries(text: &[u8], strictly: bool) -> Result<Vec<Entry>, DecodeError> {
    let text = text::decode(text)?;
    let read = |reader: &Reader, piece: &Piece<'_>| {
        let strict = Reader::strict(piece.syntax == Syntax::Yaml);
        let sealed = |node: Node<'_>| {
            if matches!(node.value(), Value::Null) {
                return Ok(None);
            }
            let object =
                if strictly { strict.only_sealed_secret(node).map(Some) } else { reader.sealed_secret(node) };
            Ok(object?.map(|object| Entry::Sealed { object, findings: findings(node) }))
        };
        let root = piece.tree.root();
        if let Some((_, items)) = list(root) {
            let entries = items.enumerate().map(|(index, item)| {
                let entry = match kind_beside_sealed(item) {
                    None => sealed(item),
                    Some(kind) => other(kind, item).map(|other| Some(Entry::Other(other))),
                };
                entry.map_err(|fault| fault.at_index(index).inside("items"))
            });
            return entries.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>().map(Some);
        }
        let entry = match kind_beside_sealed(root) {
            None => sealed(root)?,
            Some(kind) => Some(Entry::Other(as_it_stands(kind, piece))),
        };
        Ok(entry.map(|entry| vec![entry]))
    };
    let entries: Vec<Vec<Entry>> = Stream::new(&text, &Bounds::FILE, read).collect::<Result<_, _>>()?;
    Ok(entries.into_iter().flatten().collect())
}

/// A document of a text, and what SealedSecrets it holds.
pub(crate) struct Part {
    /// Its own text.
    pub(crate) range: Range<usize>,
    /// Whether it is a JSON value.
    pub(crate) is_json: bool,
    pub(crate) content: Content,
}

/// What a document holds.
pub(crate) enum Content {
    /// Blank lines, comments and directives.
    Nothing,
    /// A SealedSecret, or an object without a kind.
    Sealed,
    /// A list; the places of its SealedSecrets.
    List(Vec<usize>),
    /// Another kind.
    Other(String),
    /// It cannot be read.
    Broken(Broken),
}

/// A document that cannot be read. Its line is only found when it is asked for: that takes the text before it.
pub(crate) struct Broken {
    fault: Fault,
    number: usize,
}

impl Broken {
    /// What is wrong; `text` is the one that was given to [`parts`].
    pub(crate) fn error(&self, text: &str) -> DecodeError {
        self.fault.clone().in_document(self.number, text)
    }
}

/// The documents of a text in their order; what stands between them is separators and blanks.
pub(crate) fn parts(text: &str) -> Result<Vec<Part>, DecodeError> {
    let allowance = Allowance::new(&Bounds::FILE);
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()).map(|blanks| at + blanks) {
        let is_json = text[start..].starts_with('{');
        let value = if is_json { json::value(&text[start..], start, &allowance).ok() } else { None };
        let Some((tree, length)) = value else { break };
        at = start + length;
        parts.push(Part { range: start..at, is_json: true, content: content(tree.root()) });
    }
    if text[at..].trim().is_empty() {
        return Ok(parts);
    }
    for (range, _) in stream::split(&text[at..])? {
        let range = at + range.start..at + range.end;
        let source = &text[range.clone()];
        let content = if stream::is_empty(source) {
            Content::Nothing
        } else {
            let mut room = Zeroizing::default();
            match yaml::document(stream::line_ended(source, &mut room), range.start, &allowance) {
                Ok(tree) => content(tree.root()),
                Err(fault) => Content::Broken(Broken { fault, number: parts.len() + 1 }),
            }
        };
        parts.push(Part { range, is_json: false, content });
    }
    Ok(parts)
}

/// The SealedSecrets that a document of a text holds, read strictly, in the order of its content.
pub(crate) fn objects(text: &str, part: &Part) -> Result<Vec<SealedSecret>, DecodeError> {
    let source = &text[part.range.clone()];
    let mut room = Zeroizing::default();
    let allowance = Allowance::new(&Bounds::FILE);
    let tree = if part.is_json {
        json::value(source, part.range.start, &allowance).map(|(tree, _)| tree)
    } else {
        yaml::document(stream::line_ended(source, &mut room), part.range.start, &allowance)
    };
    let objects = tree.and_then(|tree| {
        let reader = Reader::strict(!part.is_json);
        let objects = match &part.content {
            Content::Sealed => vec![reader.only_sealed_secret(tree.root())?],
            Content::List(wanted) => {
                let mut items = list_items(tree.root()).into_iter().flatten().enumerate();
                let item = |index: &usize| items.find(|(found, _)| found == index).map(|(_, item)| item);
                let items = wanted.iter().filter_map(item);
                items.map(|item| reader.only_sealed_secret(item)).collect::<Result<_, _>>()?
            }
            Content::Nothing | Content::Other(_) | Content::Broken(_) => Vec::new(),
        };
        reader.check_numbers(&tree)?;
        Ok(objects)
    });
    objects.map_err(|fault| fault.in_document(0, text))
}

fn content(root: Node<'_>) -> Content {
    if matches!(root.value(), Value::Null) {
        return Content::Nothing;
    }
    let is_sealed = |node: Node<'_>| match kind_beside_sealed(node) {
        // What has neither a kind nor any field of a SealedSecret is none, as for the reader of streams.
        None => !matches!(Reader::yaml_stream().sealed_secret(node), Ok(None)),
        Some(_) => false,
    };
    if let Some((_, items)) = list(root) {
        let items = items.enumerate();
        return Content::List(items.filter_map(|(index, item)| is_sealed(item).then_some(index)).collect());
    }
    match kind_beside_sealed(root) {
        Some(kind) => Content::Other(kind),
        None if is_sealed(root) => Content::Sealed,
        None => Content::Other(String::new()),
    }
}

fn secret(text: &str, reader: &Reader, node: Node<'_>) -> Result<Option<Document>, Fault> {
    let secret = reader.secret(node)?;
    Ok(secret.map(|secret| Document::Secret { secret, altered: altered(text, node) }))
}

fn as_it_stands(kind: String, piece: &Piece<'_>) -> Other {
    Other { kind, name: name_of(piece.tree.root()), source: Zeroizing::new(piece.source.to_owned()) }
}

fn other(kind: String, item: Node<'_>) -> Result<Other, Fault> {
    let json = read::to_json(item, 0)?.unwrap_or_default();
    // A JSON value of text keys always has a text form.
    let source = Zeroizing::new(format!("{json:#}\n"));
    Ok(Other { kind, name: name_of(item), source })
}

/// The kind and the items of a list of objects.
fn list(root: Node<'_>) -> Option<(&str, Items<'_>)> {
    let kind = text_of(root, "kind");
    if is_list(kind) { Some((kind, list_items(root)?)) } else { None }
}

fn list_items(root: Node<'_>) -> Option<Items<'_>> {
    match root.get("items")?.value() {
        Value::List(items) => Some(items),
        _ => None,
    }
}

fn is_list(kind: &str) -> bool {
    matches!(kind, "List" | "SecretList" | "SealedSecretList")
}

/// Nothing for what is read as a Secret, else the kind. Items of typed lists need no kind of their own.
///
/// Compat: the reference seals whatever it gets, so a missing kind and another case of letters count as a Secret.
fn secret_or_kind(root: Node<'_>, list: &str) -> Option<String> {
    let kind = text_of(root, "kind");
    if is_sealed(root) || (kind.is_empty() && list == "SealedSecretList") {
        return Some(names::KIND.to_owned());
    }
    let is_secret = kind.is_empty() || kind.eq_ignore_ascii_case("Secret");
    (!is_secret).then(|| kind.to_owned())
}

/// Nothing for what is read as a SealedSecret, else the kind.
fn kind_beside_sealed(root: Node<'_>) -> Option<String> {
    let kind = text_of(root, "kind");
    let is_sealed = kind.is_empty() || kind.eq_ignore_ascii_case(names::KIND);
    (!is_sealed).then(|| kind.to_owned())
}

/// Whether an object is a SealedSecret, by what it says or, where it has no values in the open, by its ciphertexts.
fn is_sealed(root: Node<'_>) -> bool {
    let kind = text_of(root, "kind");
    let of_group = text_of(root, "apiVersion").starts_with("bitnami.com/");
    let has_values = get_folded(root, "data").or_else(|| get_folded(root, "stringData")).is_some();
    let ciphertexts = get_folded(root, "spec").and_then(|spec| get_folded(spec, "encryptedData"));
    kind.eq_ignore_ascii_case(names::KIND)
        || (kind.is_empty() && of_group)
        || (!has_values && ciphertexts.is_some_and(|node| matches!(node.value(), Value::Map(_))))
}

/// Compat: streams are read without regard to the case of field names.
fn get_folded<'t>(node: Node<'t>, key: &str) -> Option<Node<'t>> {
    let Value::Map(map) = node.value() else { return None };
    map.entries_of(|name| name.eq_ignore_ascii_case(key))
        .filter(|(name, _)| name.eq_ignore_ascii_case(key))
        .last()
        .map(|(_, node)| node)
}

fn name_of(root: Node<'_>) -> String {
    root.get("metadata").map(|metadata| text_of(metadata, "name").to_owned()).unwrap_or_default()
}

fn text_of<'t>(node: Node<'t>, key: &str) -> &'t str {
    node.get(key).and_then(Node::text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        let describe = |document: Document| match document {
            Document::Secret { secret, .. } => format!("Secret {}", secret.metadata.name.unwrap_or_default()),
            Document::Other(Other { kind, name, source }) => format!("{kind} {name}: {}", source.trim()),
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

    #[test]
    fn what_is_sealed_is_never_taken_for_a_secret() {
        for text in [
            "kind: SealedSecret\n",
            "kind: sealedsecret\nspec: {encryptedData: {a: x}}\n",
            "apiVersion: bitnami.com/v1alpha1\nmetadata: {name: a}\n",
            "metadata: {name: a}\nspec: {encryptedData: {a: x}}\n",
            "kind: Secret\nSpec: {EncryptedData: {a: x}}\n",
            "{\"spec\": {\"encryptedData\": {}}}",
        ] {
            for read in [documents, as_secrets] {
                let found = read(text.as_bytes()).unwrap();
                assert!(matches!(&found[..], [Document::Other(other)] if other.is_sealed()), "{text}");
            }
        }
        let plain = as_secrets(b"kind: ConfigMap\ndata: {a: YQ==}\n").unwrap();
        assert!(matches!(&plain[..], [Document::Secret { .. }]), "as the reference does");
    }

    #[test]
    fn sealed_secrets_are_found_in_lists_and_among_other_kinds() {
        let text = "kind: Pod\n---\nkind: List\nitems:\n- {kind: SealedSecret, metadata: {name: a}, spec: {}}\n- {kind: Secret}\n---\nmetadata: {name: b}\n";
        let describe = |entry: Entry| match entry {
            Entry::Sealed { object, .. } => object.name().to_owned(),
            Entry::Other(other) => other.kind,
        };
        let found: Vec<_> = entries(text.as_bytes(), false).unwrap().into_iter().map(describe).collect();
        assert_eq!(found, ["Pod", "a", "Secret", "b"]);
    }
}
