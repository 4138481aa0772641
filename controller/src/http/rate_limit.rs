//! How often a caller may ask for private-key operations.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{
    Web,
    buckets::Buckets,
    caller::{Caller, Callers},
    respond,
};
use crate::capacity::gcra::{Rate, Verdict};

/// One bucket per path and caller, and a larger one per address.
pub struct Limiter {
    origin: Instant,
    callers: Callers,
    per_caller: Mutex<Buckets>,
    per_peer: Mutex<Buckets>,
}

impl Limiter {
    /// `per_second` requests and `burst` more at once.
    ///
    /// All callers of the API server's proxy come from its address, so that an address has the rate of
    /// [`CALLERS_PER_PEER`] callers. Who connects directly and makes callers up gets no more than that, and
    /// no more than an address may hold of the bytes and connections in flight.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let per_caller = Rate::new(f64::from(per_second), burst);
        let crowd = burst.saturating_add(1).saturating_mul(CALLERS_PER_PEER) - 1;
        let per_peer = Rate::new(f64::from(per_second) * f64::from(CALLERS_PER_PEER), crowd);
        Self {
            origin: Instant::now(),
            callers: Callers::default(),
            per_caller: Mutex::new(Buckets::new(per_caller, CALLER_SETS)),
            per_peer: Mutex::new(Buckets::new(per_peer, PEER_SETS)),
        }
    }

    /// Who asks.
    pub(super) fn caller<B>(&self, request: &http::Request<B>) -> Caller {
        self.callers.of(request)
    }

    fn check(&self, caller: Caller, path: &str, now: Instant) -> (Verdict, u32) {
        let now = now.saturating_duration_since(self.origin);
        let mut own = self.per_caller.lock().unwrap_or_else(PoisonError::into_inner);
        let verdict = own.check(self.callers.on_path(caller, path), now);
        let limit = own.limit();
        drop(own);
        // What a caller is refused anyway is not taken from his neighbours behind the same address.
        let verdict = if verdict.allowed { self.crowd(caller.peer, now).unwrap_or(verdict) } else { verdict };
        (verdict, limit)
    }

    /// The refusal of a whole address, if it comes too often.
    fn crowd(&self, peer: IpAddr, now: Duration) -> Option<Verdict> {
        let mut all = self.per_peer.lock().unwrap_or_else(PoisonError::into_inner);
        Some(all.check(self.callers.of_peer(peer), now)).filter(|verdict| !verdict.allowed)
    }
}

/// Lets a request pass or answers 429.
pub(super) async fn limit(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let caller = web.limiter.caller(&request);
    let (verdict, limit) = web.limiter.check(caller, request.uri().path(), Instant::now());
    let mut response = if verdict.allowed {
        request.extensions_mut().insert(caller);
        match tokio::time::timeout(web.settings.write_timeout, next.run(request)).await {
            Ok(response) => response,
            Err(_) => respond::error(StatusCode::SERVICE_UNAVAILABLE, "timed out\n"),
        }
    } else {
        let mut response = respond::error(StatusCode::TOO_MANY_REQUESTS, "limit exceeded\n");
        put(response.headers_mut(), header::RETRY_AFTER, seconds(verdict.retry_after));
        response
    };
    let headers = response.headers_mut();
    put(headers, HeaderName::from_static("x-ratelimit-limit"), u64::from(limit));
    put(headers, HeaderName::from_static("x-ratelimit-remaining"), u64::from(verdict.remaining));
    put(headers, HeaderName::from_static("x-ratelimit-reset"), seconds(verdict.reset_after));
    response
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: u64) {
    headers.insert(name, HeaderValue::from(value));
}

fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// How many callers at their full rate one address stands for.
pub const CALLERS_PER_PEER: u32 = 256;
/// 4,096 buckets, 96 KiB.
const CALLER_SETS: usize = 512;
/// 1,024 buckets, 24 KiB.
const PEER_SETS: usize = 128;
