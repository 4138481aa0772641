//! Writes the status that tells an outcome, if it says something new.

use jiff::Timestamp;
use kube::{Client, api::PostParams};
use sealed_secrets_core::names;
use serde_json::json;

use super::{
    status::{self, Verdict},
    subject::Subject,
};
use crate::api::{
    error::{ApiError, Request},
    sealed,
};

/// Whether the status of an object already says this of this generation.
pub fn is_reported(subject: &Subject, verdict: Verdict<'_>) -> bool {
    status::is_reported(subject.status.as_ref(), verdict, subject.generation)
}

/// Writes the status if it says something else than the object's. Gives the resourceVersion that this made.
///
/// # Errors
/// Whatever the API server says, "not found" included: the object may be gone, which the watch will tell, or not.
pub async fn write_status(
    client: &Client,
    subject: &Subject,
    verdict: Verdict<'_>,
) -> Result<Option<u64>, ApiError> {
    let now = Timestamp::now();
    let Some(next) = status::next(subject.status.as_ref(), verdict, subject.generation, now) else {
        return Ok(None);
    };
    let (namespace, name) = (subject.key.namespace(), subject.key.name());
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
    let objects = sealed::api(client, Some(namespace));
    let sent = objects.replace_subresource("status", name, &PostParams::default(), &body).await;
    match sent {
        Ok(written) => Ok(written.metadata.resource_version.and_then(|text| text.parse().ok())),
        Err(error) => Err(ApiError::new(Request::sealed("update", "sealedsecrets/status", namespace), error)),
    }
}
