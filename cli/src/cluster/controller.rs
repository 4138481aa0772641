//! The controller, reached through the API server's service proxy.

use std::{env, io::IsTerminal as _, time::Duration};

use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use kube::{
    Config,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster, NamedContext},
};
use sealed_secrets_core::names;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::{
    Cause, ClusterError, KubeconfigError, Unanswered,
    alike::{self, Alike},
    duration, exec,
    http::{Answer, Http, deadline},
    kubeconfig,
    proxy::Proxies,
    target::{self, Target},
};
use crate::{
    args::Mode,
    job::Controller,
    problem::{Doing, Problem, Title, reason},
};

/// A controller whose Service has been found.
pub(crate) struct Session {
    runtime: Runtime,
    api: Api,
    /// Path of the service proxy.
    proxy: String,
    /// What all of it is for.
    mode: Mode,
}

/// The API server, as one user.
struct Api {
    http: Http,
    base: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// `?timeout=5s`, or nothing.
    query: String,
}

/// An answer of the controller to a SealedSecret that was to be sealed anew.
pub(crate) struct Rotated {
    /// The SealedSecret.
    pub(crate) body: Vec<u8>,
    /// Every value was sealed to the newest key before. A controller that does not say so leaves it open.
    pub(crate) was_newest: bool,
}

impl Session {
    /// Reads the kubeconfig and looks the controller's Service up; `mode` is what it is for.
    pub(crate) fn open(controller: &Controller, mode: Mode) -> Result<Self, Problem> {
        let failed = |error| Problem::Cluster { mode, doing: Doing::FindService, error, seen: Vec::new() };
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(ClusterError::Runtime(error)))?;
        let api = runtime.block_on(Api::open(controller)).map_err(|error| failed(error.into()))?;
        let proxy = runtime.block_on(api.find(controller, mode))?;
        Ok(Self { runtime, api, proxy, mode })
    }

    /// The certificate that the controller seals with, as it serves it.
    pub(crate) fn certificate(&self) -> Result<Vec<u8>, Problem> {
        let doing = || Doing::FetchCertificate;
        let answer = self.call(Method::GET, "/v1/cert.pem", Vec::new(), doing)?;
        if !answer.status.is_success() {
            return Err(self.refused(&answer, doing()));
        }
        Ok(answer.body)
    }

    /// Whether the controller can open this SealedSecret.
    pub(crate) fn verify(&self, title: &Title, json: Vec<u8>) -> Result<(), Problem> {
        let answer = self.call(Method::POST, "/v1/verify", json, || Doing::Validate(None))?;
        match answer.status {
            StatusCode::CONFLICT => Err(Problem::NotDecryptable(title.clone())),
            status if status.is_success() => Ok(()),
            _ => Err(self.refused(&answer, Doing::Validate(Some(title.clone())))),
        }
    }

    /// The SealedSecret sealed anew, as the controller answers it.
    pub(crate) fn rotate(&self, title: &Title, json: Vec<u8>) -> Result<Rotated, Problem> {
        let answer = self.call(Method::POST, "/v1/rotate", json, || Doing::ReEncrypt(None))?;
        match answer.status {
            StatusCode::CONFLICT => Err(Problem::NotRotatable(title.clone())),
            status if status.is_success() => {
                Ok(Rotated { was_newest: was_newest(&answer), body: answer.body })
            }
            _ => Err(self.refused(&answer, Doing::ReEncrypt(Some(title.clone())))),
        }
    }

    /// One request at a time: a controller's limit is small, and it says itself when to come again.
    fn call(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        doing: impl Fn() -> Doing,
    ) -> Result<Answer, Problem> {
        let answer = self.runtime.block_on(self.api.send(method, &format!("{}{path}", self.proxy), body));
        answer.map_err(|error| Problem::Cluster {
            mode: self.mode,
            doing: doing(),
            error: ClusterError::Transport(error),
            seen: Vec::new(),
        })
    }

    fn refused(&self, answer: &Answer, doing: Doing) -> Problem {
        let error = ClusterError::Refused { status: answer.status, message: explain(answer) };
        Problem::Cluster { mode: self.mode, doing, error, seen: Vec::new() }
    }
}

