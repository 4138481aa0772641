//! Annotations that look like a scope and set none: a value that is not exactly `true`, or a misspelt name.

use std::fmt;

use super::{
    error::Shown,
    node::{Map, Node, Value},
};
use crate::{names, nearest::nearest};

/// An annotation that looks like a scope and sets none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeRemark {
    /// A name of ours that nobody knows.
    Unknown {
        /// The name.
        name: String,
        /// The name that was probably meant.
        meant: Option<&'static str>,
    },
    /// A scope's annotation that says neither `true` nor `false`.
    NotTrue {
        /// The name.
        name: &'static str,
    },
}

impl fmt::Display for ScopeRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, meant: Some(meant) } => {
                write!(f, "the annotation {} has no effect: did you mean {meant}?", Shown(name))
            }
            Self::Unknown { name, meant: None } => {
                write!(f, "the annotation {} is not known, and has no effect", Shown(name))
            }
            Self::NotTrue { name } => {
                write!(
                    f,
                    "the annotation {name} has no effect: only the value \"true\" counts, in small letters"
                )
            }
        }
    }
}

/// What is odd about the scopes of annotations.
pub(super) fn scopes(annotations: Option<Node<'_>>) -> impl Iterator<Item = ScopeRemark> {
    let map = annotations.and_then(|node| if let Value::Map(map) = node.value() { Some(map) } else { None });
    map.into_iter().flat_map(Map::entries).filter_map(|(name, node)| {
        let scope = [names::CLUSTER_WIDE, names::NAMESPACE_WIDE].into_iter().find(|scope| *scope == name);
        if let Some(name) = scope {
            let says = |text: &str| matches!(text, "true" | "false" | "");
            return node.text().is_some_and(|text| !says(text)).then_some(ScopeRemark::NotTrue { name });
        }
        if !is_ours(&name) || KNOWN.contains(&&*name) {
            return None;
        }
        let meant = nearest(&name, KNOWN.iter().copied());
        Some(ScopeRemark::Unknown { name: name.into_owned(), meant })
    })
}

/// Whether a name is of our group, or of one that is nearly so.
fn is_ours(name: &str) -> bool {
    let Some((group, _)) = name.split_once('/') else { return false };
    nearest(group, [GROUP]).is_some()
}

const GROUP: &str = "sealedsecrets.bitnami.com";

const KNOWN: &[&str] = &[
    names::CLUSTER_WIDE,
    names::NAMESPACE_WIDE,
    names::MANAGED,
    names::PATCH,
    names::SKIP_SET_OWNER_REFERENCES,
    names::REPAIR_DRIFT,
];

#[cfg(test)]
mod tests {
    use super::super::remark::{Remark, tests::of};

    #[test]
    fn what_looks_like_a_scope_and_sets_none_is_told() {
        let told = |annotation: &str| {
            let text =
                format!("kind: Secret\nmetadata:\n  annotations:\n    {annotation}\nstringData: {{a: b}}\n");
            match of(&text).as_slice() {
                [] => String::new(),
                [Remark::Scope(remark)] => remark.to_string(),
                other => panic!("{other:?}"),
            }
        };
        for (annotation, wanted) in [
            (
                "sealedsecrets.bitnami.com/cluster_wide: \"true\"",
                "did you mean sealedsecrets.bitnami.com/cluster-wide?",
            ),
            (
                "sealedsecret.bitnami.com/cluster-wide: \"true\"",
                "did you mean sealedsecrets.bitnami.com/cluster-wide?",
            ),
            ("sealedsecrets.bitnami.com/other: \"true\"", "is not known"),
            ("sealedsecrets.bitnami.com/cluster-wide: \"True\"", "only the value \"true\" counts"),
            ("sealedsecrets.bitnami.com/namespace-wide: \"yes\"", "only the value \"true\" counts"),
        ] {
            assert!(told(annotation).contains(wanted), "{annotation}: {}", told(annotation));
        }
        for annotation in [
            "sealedsecrets.bitnami.com/cluster-wide: \"true\"",
            "sealedsecrets.bitnami.com/cluster-wide: \"false\"",
            "sealedsecrets.bitnami.com/patch: \"true\"",
            "example.com/cluster_wide: \"yes\"",
        ] {
            assert_eq!(told(annotation), "", "{annotation}");
        }
    }
}
