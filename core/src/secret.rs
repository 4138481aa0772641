//! A Kubernetes Secret with values that cannot be printed.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::Plaintext;

/// A Kubernetes Secret, as read from text or as unsealed.
#[derive(Debug, Default)]
pub struct Secret {
    /// `apiVersion` as given; empty when absent.
    pub api_version: String,
    /// `kind` as given; empty when absent.
    pub kind: String,
    /// Object metadata.
    pub metadata: ObjectMeta,
    /// `data`, decoded.
    pub data: BTreeMap<String, Plaintext>,
    /// `stringData`; wins over `data`.
    pub string_data: BTreeMap<String, Plaintext>,
    /// `type`; `None` when absent or empty.
    pub r#type: Option<String>,
    /// `immutable`.
    pub immutable: Option<bool>,
}