impl Api {
    async fn open(controller: &Controller) -> Result<Self, KubeconfigError> {
        let flags = &controller.connection;
        let timeout = duration::parse(&flags.request_timeout)?;
        let target = target::resolve(&kubeconfig::load(&flags.kubeconfig)?, flags)?;
        let proxy = target.as_ref().and_then(|target| target.cluster.proxy_url.clone());
        let config = match target {
            Some(target) => config(target).await?,
            None if kubeconfig::in_cluster() => {
                Config::incluster().map_err(|error| KubeconfigError::Credentials(error.to_string()))?
            }
            None => return Err(KubeconfigError::Nothing),
        };
        let proxies = Proxies::from_env(|name| env::var(name).ok());
        let proxy = proxy.filter(|url| !url.is_empty());
        let proxy = proxy.as_deref().or_else(|| proxies.choose(&config.cluster_url));
        Ok(Self {
            http: Http::new(&config, proxy, timeout.unwrap_or_else(deadline))?,
            headers: impersonation(&config.auth_info)?,
            query: timeout.map(|time| format!("?timeout={}", duration::print(time))).unwrap_or_default(),
            base: config.cluster_url,
        })
    }

    /// Looks the Service up, and returns the path of its proxy: the first port's name is part of it.
    async fn find(&self, controller: &Controller, mode: Mode) -> Result<String, Problem> {
        let Controller { name, namespace, .. } = controller;
        let path = match namespace.as_str() {
            "" => format!("/api/v1/services/{name}"),
            namespace => format!("/api/v1/namespaces/{namespace}/services/{name}"),
        };
        let failed = |error, seen| Problem::Cluster { mode, doing: Doing::FindService, error, seen };
        let answer = self.send(Method::GET, &path, Vec::new()).await;
        let answer = answer.map_err(|error| failed(ClusterError::Transport(error), Vec::new()))?;
        if !answer.status.is_success() {
            let seen = match answer.status {
                StatusCode::NOT_FOUND => self.look_around(namespace).await,
                _ => Vec::new(),
            };
            let error = ClusterError::Refused { status: answer.status, message: explain(&answer) };
            return Err(failed(error, seen));
        }
        let nonsense = |reason: String| failed(ClusterError::Answer(reason), Vec::new());
        let service: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| nonsense("the answer is not JSON".to_owned()))?;
        let port = service.pointer("/spec/ports/0").ok_or_else(|| {
            nonsense(format!("the answer for {namespace}/{name} is no Service with a port"))
        })?;
        let port = port.get("name").and_then(Value::as_str).unwrap_or_default();
        Ok(format!("/api/v1/namespaces/{namespace}/services/http:{name}:{port}/proxy"))
    }

    /// Services that look like a controller: only for people, so that scripts send no more than they used to.
    ///
    /// Whoever may not list those of the cluster may be allowed to in the namespace that was asked for.
    async fn look_around(&self, namespace: &str) -> Vec<Alike> {
        if !std::io::stderr().is_terminal() {
            return Vec::new();
        }
        for path in ["/api/v1/services", &format!("/api/v1/namespaces/{namespace}/services")] {
            if let Ok(answer) = self.send(Method::GET, path, Vec::new()).await
                && answer.status.is_success()
            {
                return alike::among(&answer.body);
            }
        }
        Vec::new()
    }

    /// Sends a request; one that is told to wait is sent again.
    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Answer, Unanswered> {
        let url = format!("{}{path}{}", self.base.to_string().trim_end_matches('/'), self.query);
        let failed = |cause| Unanswered { request: format!("{} {url:?}", verb(&method)), cause };
        for _ in 0..MOST_RETRIES {
            let answer = self.http.send(self.request(&method, &url, body.clone())?).await;
            match answer.as_ref().ok().and_then(wait) {
                Some(time) => tokio::time::sleep(time).await,
                None => return answer.map_err(failed),
            }
        }
        self.http.send(self.request(&method, &url, body)?).await.map_err(failed)
    }

    fn request(&self, method: &Method, url: &str, body: Vec<u8>) -> Result<Request<Vec<u8>>, Unanswered> {
        let mut request =
            Request::builder().method(method).uri(url).header(http::header::ACCEPT, "application/json, */*");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let bad = |_| Unanswered { request: String::new(), cause: Cause::Url(url.to_owned()) };
        request.body(body).map_err(bad)
    }
}

