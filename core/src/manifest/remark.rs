//! What is odd about a Secret's text, though it can be read: what was typed is hardly what was meant.

use super::{
    altered::altered,
    annotations, empty, fields,
    node::{Node, Value},
    read::{METADATA, SECRET},
    repeated,
};

pub use annotations::ScopeRemark;
pub use fields::UnknownField;

/// Something odd about a Secret's text. Names and lines only, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// YAML reads another text than stands there, as `0123` becomes 83.
    Altered {
        /// The field.
        field: String,
    },
    /// A `#` begins a comment, so that it and what follows are no part of the value.
    Comment {
        /// The field.
        field: String,
        /// Where it stands, from 1.
        line: usize,
    },
    /// There is no value: `null`, or nothing behind the colon.
    Empty {
        /// The field.
        field: String,
    },
    /// A key stands again, and what stood before is lost.
    Repeated {
        /// The field.
        field: String,
        /// Where it stands again, from 1.
        line: usize,
    },
    /// A field that a Secret has not.
    Unknown(UnknownField),
    /// An annotation that looks like a scope and sets none.
    Scope(ScopeRemark),
}

impl Remark {
    /// Its line, which is an offset until all of the text is read.
    pub(super) fn line_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Comment { line, .. } | Self::Repeated { line, .. } => Some(line),
            Self::Altered { .. } | Self::Empty { .. } | Self::Unknown(_) | Self::Scope(_) => None,
        }
    }
}

/// More of a kind are of no help to who corrects the text.
pub const MOST_REMARKS: usize = 20;

/// All that is odd about a Secret; lines are offsets yet.
pub(super) fn remarks(text: &str, root: Node<'_>) -> Vec<Remark> {
    let mut found: Vec<_> = altered(text, root).into_iter().map(|field| Remark::Altered { field }).collect();
    let comments = empty::comments(text, root).take(MOST_REMARKS);
    found.extend(comments.map(|(field, line)| Remark::Comment { field, line }));
    let empty = empty::empty(text, root).take(MOST_REMARKS);
    found.extend(empty.map(|field| Remark::Empty { field }));
    let repeated = repeated::of_secret(root).take(MOST_REMARKS);
    found.extend(repeated.map(|(field, line)| Remark::Repeated { field, line }));
    let metadata = child(root, "metadata");
    let unknown = fields::unknown(Some(root), "", SECRET, true);
    let unknown = unknown.chain(fields::unknown(metadata, "metadata", METADATA, true));
    found.extend(unknown.take(MOST_REMARKS).map(Remark::Unknown));
    let annotations = metadata.and_then(|metadata| child(metadata, "annotations"));
    found.extend(annotations::scopes(annotations).take(MOST_REMARKS).map(Remark::Scope));
    found
}

/// A field by its name, whose case does not matter in a stream.
pub(super) fn child<'t>(node: Node<'t>, field: &str) -> Option<Node<'t>> {
    let Value::Map(map) = node.value() else { return None };
    map.entries().filter(|(name, _)| name.eq_ignore_ascii_case(field)).last().map(|(_, node)| node)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::{
        super::kinds::{Document, documents},
        Remark,
    };

    /// The remarks on the first document.
    pub(in crate::manifest) fn of(text: &str) -> Vec<Remark> {
        match documents(text.as_bytes()).unwrap().remove(0) {
            Document::Secret { remarks, .. } => remarks,
            Document::Other(_) | Document::LeftOut { .. } => Vec::new(),
        }
    }

    #[test]
    fn a_secret_as_it_should_be_is_not_remarked_upon() {
        for text in [
            "apiVersion: v1\nkind: Secret\nmetadata:\n  creationTimestamp: null\n  name: a\n  labels: {x: }\n  annotations: {sealedsecrets.bitnami.com/managed: \"true\", sealedsecrets.bitnami.com/cluster-wide: \"false\"}\ntype: Opaque\nimmutable: true\ndata:\n  a: YQ== # a\nstringData:\n  b: c # a comment\n  d: \"\"\n  e: a#b\n  f: '#a'\n  g: |\n    #a\n  h: \"a\" #b\n",
            "{\"kind\": \"Secret\", \"metadata\": {\"name\": \"a\"}, \"metadata\": {\"namespace\": \"b\"}, \"Data\": {\"a\": \"YQ==\"}}",
            "kind: Secret\nmetadata: {labels: &a {a: b}, annotations: {<<: *a, a: c}}\nstringData: {a: b}\n",
        ] {
            assert_eq!(of(text), Vec::<Remark>::new(), "{text}");
        }
    }
}
