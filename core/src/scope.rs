//! Where a sealed value may be opened, and the OAEP label that enforces it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::names;

/// Where a sealed value may be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Only in the Secret of this namespace and name.
    #[default]
    Strict,
    /// In any Secret of this namespace.
    NamespaceWide,
    /// In any Secret of the cluster.
    ClusterWide,
}

/// The OAEP label: binds a ciphertext to its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Label(Vec<u8>);

impl Label {
    /// The bytes given to RSA-OAEP.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({:?})", String::from_utf8_lossy(&self.0))
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<Vec<u8>> for Label {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Scope {
    /// Reads the scope annotations: only the exact value `true` counts, cluster-wide wins.
    pub fn of(annotations: Option<&BTreeMap<String, String>>) -> Self {
        let set = |name: &str| annotations.and_then(|map| map.get(name)).is_some_and(|value| value == "true");
        match (set(names::CLUSTER_WIDE), set(names::NAMESPACE_WIDE)) {
            (true, _) => Self::ClusterWide,
            (false, true) => Self::NamespaceWide,
            (false, false) => Self::Strict,
        }
    }

    /// The label of a value: `namespace/name`, `namespace`, or empty. Nothing is escaped.
    pub fn label(self, namespace: &str, name: &str) -> Label {
        Label::from(match self {
            Self::Strict => format!("{namespace}/{name}"),
            Self::NamespaceWide => namespace.to_owned(),
            Self::ClusterWide => String::new(),
        })
    }

    /// The annotation that marks this scope, if it needs one.
    pub fn annotation(self) -> Option<&'static str> {
        match self {
            Self::Strict => None,
            Self::NamespaceWide => Some(names::NAMESPACE_WIDE),
            Self::ClusterWide => Some(names::CLUSTER_WIDE),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        })
    }
}

/// A scope name that is none of the three.
#[derive(Debug, thiserror::Error)]
#[error("must be one of strict, namespace-wide, cluster-wide")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        match text {
            "strict" => Ok(Self::Strict),
            "namespace-wide" => Ok(Self::NamespaceWide),
            "cluster-wide" => Ok(Self::ClusterWide),
            _ => Err(UnknownScope),
        }
    }
}