/// Whether the answer says that all values came from the key that they went to.
fn was_newest(answer: &Answer) -> bool {
    let text = |name: &str| answer.headers.get(name)?.to_str().ok();
    match (text(names::SEALED_FROM), text(names::SEALED_TO)) {
        (Some(from), Some(to)) => from.split(',').all(|key| key == to),
        (_, _) => false,
    }
}

fn verb(method: &Method) -> &'static str {
    if *method == Method::POST { "Post" } else { "Get" }
}

/// How long the server asks to wait before the request is sent again.
fn wait(answer: &Answer) -> Option<Duration> {
    let busy = answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error();
    let seconds = answer.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    busy.then(|| Duration::from_secs(seconds))
}

/// A target as kube's configuration, with the plugin's credentials in it.
async fn config(target: Target) -> Result<Config, KubeconfigError> {
    let mut cluster = target.cluster;
    let server = with_scheme(&cluster);
    // Over plain http credentials could be read by anyone, so none are sent, and no plugin is asked for any.
    let user = if server.starts_with("https://") {
        with_token(exec::credentials(target.user, &cluster)?)?
    } else {
        target::without_credentials(target.user)
    };
    cluster.server = Some(server.clone());
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
            KubeconfigError::Url { what: "--server", text: server }
        }
        other => KubeconfigError::Tls(other.to_string()),
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
            Err(error) => Err(KubeconfigError::File { path: path.clone(), reason: reason(&error) }),
        },
        _ => Ok(user),
    }
}

/// The `Impersonate-*` headers.
fn impersonation(user: &AuthInfo) -> Result<Vec<(HeaderName, HeaderValue)>, KubeconfigError> {
    let mut pairs: Vec<(String, &str)> = Vec::new();
    pairs.extend(user.impersonate.as_deref().map(|name| ("impersonate-user".to_owned(), name)));
    pairs.extend(user.impersonate_uid.as_deref().map(|uid| ("impersonate-uid".to_owned(), uid)));
    for group in user.impersonate_groups.iter().flatten() {
        pairs.push(("impersonate-group".to_owned(), group));
    }
    for (key, values) in user.impersonate_user_extra.iter().flatten() {
        pairs.extend(
            values.iter().map(|value| (format!("impersonate-extra-{}", key.to_lowercase()), value.as_str())),
        );
    }
    if user.impersonate.is_none() && !pairs.is_empty() {
        return Err(KubeconfigError::GroupWithoutUser);
    }
    let header = |(name, value): (String, &str)| {
        let bad = || KubeconfigError::Credentials(format!("{value:?} cannot be sent in a header"));
        let name = HeaderName::try_from(name).map_err(|_| bad())?;
        Ok((name, HeaderValue::try_from(value).map_err(|_| bad())?))
    };
    pairs.into_iter().map(header).collect()
}

/// What an answer that is no success says: a Status' message, or the text, in one line.
fn explain(answer: &Answer) -> String {
    let status: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let field =
        |name: &str| status.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(message) = field("message") {
        return message;
    }
    if let Some(reason) = field("reason") {
        return format!("the reason is {reason}");
    }
    let text: String = String::from_utf8_lossy(&answer.body)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_QUOTE)
        .collect();
    match text.trim() {
        "" => format!("the server answered {}", answer.status),
        text => format!("the server answered {}: {text}", answer.status),
    }
}

/// `%40` as `@`; what is no escape stays.
pub(crate) fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|hex| first == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let byte = escape.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes
}

const MOST_RETRIES: usize = 10;
const LONGEST_QUOTE: usize = 300;
