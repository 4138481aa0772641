//! An API server inside this process: the resources that Sealed Secrets touches, in milliseconds.
//!
//! ```text
//! listener ──▶ api ──▶ auth, rbac, faults ──▶ list, watch, write, delete, proxy, review, discovery
//!                                                   │ validate (schema, secrets), patch, selectors, view
//!                                                   ▼
//!                                                 store ◀── gc
//! ```
//! What it leaves out, on purpose: managed fields, server-side apply's conflicts (an apply is a merge),
//! protobuf, controllers other than the garbage collector and the end of namespaces, quotas, admission
//! plugins. It forwards the service proxy to loopback addresses, which the real server refuses.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::request::Parts,
    response::Response,
};
use jiff::Timestamp;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::{certificates::Authority, tokens::StaticTokens};

mod api;
mod auth;
mod body;
mod calls;
mod delete;
mod discovery;
mod faults;
mod gc;
mod list;
mod listener;
mod meta;
mod patch;
mod protobuf;
mod proxy;
mod rbac;
mod request;
mod resource;
mod review;
mod schema;
mod secrets;
mod selectors;
mod status;
mod store;
mod validate;
mod view;
mod watch;
mod write;

pub use calls::{Call, Calls, Written};
pub use faults::{Effect, Fault, Faults};

pub(crate) use body::{refused, torn};
pub(crate) use listener::TlsListener;
pub(crate) use request::Request;
pub(crate) use status::Refusal;

use api::Api;

/// A running embedded API server; everything in it is gone with it.
pub struct Server {
    api: Arc<Api>,
    url: String,
    ca: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens with TLS on a free port of 127.0.0.1 (see [`Authority`]).
    pub async fn start(tokens: &StaticTokens) -> io::Result<Self> {
        let authority = Authority::for_server(&["127.0.0.1", "localhost"]).map_err(io::Error::other)?;
        let listener = TlsListener::bind(&authority).await?;
        let address: SocketAddr = axum::serve::Listener::local_addr(&listener)?;
        let api = Arc::new(Api::new(tokens));
        create_first_objects(&api);
        let collector = tokio::spawn(collect_garbage(Arc::clone(&api)));
        let router = Router::new().fallback(handle).with_state(Arc::clone(&api));
        let server = tokio::spawn(async move {
            // It only ends with the task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { api, url: format!("https://{address}"), ca: authority.ca, tasks: vec![collector, server] })
    }

    /// `https://127.0.0.1:port`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Certificate of the authority, PEM.
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// What is to go wrong.
    pub fn faults(&self) -> &Faults {
        &self.api.faults
    }

    /// What has been asked.
    pub fn calls(&self) -> &Calls {
        &self.api.calls
    }

    /// Forgets the history, as etcd's compaction does: whoever is behind gets 410 and must list again.
    pub fn compact(&self) {
        self.api.store.with(store::Data::compact);
    }

    /// Ends the listener and every watch.
    pub async fn stop(mut self) {
        self.api.end();
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.api.end();
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn handle(State(api): State<Arc<Api>>, request: axum::extract::Request) -> Response {
    let (parts, body): (Parts, Body) = request.into_parts();
    let understood = Request::parse(&parts.method, &parts.uri);
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        let message = format!("Request entity too large: limit is {MAX_BODY}");
        return refused(&Refusal::new(413, "RequestEntityTooLarge", message), &understood);
    };
    api.answer(understood, parts.headers, body).await
}

/// What every cluster has before anybody has done anything.
fn create_first_objects(api: &Api) {
    let roles = "rbac.authorization.k8s.io/v1";
    let first = [
        ("", "namespaces", json!({"metadata": {"name": "default"}})),
        ("", "namespaces", json!({"metadata": {"name": "kube-system"}})),
        ("", "namespaces", json!({"metadata": {"name": "kube-public"}})),
        ("", "namespaces", json!({"metadata": {"name": "kube-node-lease"}})),
        (
            roles,
            "clusterroles",
            json!({"metadata": {"name": "cluster-admin"}, "rules": [
            {"apiGroups": ["*"], "resources": ["*", "*/*"], "verbs": ["*"]},
            {"nonResourceURLs": ["*"], "verbs": ["*"]}]}),
        ),
    ];
    for (group, plural, object) in first {
        let group = group.trim_end_matches("/v1");
        let resource = api.registry.find(group, "v1", plural).expect("the resource is built in");
        let writer =
            write::Writer { resource: &resource, namespace: "", now: Timestamp::now(), dry_run: false };
        api.store.with(|data| writer.create(object, data)).expect("the first objects are good");
    }
}

async fn collect_garbage(api: Arc<Api>) {
    let mut revisions = api.store.revisions();
    let mut collector = gc::Collector::default();
    while revisions.changed().await.is_ok() {
        revisions.borrow_and_update();
        api.store.with(|data| collector.settle(&api.registry, Timestamp::now(), data));
    }
}

/// As the real server's.
const MAX_BODY: usize = 3 * 1024 * 1024;
