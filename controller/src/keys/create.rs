//! Makes a key and its Secret.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use sealed_secrets_core::{
    KeyPair,
    keys::{KeySpec, secret::KeySecret},
};

use crate::{
    api::{error::ApiError, secrets::Secrets},
    config::KeySettings,
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

/// Generates a key and stores it; it is used only once the API server has it.
///
/// The thread is a thread of its own: behind the long renders of tenants an operator's renewal would wait for them.
pub async fn create(
    client: &Client,
    namespace: &str,
    settings: &KeySettings,
    now: Timestamp,
) -> Result<Secret, CreateError> {
    let spec = KeySpec {
        bits: settings.bits,
        lifetime: settings.lifetime,
        common_name: settings.common_name.clone(),
    };
    let made = tokio::task::spawn_blocking(move || KeyPair::generate(&spec, now)).await;
    let pair = match made {
        Ok(Ok(pair)) => pair,
        Ok(Err(error)) => return Err(CreateError::Generate(error.to_string())),
        Err(_) => return Err(CreateError::Generate("the thread that did it ended".to_owned())),
    };
    let shape = KeySecret {
        namespace: namespace.to_owned(),
        prefix: settings.prefix.clone(),
        labels: settings.labels.clone(),
        annotations: settings.annotations.clone(),
    };
    let mut secret = shape.of(&pair);
    secret.metadata = Secrets::new(client, namespace).create(&secret).await?;
    Ok(secret)
}
