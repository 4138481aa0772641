//! A target as kube's configuration: address, trust, credentials, and whom to act as.

use http::{HeaderName, HeaderValue, Uri, uri::Scheme};
use kube::{
    Config,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext},
};

use super::{
    Address, KubeconfigError, TlsProblem, exec,
    kubeconfig::FileReason,
    target::{self, Target},
};

/// A target as kube's configuration, with the plugin's credentials in it.
pub(super) async fn config(target: Target) -> Result<Config, KubeconfigError> {
    let mut cluster = target.cluster;
    let server = with_scheme(&cluster);
    // Over plain http credentials could be read by anyone, so none are sent, and no plugin is asked for any.
    let is_secure = server.parse::<Uri>().is_ok_and(|url| url.scheme() == Some(&Scheme::HTTPS));
    let user = if is_secure {
        with_token(exec::credentials(target.user, &cluster)?)?
    } else {
        target::without_credentials(target.user)
    };
    cluster.server = Some(server.clone());
    // The caller has the proxy: kube would refuse a bad one without naming it.
    cluster.proxy_url = None;
    let single = Kubeconfig {
        clusters: vec![NamedCluster { name: "c".into(), cluster: Some(cluster), ..Default::default() }],
        auth_infos: vec![NamedAuthInfo { name: "u".into(), auth_info: Some(user), ..Default::default() }],
        contexts: vec![NamedContext {
            name: "x".into(),
            context: Some(kube::config::Context {
                cluster: "c".into(),
                user: Some("u".into()),
                ..Default::default()
            }),
            ..Default::default()
        }],
        current_context: Some("x".into()),
        ..Default::default()
    };
    Config::from_custom_kubeconfig(single, &KubeConfigOptions::default()).await.map_err(|error| match error {
        kube::config::KubeconfigError::ParseClusterUrl(_) => {
            KubeconfigError::Url { what: Address::Server, url: server.as_str().into() }
        }
        other => KubeconfigError::Tls(TlsProblem::Config(Box::new(other))),
    })
}

/// Without a scheme: https when there is anything about TLS, else http.
fn with_scheme(cluster: &kube::config::Cluster) -> String {
    let server = cluster.server.clone().unwrap_or_default();
    if server.contains("://") {
        return server;
    }
    let tls = cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || cluster.insecure_skip_tls_verify == Some(true);
    format!("{}://{server}", if tls { "https" } else { "http" })
}

/// The token of a file, read now: one that cannot be read is named, and a line end after it is no part of it.
fn with_token(user: AuthInfo) -> Result<AuthInfo, KubeconfigError> {
    match &user.token_file {
        Some(path) if user.token.is_none() => match std::fs::read_to_string(path) {
            Ok(token) => {
                Ok(AuthInfo { token: Some(token.trim().to_owned().into()), token_file: None, ..user })
            }
            Err(error) => Err(KubeconfigError::File { path: path.clone(), reason: FileReason(error) }),
        },
        _ => Ok(user),
    }
}

/// The `Impersonate-*` headers.
pub(super) fn impersonation(user: &AuthInfo) -> Result<Vec<(HeaderName, HeaderValue)>, KubeconfigError> {
    let mut pairs: Vec<(&'static str, String, &str)> = Vec::new();
    pairs.extend(user.impersonate.as_deref().map(|name| ("--as", "impersonate-user".to_owned(), name)));
    pairs.extend(user.impersonate_uid.as_deref().map(|uid| ("--as-uid", "impersonate-uid".to_owned(), uid)));
    for group in user.impersonate_groups.iter().flatten() {
        pairs.push(("--as-group", "impersonate-group".to_owned(), group));
    }
    for (key, values) in user.impersonate_user_extra.iter().flatten() {
        let name = format!("impersonate-extra-{}", key.to_lowercase());
        pairs.extend(values.iter().map(|value| ("as-user-extra", name.clone(), value.as_str())));
    }
    if user.impersonate.is_none() && !pairs.is_empty() {
        return Err(KubeconfigError::GroupWithoutUser);
    }
    let header = |(what, name, value): (&'static str, String, &str)| {
        let bad = || KubeconfigError::Header { what, value: value.to_owned() };
        let name = HeaderName::try_from(name).map_err(|_| bad())?;
        Ok((name, HeaderValue::try_from(value).map_err(|_| bad())?))
    };
    pairs.into_iter().map(header).collect()
}
