//! The custom resource: SealedSecret and its parts.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::{Deserialize, Serialize};

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
