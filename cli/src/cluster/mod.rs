//! The way to the API server: kubeconfig and flags, credentials, proxies, and the controller behind its Service.
//!
//! ```text
//! ● kubeconfig files ▶ ◇ target (flags over context, as kubectl) ▶ ● exec plugin ▶ ● http ▶ ● controller
//! ```

mod alike;
mod api;
mod configuration;
mod controller;
mod error;
mod exec;
mod http;
mod kubeconfig;
mod proxy;
mod target;
mod timeout;
mod url;

pub(crate) use alike::Alike;
pub(crate) use controller::Session;
pub(crate) use error::{Cause, ClusterError, HttpError, Unanswered};
pub(crate) use http::{Answer, Http, deadline};
pub(crate) use kubeconfig::{Address, Found, KubeconfigError, Part as ClusterPart, TlsProblem};
pub(crate) use proxy::{Proxies, is_local};
pub(crate) use url::{Masked, percent_decoded};
#[cfg(test)]
pub(crate) use {
    error::AnswerError,
    exec::ExecError,
    kubeconfig::{FileReason, LoadError, Looked},
};

use crate::{args::Connection, job::Names};

/// The namespace to use where the input names none: `-n`, else the context's, else `default`.
///
/// Reads the kubeconfig only when `-n` is silent.
pub(crate) fn namespace(connection: &Connection) -> Result<String, KubeconfigError> {
    if !connection.namespace.is_empty() {
        return Ok(connection.namespace.clone());
    }
    let files = kubeconfig::load(&connection.kubeconfig)?;
    match target::resolve(&files.config, connection)? {
        Some(target) => Ok(target.namespace.unwrap_or_else(|| "default".to_owned())),
        None => kubeconfig::in_cluster_namespace().ok_or_else(|| files.nothing()),
    }
}

/// Names of the kubeconfig, each on a line; nothing where there is none, since a completion has no one to tell.
pub(crate) fn names(names: Names) -> String {
    let files = kubeconfig::load("").unwrap_or_default().config;
    let mut found: Vec<String> = match names {
        Names::Contexts => files.contexts.into_iter().map(|context| context.name).collect(),
        Names::Namespaces => {
            files.contexts.into_iter().filter_map(|context| context.context?.namespace).collect()
        }
    };
    found.sort();
    found.dedup();
    found.into_iter().map(|name| name + "\n").collect()
}
