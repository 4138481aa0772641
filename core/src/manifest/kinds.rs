//! Streams of more than one kind: Secrets or SealedSecrets among other objects and in lists.

use std::cell::Cell;

use zeroize::Zeroizing;

use super::{
    DecodeError, Secret,
    bounds::Bounds,
    error::Fault,
    fields::{self, UnknownField},
    findings::{self, Finding, findings},
    kind::{is_like_secret, is_list, is_sealed, kind_beside_sealed, list, name_of, secret_or_kind},
    lines,
    node::{Node, Value},
    read::{self, Reader},
    remark::{MOST_REMARKS, Remark, remarks},
    stream::{Piece, Stream, Syntax},
    text,
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
        /// What is odd about its text.
        remarks: Vec<Remark>,
    },
    /// Anything else.
    Other(Other),
    /// An object that does not say what it is and has no field of a Secret: nothing comes of it. Only the first
    /// [`MOST_REMARKS`](super::MOST_REMARKS) of a text are told.
    LeftOut {
        /// Where it begins, from 1.
        line: usize,
    },
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
    /// An object that does not say what it is and has no field of a SealedSecret: nothing comes of it. Only the first
    /// [`MOST_REMARKS`](super::MOST_REMARKS) of a text are told.
    LeftOut {
        /// Where it begins, from 1.
        line: usize,
    },
}

/// An object of another kind than the one that is wanted.
#[derive(Debug)]
pub struct Other {
    /// Its kind; empty when it has none.
    pub kind: String,
    /// Its name; empty when it has none.
    pub name: String,
    /// Its text as it stands in the input, without separators: YAML, or JSON, which is YAML too. Its last line is ended
    /// only where it is in the input; a stream is read as if it were.
    pub source: Zeroizing<String>,
    /// Whether it has the shape of a Secret, so that its values are hardly meant to be read by all: `stringData`,
    /// `data` outside a `ConfigMap`, a kind that `v1` does not have, such as `Secrte`, or a Secret with values inside.
    pub is_like_secret: bool,
    /// Of a list, the fields that it has not: `itmes` holds nothing that anybody reads.
    pub unknown: Vec<UnknownField>,
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

/// The objects of a stream in order, those of lists among them; other kinds than Secrets keep their text, as do lists
/// without objects.
pub fn documents(text: &[u8]) -> Result<Vec<Document>, DecodeError> {
    let (text, left_out) = (text::decode(text)?, LeftOut::default());
    let read = |reader: &Reader, piece: &Piece<'_>| {
        let root = piece.tree.root();
        if let Some((kind, items)) = list(root) {
            let documents = items.enumerate().map(|(index, item)| {
                let document = match secret_or_kind(item, kind) {
                    None => secret(&text, reader, item, &left_out),
                    Some(kind) => other(kind, item).map(|other| Some(Document::Other(other))),
                };
                document.map_err(|fault| fault.at_index(index).inside("items"))
            });
            let documents = documents.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
            let is_empty = documents.is_empty();
            return Ok(Some(if is_empty {
                vec![Document::Other(as_it_stands(kind.to_owned(), piece))]
            } else {
                documents
            }));
        }
        let document = match secret_or_kind(root, "") {
            None => secret(&text, reader, root, &left_out)?,
            Some(kind) => Some(Document::Other(as_it_stands(kind, piece))),
        };
        Ok(document.map(|document| vec![document]))
    };
    let documents: Vec<Vec<Document>> = Stream::new(&text, &Bounds::FILE, read).collect::<Result<_, _>>()?;
    let mut documents: Vec<_> = documents.into_iter().flatten().collect();
    number(&text, &mut documents);
    Ok(documents)
}

/// The objects of a stream, each as a Secret whatever it says it is, as the reference reads them; but never a
/// SealedSecret, whose ciphertexts would be lost, and no list, which holds no values of its own.
pub fn as_secrets(text: &[u8]) -> Result<Vec<Document>, DecodeError> {
    let (text, left_out) = (text::decode(text)?, LeftOut::default());
    let read = |reader: &Reader, piece: &Piece<'_>| {
        let root = piece.tree.root();
        let list_kind = list(root).map(|(kind, _)| kind.to_owned());
        match list_kind.or_else(|| is_sealed(root).then(|| names::KIND.to_owned())) {
            Some(kind) => Ok(Some(Document::Other(as_it_stands(kind, piece)))),
            // What is no Secret says so before anything that is wrong with it as one.
            None => secret(&text, reader, root, &left_out).map_err(|fault| match secret_or_kind(root, "") {
                Some(kind) => fault.of_kind(kind),
                None => fault,
            }),
        }
    };
    let mut documents = Stream::new(&text, &Bounds::FILE, read).collect::<Result<Vec<_>, _>>()?;
    number(&text, &mut documents);
    Ok(documents)
}

/// The objects of a stream in order, those of lists among them; other kinds than SealedSecrets keep their text.
///
/// `strictly`: each is read as [`super::sealed_secret`] reads a single one.
pub fn entries(text: &[u8], strictly: bool) -> Result<Vec<Entry>, DecodeError> {
    let (text, left_out) = (text::decode(text)?, LeftOut::default());
    let read = |reader: &Reader, piece: &Piece<'_>| {
        let strict = Reader::strict(piece.syntax == Syntax::Yaml);
        let sealed = |node: Node<'_>| {
            if matches!(node.value(), Value::Null) {
                return Ok(None);
            }
            let object =
                if strictly { strict.only_sealed_secret(node).map(Some) } else { reader.sealed_secret(node) };
            Ok(match object? {
                Some(object) => Some(Entry::Sealed { object, findings: findings(node) }),
                None => left_out.line(node).map(|line| Entry::LeftOut { line }),
            })
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
    let mut entries: Vec<_> = entries.into_iter().flatten().collect();
    let places = entries.iter_mut().flat_map(|entry| match entry {
        Entry::Sealed { findings, .. } => findings.iter_mut().filter_map(findings::line_mut).collect(),
        Entry::Other(_) => Vec::new(),
        Entry::LeftOut { line } => vec![line],
    });
    lines::number(&text, places.collect());
    Ok(entries)
}

