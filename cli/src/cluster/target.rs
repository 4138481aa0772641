//! Flags over context: which cluster, as whom. Pure; follows client-go, which kubectl and the reference share.

use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};

use super::kubeconfig::{KubeconfigError, Part};
use crate::args::Connection;

/// One cluster and who to be there.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) cluster: Cluster,
    pub(crate) user: AuthInfo,
    /// The context's namespace.
    pub(crate) namespace: Option<String>,
}

/// What the files and the flags come to; `None` when neither names a server.
pub(crate) fn resolve(files: &Kubeconfig, flags: &Connection) -> Result<Option<Target>, KubeconfigError> {
    let user_flag = some(&flags.user);
    let named_user = match user_flag {
        Some(name) => Some(user(files, name).ok_or_else(|| unknown(Part::User, name))?),
        None => None,
    };
    let context = context(files, flags)?;
    let context_cluster = context.as_ref().map(|context| context.cluster.clone()).unwrap_or_default();
    let cluster = match some(&flags.cluster) {
        Some(name) => cluster(files, name).ok_or_else(|| unknown(Part::Cluster, name))?,
        None => cluster(files, &context_cluster).unwrap_or_default(),
    };
    let user = named_user
        .or_else(|| context.as_ref().and_then(|context| user(files, context.user.as_deref()?)))
        .unwrap_or_default();
    let cluster = override_cluster(cluster, flags)?;
    if cluster.server.as_deref().unwrap_or_default().is_empty() {
        return match context {
            Some(_) => Err(KubeconfigError::NoServer(context_cluster)),
            None => Ok(None),
        };
    }
    let namespace = context.and_then(|context| context.namespace).filter(|name| !name.is_empty());
    Ok(Some(Target { cluster, user: override_user(user, flags)?, namespace }))
}

fn context(files: &Kubeconfig, flags: &Connection) -> Result<Option<Context>, KubeconfigError> {
    let find = |name: &str| {
        let named = files.contexts.iter().find(|context| context.name == name)?;
        Some(named.context.clone().unwrap_or_default())
    };
    match (some(&flags.context), &files.current_context) {
        (Some(name), _) => find(name).map(Some).ok_or_else(|| unknown(Part::Context, name)),
        (None, Some(name)) => {
            find(name).map(Some).ok_or_else(|| KubeconfigError::CurrentContext(name.clone()))
        }
        (None, None) => Ok(None),
    }
}

fn cluster(files: &Kubeconfig, name: &str) -> Option<Cluster> {
    let named = files.clusters.iter().find(|cluster| cluster.name == name)?;
    Some(named.cluster.clone().unwrap_or_default())
}

fn user(files: &Kubeconfig, name: &str) -> Option<AuthInfo> {
    let named = files.auth_infos.iter().find(|user| user.name == name)?;
    Some(named.auth_info.clone().unwrap_or_default())
}

/// A flag replaces what would contradict it: trust flags replace the file's whole trust, `--server` its name check.
fn override_cluster(mut cluster: Cluster, flags: &Connection) -> Result<Cluster, KubeconfigError> {
    let authority = some(&flags.certificate_authority);
    if flags.insecure_skip_tls_verify && authority.is_some() {
        return Err(KubeconfigError::InsecureWithAuthority);
    }
    if flags.insecure_skip_tls_verify || authority.is_some() {
        cluster.insecure_skip_tls_verify = Some(flags.insecure_skip_tls_verify);
        cluster.certificate_authority = authority.map(str::to_owned);
        cluster.certificate_authority_data = None;
    }
    let server = some(&flags.server);
    let server_name = some(&flags.tls_server_name);
    if server.is_some() || server_name.is_some() {
        cluster.tls_server_name = server_name.map(str::to_owned);
    }
    cluster.server = server.map(str::to_owned).or(cluster.server);
    cluster.proxy_url = some(&flags.proxy_url).map(str::to_owned).or(cluster.proxy_url);
    if flags.disable_compression {
        cluster.disable_compression = Some(true);
    }
    Ok(cluster)
}

