//! Exec credential plugins: a program that prints a token or a client certificate.
//!
//! The attack that this file stops: the plugin is a child of `kubeseal`, whose stdin carries the plaintext Secret. A
//! plugin that reads its stdin would take the Secret in, so it gets an empty one. Its stderr is ours, so that its
//! "open this page to log in" is seen.

use std::{
    fs, io,
    process::{Command, Stdio},
};

use golang::base64;
use kube::config::{AuthInfo, Cluster, ExecConfig};
use serde_json::{Value, json};

use super::{KubeconfigError, target::without_credentials};
use crate::problem::reason;

/// Why a plugin gives no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExecError {
    #[error("the kubeconfig names no command")]
    NoCommand,
    /// `advice` is the kubeconfig's own.
    #[error("it cannot be started: {}{}", reason(.error), in_brackets(.advice.as_deref()))]
    Start {
        #[source]
        error: io::Error,
        advice: Option<String>,
    },
    #[error("it failed with exit code {0}")]
    Code(i32),
    #[error("it was stopped by a signal")]
    Signal,
    #[error("it did not print an ExecCredential in JSON")]
    Json(#[source] serde_json::Error),
    #[error("its ExecCredential has no status")]
    NoStatus,
    #[error("it gave neither a token nor a client certificate")]
    Nothing,
}

fn in_brackets(advice: Option<&str>) -> String {
    advice.map(|advice| format!(" ({})", advice.trim())).unwrap_or_default()
}

/// Runs the user's plugin, if there is one, and puts what it gives in the user.
pub(crate) fn credentials(user: AuthInfo, cluster: &Cluster) -> Result<AuthInfo, KubeconfigError> {
    let Some(exec) = user.exec.clone() else { return Ok(user) };
    let status = run(&exec, cluster).map_err(|error| failed(&exec, error))?;
    let text = |name: &str| status.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut user = without_credentials(user);
    user.token = text("token").map(|token| token.to_owned().into());
    if let (Some(certificate), Some(key)) = (text("clientCertificateData"), text("clientKeyData")) {
        user.client_certificate_data = Some(base64::encode(certificate.as_bytes()));
        user.client_key_data = Some(base64::encode(key.as_bytes()).into());
    } else if user.token.is_none() {
        return Err(failed(&exec, ExecError::Nothing));
    }
    Ok(user)
}

/// The plugin's `status`.
fn run(exec: &ExecConfig, cluster: &Cluster) -> Result<Value, ExecError> {
    let mut command = Command::new(exec.command.as_deref().ok_or(ExecError::NoCommand)?);
    command.args(exec.args.iter().flatten());
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(name, value);
        }
    }
    command.env("KUBERNETES_EXEC_INFO", exec_info(exec, cluster).to_string());
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| ExecError::Start { error, advice: exec.install_hint.clone() })?;
    if !output.status.success() {
        return Err(match output.status.code() {
            Some(code) => ExecError::Code(code),
            None => ExecError::Signal,
        });
    }
    let credential: Value = serde_json::from_slice(&output.stdout).map_err(ExecError::Json)?;
    credential.get("status").cloned().ok_or(ExecError::NoStatus)
}

fn exec_info(exec: &ExecConfig, cluster: &Cluster) -> Value {
    let mut spec = json!({ "interactive": false });
    if exec.provide_cluster_info {
        spec["cluster"] = json!({
            "server": cluster.server,
            "tls-server-name": cluster.tls_server_name,
            "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify.unwrap_or(false),
            "certificate-authority-data": authority(cluster),
            "proxy-url": cluster.proxy_url,
            "config": cluster.extensions.iter().flatten()
                .find(|extension| extension.name == "client.authentication.k8s.io/exec")
                .map(|extension| extension.extension.clone()),
        });
    }
    json!({
        "apiVersion": exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1"),
        "kind": "ExecCredential",
        "spec": spec,
    })
}

/// The certificates of the cluster in base64, from wherever the kubeconfig has them.
fn authority(cluster: &Cluster) -> Option<String> {
    let from_file = || fs::read(cluster.certificate_authority.as_ref()?).ok().map(|pem| base64::encode(&pem));
    cluster.certificate_authority_data.clone().or_else(from_file)
}

fn failed(exec: &ExecConfig, error: ExecError) -> KubeconfigError {
    KubeconfigError::Plugin { command: exec.command.clone().unwrap_or_default(), error }
}
