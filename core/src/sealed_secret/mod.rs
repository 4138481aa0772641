//! The custom resource: SealedSecret and its parts.
//!
//! Reading never fails ([`SealedSecret::from_value`]): what has another shape than the definition asks for
//! is left out and remembered as a [`Flaw`], so that one malformed object never fails a whole list.

mod counted;
mod decode;
mod encode;
mod resource;

pub(crate) use decode::tidy;

use std::{borrow::Cow, collections::BTreeMap};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::{Deserialize, Serialize};

use crate::{Label, Scope};

/// A SealedSecret, read leniently: what the CRD lets through never fails to decode.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SealedSecret {
    /// `apiVersion` as given; empty when absent.
    pub api_version: String,
    /// `kind` as given; empty when absent.
    pub kind: String,
    /// Object metadata.
    pub metadata: ObjectMeta,
    /// What is sealed, and the shape of the Secret to make of it.
    pub spec: Spec,
    /// What the controller says of it.
    pub status: Option<Status>,
    /// What could not be read; such an object is neither unsealed nor resealed.
    pub flaws: Vec<Flaw>,
}

/// A place in an object whose value has the wrong type; the value itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The field, as in `spec.template.metadata.labels`.
    pub path: String,
    /// What stands there: `a number`, `a list`, …
    pub found: &'static str,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} does not fit its definition: it holds {}", self.path, self.found)
    }
}

impl SealedSecret {
    /// `metadata.name`, empty when absent.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// `metadata.namespace`, empty when absent.
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// The scope under which its values open: from its own annotations alone, never from the template's.
    pub fn scope(&self) -> Scope {
        Scope::of(self.metadata.annotations.as_ref())
    }

    /// The label under which its values open.
    pub fn label(&self) -> Label {
        self.scope().label(self.namespace(), self.name())
    }

    fn given_or(given: &str, default: &'static str) -> Cow<'static, str> {
        if given.is_empty() { Cow::Borrowed(default) } else { Cow::Owned(given.to_owned()) }
    }
}

/// `spec` of a SealedSecret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spec {
    /// Metadata, type and templates of the Secret.
    pub template: Template,
    /// Deprecated: one base64 ciphertext of a whole Secret. Present but empty counts as present.
    pub data: Option<String>,
    /// Item name to base64 ciphertext.
    pub encrypted_data: BTreeMap<String, String>,
}

/// `spec.template`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    /// Copied to the Secret; name and namespace are overwritten.
    pub metadata: ObjectMeta,
    /// The Secret's type.
    pub r#type: Option<String>,
    /// The Secret's `immutable`.
    pub immutable: Option<bool>,
    /// Go templates per item; `None` (a JSON null) removes that item from the Secret.
    pub data: BTreeMap<String, Option<String>>,
}

/// `status` of a SealedSecret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// `metadata.generation` that the conditions speak of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `Synced` stays first: printer columns read index 0.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// One condition of a status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// `Synced`, `Ready`, `Stalled`.
    #[serde(default, rename = "type")]
    pub type_: String,
    /// `True`, `False`, `Unknown`.
    #[serde(default)]
    pub status: String,
    /// Last time that the condition was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_update_time: Option<Time>,
    /// Last time that `status` flipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
    /// One word for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// One sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
