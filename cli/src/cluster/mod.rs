//! The way to the API server: kubeconfig and flags, credentials, proxies, and the controller behind its Service.
//!
//! ```text
//! ● kubeconfig files ▶ ◇ target (flags over context, as kubectl) ▶ ● exec plugin ▶ ● http ▶ ● controller
//! ```

mod alike;
mod controller;
mod duration;
mod exec;
mod http;
mod kubeconfig;
mod proxy;
mod target;
mod trust;

pub(crate) use alike::Alike;
pub(crate) use controller::{Session, percent_decoded};
pub(crate) use http::{Answer, Http, deadline};
pub(crate) use kubeconfig::KubeconfigError;
pub(crate) use proxy::Proxies;

use crate::args::Connection;

/// The namespace to use where the input names none: `-n`, else the context's, else `default`.
///
/// Reads the kubeconfig only when `-n` is silent.
pub(crate) fn namespace(connection: &Connection) -> Result<String, KubeconfigError> {
    if !connection.namespace.is_empty() {
        return Ok(connection.namespace.clone());
    }
    let files = kubeconfig::load(&connection.kubeconfig)?;
    match target::resolve(&files, connection)? {
        Some(target) => Ok(target.namespace.unwrap_or_else(|| "default".to_owned())),
        None => kubeconfig::in_cluster_namespace().ok_or(KubeconfigError::Nothing),
    }
}
