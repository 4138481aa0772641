//! The service port and the metrics port.
//!
//! Verify and rotate answer whether ciphertexts open, and never look at templates: a template that could
//! change the answer would let anybody ask questions about values.

mod account;
mod body;
mod buckets;
mod caller;
mod cert;
mod connections;
mod health;
mod io;
mod limits;
mod object;
mod open;
mod rate_limit;
mod receiving;
mod refused;
mod reseal;
mod respond;
mod scrape;
mod serve;
mod slots;
mod texts;
mod unread;
mod verify;

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, middleware, routing::any};

pub use account::Account;
pub use caller::Peer;
pub use limits::{ConnectionLimits, Limits};
pub use rate_limit::{CALLERS_PER_PEER, Limiter};
pub use scrape::{Scrape, metrics};
pub use serve::{Port, bind, serve};
pub use texts::Texts;

use crate::{capacity::pool::Pool, keys::store::Store, leader::Leadership, report::metrics::Metrics};
use receiving::Receiving;
use slots::Slots;

/// What the handlers need.
#[derive(Clone)]
pub struct Web {
    keys: Arc<Store>,
    leadership: Arc<Leadership>,
    pool: Pool,
    metrics: Arc<Metrics>,
    settings: Arc<Settings>,
    limiter: Arc<Limiter>,
    account: Account,
    texts: Texts,
    slots: Slots,
    receiving: Receiving,
}

/// How the service port answers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests per second and caller on verify and rotate.
    pub rate: u32,
    /// How many more may come at once.
    pub burst: u32,
    /// Whether the deprecated `spec.data` is opened.
    pub accept_v1_data: bool,
    /// How long a head, and then a body, may take to arrive.
    pub read_timeout: Duration,
    /// How long an answer may take, and then to go out.
    pub write_timeout: Duration,
    /// What strangers may take.
    pub limits: Limits,
}

impl Web {
    /// Nothing is in flight, and all buckets are full.
    pub fn new(
        keys: Arc<Store>,
        leadership: Arc<Leadership>,
        pool: Pool,
        metrics: Arc<Metrics>,
        settings: Settings,
    ) -> Self {
        Self {
            keys,
            leadership,
            pool,
            metrics,
            limiter: Arc::new(Limiter::new(settings.rate, settings.burst)),
            account: Account::new(&settings.limits),
            texts: Texts::start(),
            slots: Slots::default(),
            receiving: Receiving::default(),
            settings: Arc::new(settings),
        }
    }

    /// Bytes of the requests that are in flight.
    pub fn in_flight(&self) -> usize {
        self.account.used()
    }

    /// The service port.
    pub fn port(self) -> Port {
        Port {
            connections: self.settings.limits.connections,
            header_timeout: self.settings.read_timeout,
            write_timeout: self.settings.write_timeout,
            metrics: Arc::clone(&self.metrics),
            reserve: reserve(self.clone()),
            router: service(self),
        }
    }
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
        .route("/healthz", any(health::lives))
        .route("/readyz", any(health::is_ready))
        .fallback(respond::not_found)
        .with_state(web)
}

/// Health and certificate alone, for connections beyond the limit.
fn reserve(web: Web) -> Router {
    let busy = async |State(web): State<Web>| refused::Refused::Connections.answer(&web.metrics);
    Router::new()
        .route("/v1/cert.pem", any(cert::cert))
        .layer(middleware::from_fn_with_state(web.clone(), respond::measure))
        .route("/healthz", any(health::lives))
        .route("/readyz", any(health::is_ready))
        .fallback(busy)
        .with_state(web)
}
