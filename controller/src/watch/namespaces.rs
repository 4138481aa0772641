//! Additional namespaces that do not exist are told of: they are watched all the same.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use crate::{
    api::error::{ApiError, Request},
    config::Namespaces,
    context::Context,
};

/// Looks once at each listed namespace. One that is made later is served from its first object on.
pub async fn mention_missing(context: Arc<Context>) {
    let Namespaces::Listed(names) = &context.config.namespaces else { return };
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    for name in names.iter().filter(|name| **name != context.config.own_namespace) {
        match namespaces.get_metadata_opt(name).await {
            Ok(Some(_)) => {}
            Ok(None) => tracing::warn!(
                namespace = name,
                "the namespace does not exist yet; it is served once it does"
            ),
            Err(error) => {
                let error = ApiError::new(Request::core("get", "namespaces", ""), error);
                tracing::info!(namespace = name, "cannot tell whether the namespace exists: {error}");
            }
        }
    }
}
