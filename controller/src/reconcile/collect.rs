//! `--old-gc-behavior`: the Secret of a deleted SealedSecret is deleted by us.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    api::{DeleteParams, Preconditions},
};
use sealed_secrets_core::names;

use crate::{
    api::{
        error::{ApiError, Request},
        sealed,
    },
    context::Context,
    reconcile::plan::{has_true, is_controlled_by},
    state::{
        index::{Entry, State},
        key::Key,
    },
};

/// Deletes the Secret of a SealedSecret that is gone, if it was ours: never one that we refused to touch.
pub async fn collect(context: Arc<Context>, key: Key, entry: Entry) {
    // It may only have left the label selector.
    let gone = sealed::api(&context.client, Some(key.namespace())).get_metadata_opt(key.name()).await;
    if !matches!(gone, Ok(None)) {
        return;
    }
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), key.namespace());
    let Ok(Some(secret)) = secrets.get_metadata_opt(key.name()).await else { return };
    let meta = &secret.metadata;
    let synced = match &entry.state {
        State::Synced(version) | State::Drifted(version) => meta.uid.as_deref() == Some(&*version.uid),
        State::Unknown | State::WaitsForKey | State::WaitsForSecret(_) | State::Failed | State::Faulty => {
            false
        }
    };
    let merged_only = has_true(meta, names::PATCH) && !has_true(meta, names::MANAGED);
    if !(is_controlled_by(meta, &entry.uid) || (synced && !merged_only)) {
        return;
    }
    let exactly = Preconditions { uid: meta.uid.clone(), resource_version: meta.resource_version.clone() };
    let params = DeleteParams::default().preconditions(exactly);
    match secrets.delete(key.name(), &params).await {
        Ok(_) => tracing::info!(object = %key, "deleted the Secret of a deleted SealedSecret"),
        Err(error) => {
            let error = ApiError::new(Request::core("delete", "secrets", key.namespace()), error);
            tracing::warn!(object = %key, %error, "cannot delete the Secret of a deleted SealedSecret");
        }
    }
}
