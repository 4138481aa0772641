//! Makes a key and its Secret.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, api::PostParams};
use sealed_secrets_core::{
    KeyPair,
    keys::{KeySpec, secret::KeySecret},
};

use crate::{
    config::KeySettings,
    error::{ApiError, Request},
    pool::{Pool, Priority},
};

/// Why there is no new key.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// It could not be generated.
    #[error("cannot generate a key: {0}")]
    Generate(String),
    /// Its Secret could not be stored; the key is thrown away.
    #[error("cannot store a new key: {0}")]
    Store(#[from] ApiError),
}

/// Generates a key on the pool and stores it; it is used only once the API server has it.
pub async fn create(
    client: &Client,
    pool: &Pool,
    namespace: &str,
    settings: &KeySettings,
    now: Timestamp,
) -> Result<Secret, CreateError> {
    let spec = KeySpec {
        bits: settings.bits,
        lifetime: settings.lifetime,
        common_name: settings.common_name.clone(),
    };
    let made = pool.run(Priority::Fresh, move || KeyPair::generate(&spec, now)).await;
    let pair = match made {
        Some(Ok(pair)) => pair,
        Some(Err(error)) => return Err(CreateError::Generate(error.to_string())),
        None => return Err(CreateError::Generate("the thread that did it ended".to_owned())),
    };
    let shape = KeySecret {
        namespace: namespace.to_owned(),
        prefix: settings.prefix.clone(),
        labels: settings.labels.clone(),
        annotations: settings.annotations.clone(),
    };
    let secrets: Api<Secret> = Api::namespaced(client.clone(), namespace);
    let stored = secrets.create(&PostParams::default(), &shape.of(&pair)).await;
    Ok(stored.map_err(|error| ApiError::new(Request::core("create", "secrets", namespace), error))?)
}
