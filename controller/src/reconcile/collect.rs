//! `--old-gc-behavior`: the Secret of a deleted SealedSecret is deleted by us.

use std::sync::Arc;

use k8s_openapi::{api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{
    Api,
    api::{DeleteParams, Preconditions},
};
use sealed_secrets_core::names;

use crate::{
    api::{
        error::{ApiError, Request},
        retry, sealed,
    },
    context::Context,
    reconcile::plan::is_controlled_by,
    state::{
        entry::{Entry, State},
        key::Key,
        secret::has_true,
    },
};

/// Deletes the Secret of a SealedSecret that is gone, if it was ours: never one that we refused to touch. Tries until
/// the API server says what became of it.
pub async fn collect(context: Arc<Context>, key: Key, entry: Entry) {
    for attempt in 1_u32.. {
        match try_collect(&context, &key, &entry).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(object = %key, %error, "cannot delete the Secret of a deleted SealedSecret");
                let wait = retry::wait(error.retry(), attempt, context.config.quick_retries);
                tokio::time::sleep(wait).await;
            }
        }
    }
}

async fn try_collect(context: &Context, key: &Key, entry: &Entry) -> Result<(), ApiError> {
    let namespace = key.namespace();
    let gone = sealed::api(&context.client, Some(namespace)).get_metadata_opt(key.name()).await;
    let gone =
        gone.map_err(|error| ApiError::new(Request::sealed("get", names::PLURAL, namespace), error))?;
    if gone.is_some() {
        // It only left the label selector, or was made anew.
        return Ok(());
    }
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
    let failed = |verb| move |error| ApiError::new(Request::core(verb, "secrets", namespace), error);
    let Some(secret) = secrets.get_metadata_opt(key.name()).await.map_err(failed("get"))? else {
        // One of the two is behind, or mistaken.
        return if context.existing.is_shown(key) { Err(not_found(key)) } else { Ok(()) };
    };
    if !is_to_go(&secret.metadata, entry) {
        return Ok(());
    }
    let meta = secret.metadata;
    let exactly = Preconditions { uid: meta.uid, resource_version: meta.resource_version };
    let params = DeleteParams::default().preconditions(exactly);
    secrets.delete(key.name(), &params).await.map_err(failed("delete"))?;
    tracing::info!(object = %key, "deleted the Secret of a deleted SealedSecret");
    Ok(())
}

fn not_found(key: &Key) -> ApiError {
    ApiError::NotFound { message: format!("secrets {:?} not found", key.name()) }
}

fn is_to_go(meta: &ObjectMeta, entry: &Entry) -> bool {
    let synced = match entry.state() {
        State::Synced(version) | State::Drifted(version) => meta.uid.as_deref() == Some(&*version.uid),
        State::Unknown | State::WaitsForKey | State::WaitsForSecret(_) | State::Failed | State::Faulty => {
            false
        }
    };
    let merged_only = has_true(meta, names::PATCH) && !has_true(meta, names::MANAGED);
    is_controlled_by(meta, entry.uid()) || (synced && !merged_only)
}
