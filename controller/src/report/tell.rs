//! Tells an outcome: status, Event, log. Only what changed is written.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::PostParams;
use sealed_secrets_core::{SealedSecret, names, sealed_secret::Status};
use serde_json::json;

use super::status;
use crate::{
    api::error::{ApiError, Request},
    api::sealed,
    context::Context,
    reconcile::outcome::Failure,
    report::events::{Kind, Note},
    state::key::Key,
};

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

/// Whether the status of an object already says this of this generation.
pub fn is_told(subject: &Subject, failure: Option<&Failure>) -> bool {
    status::next(subject.status.as_ref(), failure, subject.generation, Timestamp::now()).is_none()
}

/// Writes the status if it says something else; on a conflict looks again.
pub async fn write_status(
    context: &Context,
    mut subject: Subject,
    failure: Option<&Failure>,
) -> Result<(), ApiError> {
    let (namespace, name) = (subject.key.namespace().to_owned(), subject.key.name().to_owned());
    let objects = sealed::api(&context.client, Some(&namespace));
    for _ in 0..MOST_TRIES {
        let now = Timestamp::now();
        let Some(next) = status::next(subject.status.as_ref(), failure, subject.generation, now) else {
            return Ok(());
        };
        let body = json!({
            "apiVersion": names::API_VERSION,
            "kind": names::KIND,
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": subject.uid,
                "resourceVersion": subject.resource_version,
            },
            "status": next,
        });
        let sent = objects.replace_subresource("status", &name, &PostParams::default(), &body).await;
        match sent
            .map_err(|e| ApiError::new(Request::sealed("update", "sealedsecrets/status", &namespace), e))
        {
            Ok(written) => {
                let version = written.metadata.resource_version.and_then(|text| text.parse().ok());
                context.index.with(&subject.key, |entry| entry.told_in = version.unwrap_or_default());
                return Ok(());
            }
            Err(ApiError::NotFound { .. }) => return Ok(()),
            Err(ApiError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let fresh = objects.get_opt(&name).await;
        match fresh.map_err(|e| ApiError::new(Request::sealed("get", names::PLURAL, &namespace), e))? {
            // A later generation is reconciled in its own turn; what we found holds for ours.
            Some(object)
                if object.metadata.uid.as_deref() == Some(&*subject.uid)
                    && object.metadata.generation == subject.generation =>
            {
                subject.status.clone_from(&object.status);
                subject.resource_version.clone_from(&object.metadata.resource_version);
            }
            Some(_) | None => return Ok(()),
        }
    }
    Ok(())
}

const MOST_TRIES: u32 = 5;
