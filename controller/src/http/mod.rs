//! The service port and the metrics port.
//!
//! Verify and rotate answer whether ciphertexts open, and never look at templates: a template that could
//! change the answer would let anybody ask questions about values.

mod cert;
mod rate_limit;
mod reseal;
mod respond;
mod serve;
mod verify;

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, http::StatusCode, middleware, response::Response, routing::any};

pub use rate_limit::Limiter;
pub use serve::{bind, serve};

use crate::{index::Index, keys::store::Store, metrics::Metrics, pool::Pool, queue::Queue};

/// What the handlers need.
#[derive(Clone)]
pub struct Web {
    /// The keys.
    pub keys: Arc<Store>,
    /// Threads for private-key operations.
    pub pool: Pool,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Who may come how often.
    pub limiter: Arc<Limiter>,
    /// Whether the deprecated `spec.data` is opened.
    pub accept_v1_data: bool,
    /// How long a body may take to arrive.
    pub read_timeout: Duration,
    /// How long an answer may take.
    pub write_timeout: Duration,
}

/// Health, certificate, verify and rotate.
pub fn service(web: Web) -> Router {
    let limited = Router::new()
        .route("/v1/verify", any(verify::verify))
        .route("/v1/rotate", any(reseal::rotate))
        .layer(middleware::from_fn_with_state(web.clone(), rate_limit::limit));
    Router::new()
        .route("/v1/cert.pem", any(cert::cert))
        .merge(limited)
        .layer(middleware::from_fn_with_state(web.clone(), respond::measure))
        .route("/healthz", any(healthz))
        .fallback(respond::not_found)
        .with_state(web)
}

/// What the metrics port needs.
#[derive(Clone)]
pub struct Scrape {
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Shows the rest as it is at this moment.
    pub refresh: Arc<dyn Fn(&Metrics) + Send + Sync>,
}

impl Scrape {
    /// A scrape that shows queue and keys as they are.
    pub fn new(metrics: Arc<Metrics>, keys: Arc<Store>, context: Arc<crate::context::Context>) -> Self {
        let refresh = Arc::new(move |metrics: &Metrics| {
            let queue: &Queue = &context.queue;
            let index: &Index = &context.index;
            let (depth, oldest) = queue.depth();
            metrics.show_queue(depth, oldest);
            metrics.show_events(context.good_news.waiting());
            metrics.show_keys(&keys.ring(), &index.items_per_key(), jiff::Timestamp::now());
        });
        Self { metrics, refresh }
    }
}

/// The metrics alone.
pub fn metrics(scrape: Scrape) -> Router {
    Router::new().route("/metrics", any(show_metrics)).fallback(respond::not_found).with_state(scrape)
}

async fn show_metrics(State(scrape): State<Scrape>) -> Response {
    (scrape.refresh)(&scrape.metrics);
    respond::with_type(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", scrape.metrics.text())
}

/// Ready when there is a certificate to serve: what everybody else asks for first.
async fn healthz(State(web): State<Web>, request: axum::extract::Request) -> Response {
    if let Some(refused) = respond::only(&request, &[respond::GET, respond::HEAD]) {
        return refused;
    }
    if web.keys.ring().newest().is_none() {
        return respond::text(StatusCode::SERVICE_UNAVAILABLE, "no sealing key yet\n");
    }
    respond::text(StatusCode::OK, "ok\n")
}
