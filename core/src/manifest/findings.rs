//! What can be seen to be wrong with a SealedSecret without any key.

use std::{borrow::Cow, fmt};

use golang::base64;

use super::{
    annotations,
    error::Shown,
    fields,
    node::{Map, Node, Value},
    read::{METADATA, SEALED_SECRET, SPEC, TEMPLATE},
    remark::{MOST_REMARKS, ScopeRemark, UnknownField},
    repeated,
};

/// Something wrong with a SealedSecret; names only, never values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// An item that is no ciphertext: a placeholder, or a value that was never sealed.
    NoCiphertext {
        /// The item.
        item: String,
    },
    /// A field that a SealedSecret has not, so that an API server drops it.
    UnknownField(UnknownField),
    /// A key that stands again, so that what stood before is lost.
    Repeated {
        /// The field.
        path: String,
        /// Where it stands again, from 1.
        line: usize,
    },
    /// An annotation that looks like a scope and sets none.
    Scope(ScopeRemark),
    /// An annotation that is not text, which an API server refuses.
    AnnotationNotText {
        /// Its name.
        name: String,
        /// What stands there.
        found: &'static str,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCiphertext { item } => write!(
                f,
                "spec.encryptedData.{} is no ciphertext: seal the value with --raw or --merge-into",
                Shown(item)
            ),
            Self::UnknownField(UnknownField { path, meant }) => {
                write!(f, "{path} is no field of a SealedSecret, and is dropped")?;
                meant.map_or(Ok(()), |meant| write!(f, ": did you mean {meant}?"))
            }
            Self::Repeated { path, line } => {
                write!(f, "{path} stands again in line {line}, and only the last one counts")
            }
            Self::Scope(remark) => remark.fmt(f),
            Self::AnnotationNotText { name, found } => write!(
                f,
                "the annotation {} is {found}, and an API server refuses it: put the value in quotes",
                Shown(name)
            ),
        }
    }
}

/// What is wrong with an object.
pub(super) fn findings(root: Node<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let spec = root.get("spec");
    for (item, node) in entries(spec.and_then(|spec| spec.get("encryptedData"))) {
        if !node.text().is_some_and(is_ciphertext) {
            found.push(Finding::NoCiphertext { item: item.into_owned() });
        }
    }
    let template = spec.and_then(|spec| spec.get("template"));
    let (metadata, of_template) =
        (root.get("metadata"), template.and_then(|template| template.get("metadata")));
    let unknown = fields::unknown(Some(root), "", SEALED_SECRET, false)
        .chain(fields::unknown(metadata, "metadata", METADATA, false))
        .chain(fields::unknown(spec, "spec", SPEC, false))
        .chain(fields::unknown(template, "spec.template", TEMPLATE, false))
        .chain(fields::unknown(of_template, "spec.template.metadata", METADATA, false));
    found.extend(unknown.take(MOST_REMARKS).map(Finding::UnknownField));
    let repeated = repeated::of_sealed(root).take(MOST_REMARKS);
    found.extend(repeated.map(|(path, line)| Finding::Repeated { path, line }));
    let annotations = metadata.and_then(|metadata| metadata.get("annotations"));
    found.extend(annotations::scopes(annotations).take(MOST_REMARKS).map(Finding::Scope));
    for object in [Some(root), template].into_iter().flatten() {
        for (name, node) in entries(object.get("metadata").and_then(|metadata| metadata.get("annotations"))) {
            let value = node.value();
            if !matches!(value, Value::Text(_) | Value::Null) {
                let name = name.into_owned();
                found.push(Finding::AnnotationNotText { name, found: value.type_name() });
            }
        }
    }
    found
}

/// The line of a finding, which is an offset until all of the text is read.
pub(super) fn line_mut(finding: &mut Finding) -> Option<&mut usize> {
    match finding {
        Finding::Repeated { line, .. } => Some(line),
        Finding::NoCiphertext { .. }
        | Finding::UnknownField(_)
        | Finding::AnnotationNotText { .. }
        | Finding::Scope(_) => None,
    }
}

fn entries(node: Option<Node<'_>>) -> impl Iterator<Item = (Cow<'_, str>, Node<'_>)> {
    let map = node.and_then(|node| if let Value::Map(map) = node.value() { Some(map) } else { None });
    map.into_iter().flat_map(Map::entries)
}

/// Whether a text has the form of a ciphertext: an RSA block of a usual size, and what it wraps.
fn is_ciphertext(text: &str) -> bool {
    let Ok(bytes) = base64::decode(text.as_bytes()) else { return false };
    let Some((length, rest)) = bytes.split_first_chunk() else { return false };
    let block = usize::from(u16::from_be_bytes(*length));
    (LEAST_BLOCK..=MOST_BLOCK).contains(&block) && rest.len() >= block + TAG
}

/// Bytes of an RSA block of 1024 bits.
const LEAST_BLOCK: usize = 128;
/// Of 16,384 bits.
const MOST_BLOCK: usize = 2048;
/// Bytes that AES-GCM adds.
const TAG: usize = 16;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::super::kinds::{Entry, entries};

    #[test]
    fn placeholders_unknown_fields_and_booleans_are_found() {
        let good = golang::base64::encode(&[&[1, 0][..], &[7; 300]].concat());
        let text = format!(
            "{}: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  annotations: {{sealedsecrets.bitnami.com/cluster-wide: true, x: \"true\"}}\nspec:\n  encryptedData:\n    a: {good}\n    b: hunter2\n    c: YWJj\n  template:\n    type: Opaque\n    stringData: {{}}\n",
            "apiVersion"
        );
        let Entry::Sealed { findings, .. } = entries(text.as_bytes(), false).unwrap().remove(0) else {
            panic!("a SealedSecret")
        };
        let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("spec.encryptedData.b is no ciphertext"), "{told:?}");
        assert!(told[2].starts_with("spec.template.stringData is no field"), "{told:?}");
        assert!(told[3].contains("cluster-wide is a boolean"), "{told:?}");
        assert!(!told.concat().contains("hunter2"));
    }

    #[test]
    fn misspelt_fields_repeated_items_and_scopes_that_are_none_are_found() {
        let good = golang::base64::encode(&[&[1, 0][..], &[7; 300]].concat());
        let text = format!(
            "kind: SealedSecret\nmetadata:\n  nmae: a\n  annotations: {{sealedsecrets.bitnami.com/cluster-wide: \"True\"}}\nspec:\n  encryptedDatas: {{}}\n  encryptedData:\n    a: {good}\n    a: {good}\n  template:\n    metadata: {{label: {{}}}}\n"
        );
        let Entry::Sealed { findings, .. } = entries(text.as_bytes(), false).unwrap().remove(0) else {
            panic!("a SealedSecret")
        };
        let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "metadata.nmae is no field of a SealedSecret, and is dropped: did you mean name?",
                "spec.encryptedDatas is no field of a SealedSecret, and is dropped: did you mean encryptedData?",
                "spec.template.metadata.label is no field of a SealedSecret, and is dropped: did you mean labels?",
                "spec.encryptedData.a stands again in line 9, and only the last one counts",
                "the annotation sealedsecrets.bitnami.com/cluster-wide has no effect: only the value \"true\" counts, in small letters"
            ]
        );
    }
}
