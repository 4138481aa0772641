//! The API server, as one user: requests to it, and the controller's Service.

use std::{env, io::IsTerminal as _, time::Duration};

use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use kube::Config;
use serde_json::Value;

use super::{
    Cause, ClusterError, KubeconfigError, Unanswered,
    alike::{self, Alike},
    configuration::{config, impersonation},
    error::AnswerError,
    http::{Answer, Http, deadline},
    kubeconfig,
    proxy::Proxies,
    target, timeout,
};
use crate::{
    args::Mode,
    job::Controller,
    problem::{Doing, Problem},
};

/// The API server, as one user.
pub(super) struct Api {
    http: Http,
    base: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// `?timeout=5s`, or nothing.
    query: String,
}

impl Api {
    pub(super) async fn open(controller: &Controller) -> Result<Self, KubeconfigError> {
        let flags = &controller.connection;
        let timeout = timeout::parse(&flags.request_timeout)?;
        let files = kubeconfig::load(&flags.kubeconfig)?;
        let target = target::resolve(&files.config, flags)?;
        let proxy = target.as_ref().and_then(|target| target.cluster.proxy_url.clone());
        let config = match target {
            Some(target) => config(target).await?,
            None if kubeconfig::in_cluster() => {
                Config::incluster().map_err(|error| KubeconfigError::InCluster(Box::new(error)))?
            }
            None => return Err(files.nothing()),
        };
        let proxies = Proxies::from_env(|name| env::var(name).ok());
        let proxy = proxy.filter(|url| !url.is_empty());
        let proxy = proxy.as_deref().or_else(|| proxies.choose(&config.cluster_url));
        Ok(Self {
            http: Http::new(&config, proxy, timeout.unwrap_or_else(deadline))?,
            headers: impersonation(&config.auth_info)?,
            query: timeout.map(|time| format!("?timeout={}", timeout::print(time))).unwrap_or_default(),
            base: config.cluster_url,
        })
    }

    /// Looks the Service up, and returns the path of its proxy: the first port's name is part of it.
    pub(super) async fn find(&self, controller: &Controller, mode: Mode) -> Result<String, Problem> {
        let Controller { name, namespace, .. } = controller;
        let failed = |error, seen| Problem::Cluster { mode, doing: Doing::FindService, error, seen };
        for (flag, name) in [("--controller-name", name), ("--controller-namespace", namespace)] {
            if !is_name(name) {
                return Err(failed(ClusterError::Name { flag, name: name.clone() }, Vec::new()));
            }
        }
        let path = match namespace.as_str() {
            "" => format!("/api/v1/services/{name}"),
            namespace => format!("/api/v1/namespaces/{namespace}/services/{name}"),
        };
        let answer = self.send(Method::GET, &path, Vec::new()).await;
        let answer = answer.map_err(|error| failed(ClusterError::Transport(error), Vec::new()))?;
        if !answer.status.is_success() {
            let seen = match answer.status {
                StatusCode::NOT_FOUND => self.look_around(namespace).await,
                _ => Vec::new(),
            };
            return Err(failed(refusal(&answer), seen));
        }
        let nonsense = |error: AnswerError| failed(error.into(), Vec::new());
        let service: Value =
            serde_json::from_slice(&answer.body).map_err(|error| nonsense(AnswerError::Json(error)))?;
        let port = service.pointer("/spec/ports/0").ok_or_else(|| {
            nonsense(AnswerError::NoPort { namespace: namespace.clone(), name: name.clone() })
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

    /// Sends a request; one that is told to wait is sent again, unless that takes too long.
    pub(super) async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<Answer, Unanswered> {
        let url = format!("{}{path}{}", self.base.to_string().trim_end_matches('/'), self.query);
        let failed = |cause| Unanswered { verb: verb(&method), url: url.as_str().into(), cause };
        for _ in 0..MOST_RETRIES {
            let answer = self.http.send(self.request(&method, &url, body.clone())?).await;
            match answer.as_ref().ok().and_then(wait) {
                Some(time) if time <= LONGEST_WAIT => tokio::time::sleep(time).await,
                Some(_) | None => return answer.map_err(failed),
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
        let bad = |_| Unanswered { verb: verb(method), url: url.into(), cause: Cause::Url };
        request.body(body).map_err(bad)
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

/// An answer that is no success.
pub(super) fn refusal(answer: &Answer) -> ClusterError {
    let wait = wait(answer).filter(|time| *time > LONGEST_WAIT);
    ClusterError::Refused { status: answer.status, message: explain(answer), wait }
}

/// Whether a name can stand in a path: it changes nothing but its own part of it.
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        && !matches!(name, "." | "..")
}

/// What an answer that is no success says: a Status' message, or the text, in one line.
fn explain(answer: &Answer) -> String {
    let status: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let field =
        |name: &str| status.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(message) = field("message") {
        return in_one_line(&message).collect();
    }
    if let Some(reason) = field("reason") {
        return format!("the reason is {}", in_one_line(&reason).collect::<String>());
    }
    let text = String::from_utf8_lossy(&answer.body);
    let text: String = in_one_line(&text).take(LONGEST_QUOTE).collect();
    match text.trim() {
        "" => format!("the server answered {}", answer.status),
        text => format!("the server answered {}: {text}", answer.status),
    }
}

fn in_one_line(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| if c.is_control() { ' ' } else { c })
}

/// A person gives up sooner, and a pipeline has other work.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
const MOST_RETRIES: usize = 10;
const LONGEST_QUOTE: usize = 300;