fn override_user(mut user: AuthInfo, flags: &Connection) -> Result<AuthInfo, KubeconfigError> {
    let token = some(&flags.token.0);
    if token.is_some() && some(&flags.username).is_some() {
        return Err(KubeconfigError::SeveralCredentials);
    }
    if let Some(token) = token {
        user = AuthInfo { token: Some(token.to_owned().into()), ..without_credentials(user) };
    }
    if let Some(name) = some(&flags.username) {
        user = AuthInfo {
            username: Some(name.to_owned()),
            password: Some(flags.password.0.clone().into()),
            ..without_credentials(user)
        };
    }
    if let Some(path) = some(&flags.client_certificate) {
        user.client_certificate = Some(path.to_owned());
        user.client_certificate_data = None;
    }
    if let Some(path) = some(&flags.client_key) {
        user.client_key = Some(path.to_owned());
        user.client_key_data = None;
    }
    if let Some(name) = some(&flags.impersonate) {
        user.impersonate = Some(name.to_owned());
    }
    if let Some(uid) = some(&flags.impersonate_uid) {
        user.impersonate_uid = Some(uid.to_owned());
    }
    if !flags.impersonate_groups.is_empty() {
        user.impersonate_groups = Some(flags.impersonate_groups.clone());
    }
    Ok(user)
}

/// A user with the client certificate and the impersonation left, and nothing that makes an Authorization header.
pub(crate) fn without_credentials(user: AuthInfo) -> AuthInfo {
    AuthInfo {
        token: None,
        token_file: None,
        username: None,
        password: None,
        auth_provider: None,
        exec: None,
        ..user
    }
}

fn unknown(kind: Part, name: &str) -> KubeconfigError {
    KubeconfigError::Unknown { kind, name: name.to_owned() }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn files() -> Kubeconfig {
        Kubeconfig::from_yaml(
            "current-context: c1\n\
             clusters:\n- {name: k1, cluster: {server: 'https://one', certificate-authority: ca, tls-server-name: n}}\n\
             - {name: k2, cluster: {server: 'https://two'}}\n\
             users:\n- {name: u1, user: {tokenFile: f, client-certificate: c}}\n- {name: u2, user: {token: t}}\n\
             contexts:\n- {name: c1, context: {cluster: k1, user: u1, namespace: ns}}\n\
             - {name: lost, context: {cluster: gone, user: gone}}\n",
        )
        .unwrap()
    }

    fn with(change: impl FnOnce(&mut Connection)) -> Result<Option<Target>, KubeconfigError> {
        let mut flags = Connection::default();
        change(&mut flags);
        resolve(&files(), &flags)
    }

    #[test]
    fn the_current_context_names_cluster_user_and_namespace() {
        let target = with(|_| ()).unwrap().unwrap();
        assert_eq!(target.cluster.server.as_deref(), Some("https://one"));
        assert_eq!(target.user.token_file.as_deref(), Some("f"));
        assert_eq!(target.namespace.as_deref(), Some("ns"));
    }

    #[test]
    fn a_name_that_is_not_there_is_named() {
        let text = |result: Result<Option<Target>, KubeconfigError>| result.unwrap_err().to_string();
        assert_eq!(text(with(|f| f.context = "x".into())), "context \"x\" does not exist");
        assert_eq!(text(with(|f| f.cluster = "x".into())), "cluster \"x\" does not exist");
        assert_eq!(text(with(|f| f.user = "x".into())), "auth info \"x\" does not exist");
        assert!(text(with(|f| f.context = "lost".into())).contains("no server found for cluster \"gone\""));
    }

    #[test]
    fn trust_flags_replace_the_trust_of_the_file() {
        let cluster = with(|f| f.insecure_skip_tls_verify = true).unwrap().unwrap().cluster;
        assert_eq!((cluster.insecure_skip_tls_verify, cluster.certificate_authority), (Some(true), None));
        let cluster = with(|f| f.certificate_authority = "other".into()).unwrap().unwrap().cluster;
        assert_eq!(cluster.certificate_authority.as_deref(), Some("other"));
        let both = with(|f| {
            f.insecure_skip_tls_verify = true;
            f.certificate_authority = "other".into();
        });
        assert!(matches!(both, Err(KubeconfigError::InsecureWithAuthority)));
    }

    #[test]
    fn server_drops_the_name_check_of_the_file() {
        let cluster = with(|f| f.server = "https://x".into()).unwrap().unwrap().cluster;
        assert_eq!((cluster.server.as_deref(), cluster.tls_server_name), (Some("https://x"), None));
    }

    #[test]
    fn a_token_flag_replaces_every_other_way_to_log_in_but_the_client_certificate() {
        let user = with(|f| f.token.0 = "t".into()).unwrap().unwrap().user;
        assert!(user.token.is_some() && user.token_file.is_none() && user.client_certificate.is_some());
    }

    #[test]
    fn no_context_and_no_server_is_no_target() {
        assert!(resolve(&Kubeconfig::default(), &Connection::default()).unwrap().is_none());
    }
}
