//! How often a caller may ask for private-key operations.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{Web, respond};
use crate::gcra::{Rate, Verdict};

/// One bucket per path and caller.
pub struct Limiter {
    rate: Rate,
    origin: Instant,
    buckets: Mutex<HashMap<String, Duration>>,
}

impl Limiter {
    /// `per_second` requests and `burst` more at once.
    pub fn new(per_second: u32, burst: u32) -> Self {
        Self {
            rate: Rate::new(f64::from(per_second), burst),
            origin: Instant::now(),
            buckets: Mutex::default(),
        }
    }

    fn check(&self, key: String, now: Instant) -> Verdict {
        let now = now.saturating_duration_since(self.origin);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_CALLERS {
            buckets.retain(|_, full_at| *full_at > now);
        }
        // Still full of callers that all wait: a flood of made-up addresses shares one bucket.
        let key =
            if buckets.len() >= MOST_CALLERS && !buckets.contains_key(&key) { String::new() } else { key };
        let full_at = buckets.get(&key).copied().unwrap_or_default();
        let (verdict, next) = self.rate.step(full_at, now);
        buckets.insert(key, next);
        verdict
    }
}

/// Lets a request pass or answers 429. The API server's proxy names the caller in `X-Forwarded-For`.
pub(super) async fn limit(State(web): State<Web>, request: Request, next: Next) -> Response {
    let caller = request.headers().get("x-forwarded-for").map_or(&[][..], HeaderValue::as_bytes);
    let key = format!("{}\n{}", request.uri().path(), String::from_utf8_lossy(caller));
    let verdict = web.limiter.check(key, Instant::now());
    let mut response = if verdict.allowed {
        match tokio::time::timeout(web.write_timeout, next.run(request)).await {
            Ok(response) => response,
            Err(_) => respond::error(StatusCode::SERVICE_UNAVAILABLE, "timed out\n"),
        }
    } else {
        let mut response = respond::error(StatusCode::TOO_MANY_REQUESTS, "limit exceeded\n");
        put(response.headers_mut(), header::RETRY_AFTER, seconds(verdict.retry_after));
        response
    };
    let headers = response.headers_mut();
    put(headers, HeaderName::from_static("x-ratelimit-limit"), u64::from(web.limiter.rate.limit()));
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

const MOST_CALLERS: usize = 65_536;
