//! SealedSecrets on the API server.

use kube::Api;
use sealed_secrets_core::SealedSecret;

/// The SealedSecrets of a namespace, or of the cluster.
pub fn api(client: &kube::Client, namespace: Option<&str>) -> Api<SealedSecret> {
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}