fn secret(
    text: &str,
    reader: &Reader,
    node: Node<'_>,
    left_out: &LeftOut,
) -> Result<Option<Document>, Fault> {
    Ok(match reader.secret(node)? {
        Some(secret) => Some(Document::Secret { secret, remarks: remarks(text, node) }),
        None => left_out.line(node).map(|line| Document::LeftOut { line }),
    })
}

/// Counts the objects that come to nothing: only the first are worth telling, and worth their memory.
#[derive(Default)]
struct LeftOut(Cell<usize>);

impl LeftOut {
    /// The offset of a map with something in it, unless there were many before.
    fn line(&self, node: Node<'_>) -> Option<usize> {
        let says_something = matches!(node.value(), Value::Map(map) if map.entries().next().is_some());
        let is_told = says_something && self.0.replace(self.0.get() + 1) < MOST_REMARKS;
        is_told.then(|| node.at())
    }
}

/// Puts lines in the place of offsets.
fn number(text: &str, documents: &mut [Document]) {
    let places = documents.iter_mut().flat_map(|document| match document {
        Document::Secret { remarks, .. } => remarks.iter_mut().filter_map(Remark::line_mut).collect(),
        Document::Other(_) => Vec::new(),
        Document::LeftOut { line } => vec![line],
    });
    lines::number(text, places.collect());
}

const LIST: &[&str] = &["apiVersion", "kind", "metadata", "items"];

fn as_it_stands(kind: String, piece: &Piece<'_>) -> Other {
    let (root, source) = (piece.tree.root(), Zeroizing::new(piece.source.to_owned()));
    let list = is_list(&kind).then_some(root);
    let unknown = fields::unknown(list, "", LIST, true).take(MOST_REMARKS).collect();
    Other { kind, name: name_of(root), source, is_like_secret: is_like_secret(root), unknown }
}

fn other(kind: String, item: Node<'_>) -> Result<Other, Fault> {
    let json = read::to_json(item, 0)?.unwrap_or_default();
    // A JSON value of text keys always has a text form.
    let source = Zeroizing::new(format!("{json:#}\n"));
    Ok(Other { kind, name: name_of(item), source, is_like_secret: is_like_secret(item), unknown: Vec::new() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        let describe = |document: Document| match document {
            Document::Secret { secret, .. } => format!("Secret {}", secret.metadata.name.unwrap_or_default()),
            Document::Other(Other { kind, name, source, .. }) => format!("{kind} {name}: {}", source.trim()),
            Document::LeftOut { line } => format!("left out in line {line}"),
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
    fn an_object_that_comes_to_nothing_is_told_with_its_line() {
        let text =
            "kind: Secret\nmetadata: {name: a}\n---\n# none\n---\n{}\n---\n# values\nimage: {tag: a}\n";
        assert_eq!(kinds(text), ["Secret a", "left out in line 9"]);
        let found = entries(b"image: {tag: a}\n---\nmetadata: {name: b}\n", false).unwrap();
        assert!(matches!(found[..], [Entry::LeftOut { line: 1 }, Entry::Sealed { .. }]), "{found:?}");
    }

    #[test]
    fn what_is_no_secret_says_so_first() {
        let error = as_secrets(b"kind: ConfigMap\ndata: {a: '%'}\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "document 1, line 2, column 11: data.a: illegal base64 data at input byte 0: this is a ConfigMap, and no Secret"
        );
        assert!(error.hint().is_some_and(|hint| hint.contains("give the Secret")), "{error:?}");
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
    fn what_has_the_shape_of_a_secret_is_known_whatever_it_says_it_is() {
        let found = |text: &str| match documents(text.as_bytes()).unwrap().remove(0) {
            Document::Other(other) => other.is_like_secret,
            Document::Secret { .. } | Document::LeftOut { .. } => panic!("{text}"),
        };
        for text in [
            "apiVersion: v1\nkind: Secrte\n",
            "apiVersion: v1\nkind: Secrets\ndata: {a: YQ==}\n",
            "kind: Secrte\ndata: {a: YQ==}\n",
            "kind: ConfigMap\nStringData: {a: a}\n",
            "apiVersion: example.com/v1\nkind: Secrte\nstringData: {a: a}\n",
            "apiVersion: v1\nkind: Pod\ndata: {a: YQ==}\n",
            "kind: List\nitems: [{apiVersion: v1, kind: Secrte}]\n",
        ] {
            assert!(found(text), "{text}");
        }
        for text in [
            "apiVersion: v1\nkind: ConfigMap\ndata: {a: a}\n",
            "apiVersion: v1\nkind: Service\nspec: {}\n",
            "apiVersion: apps/v1\nkind: ControllerRevision\ndata: {a: a}\n",
            "kind: Kustomization\nresources: [a]\n",
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {encryptedData: {a: a}}\n",
        ] {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn a_fault_in_a_list_is_placed() {
        let error = documents(b"kind: List\nitems:\n- {kind: Secret, data: {a: '%'}}\n").unwrap_err();
        assert_eq!(error.path, "items[0].data.a");
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
            Entry::LeftOut { line } => format!("left out in line {line}"),
        };
        let found: Vec<_> = entries(text.as_bytes(), false).unwrap().into_iter().map(describe).collect();
        assert_eq!(found, ["Pod", "a", "Secret", "b"]);
    }
}
