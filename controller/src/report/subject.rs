//! What has to be known of a SealedSecret to tell its outcome.

use k8s_openapi::api::core::v1::ObjectReference;
use sealed_secrets_core::{SealedSecret, names, sealed_secret::Status};

use super::events::{Kind, Note};
use crate::state::key::Key;

/// A SealedSecret as it was when it was reconciled.
pub struct Subject {
    /// Namespace and name.
    pub key: Key,
    /// Its uid.
    pub uid: String,
    /// Its version.
    pub resource_version: Option<String>,
    /// Its generation: what the status speaks of.
    pub generation: Option<i64>,
    /// Its status then.
    pub status: Option<Status>,
}

impl Subject {
    /// What has to be known of an object after its ciphertexts are gone.
    pub fn of(key: &Key, object: &SealedSecret) -> Self {
        Self {
            key: key.clone(),
            uid: object.metadata.uid.clone().unwrap_or_default(),
            resource_version: object.metadata.resource_version.clone(),
            generation: object.metadata.generation,
            status: object.status.clone(),
        }
    }

    /// An Event about it.
    pub fn note(&self, kind: Kind, reason: &'static str, message: String) -> Note {
        let about = ObjectReference {
            api_version: Some(names::API_VERSION.to_owned()),
            kind: Some(names::KIND.to_owned()),
            namespace: Some(self.key.namespace().to_owned()),
            name: Some(self.key.name().to_owned()),
            uid: Some(self.uid.clone()),
            resource_version: self.resource_version.clone(),
            field_path: None,
        };
        Note { about, kind, reason, message }
    }
}
