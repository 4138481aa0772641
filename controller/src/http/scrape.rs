//! The metrics port.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, response::Response, routing::any};
use tokio::sync::Mutex;

use super::{Port, limits::ConnectionLimits, respond};
use crate::{
    keys::store::Store,
    report::metrics::Metrics,
    state::{index::Index, queue::Queue},
};

/// What the metrics port needs.
#[derive(Clone)]
pub struct Scrape {
    metrics: Arc<Metrics>,
    refresh: Arc<Refresh>,
    /// Locked while a text is made.
    kept: Arc<Mutex<Kept>>,
}

type Refresh = dyn Fn(&Metrics) + Send + Sync;

impl Scrape {
    /// A scrape that shows queue and keys as they are.
    pub fn new(metrics: Arc<Metrics>, keys: Arc<Store>, context: Arc<crate::context::Context>) -> Self {
        let refresh = Arc::new(move |metrics: &Metrics| {
            let queue: &Queue = &context.queue;
            let index: &Index = &context.index;
            let (depth, oldest) = queue.depth();
            metrics.show_queue(depth, oldest);
            metrics.show_events(context.deferred.waiting());
            metrics.show_keys(&keys.ring(), &keys.secrets(), &index.items_per_key(), jiff::Timestamp::now());
        });
        Self::of(metrics, refresh)
    }

    /// A scrape of these series; `refresh` shows the rest as it is at this moment.
    pub fn of(metrics: Arc<Metrics>, refresh: Arc<Refresh>) -> Self {
        Self { metrics, refresh, kept: Arc::default() }
    }

    /// The metrics port. Nobody else waits for it, so that its bounds are smaller.
    pub fn port(self) -> Port {
        Port {
            connections: ConnectionLimits::METRICS,
            header_timeout: TIMEOUT,
            write_timeout: TIMEOUT,
            metrics: Arc::clone(&self.metrics),
            reserve: Router::new(),
            router: metrics(self),
        }
    }

    /// The series as text, at most a second old; `None` if it cannot be made. It takes a while when there are many
    /// series, hence on a thread of its own, for all who wait, and to its end even if nobody waits any more.
    async fn text(&self) -> Option<Arc<Vec<u8>>> {
        let mut kept = Arc::clone(&self.kept).lock_owned().await;
        if let Some(text) = kept.usable(Instant::now()) {
            return Some(text);
        }
        let (metrics, refresh) = (Arc::clone(&self.metrics), Arc::clone(&self.refresh));
        let making = tokio::task::spawn_blocking(move || {
            refresh(&metrics);
            kept.keep(metrics.text(), Instant::now())
        });
        making.await.ok()
    }
}

/// The newest text, and all that are on their way.
#[derive(Default)]
struct Kept {
    newest: Option<(Instant, Arc<Vec<u8>>)>,
    /// The newest last.
    alive: Vec<Weak<Vec<u8>>>,
}

impl Kept {
    /// A text that serves at `now`: one that is fresh, or, when slow readers hold some, the newest of them once more.
    fn usable(&mut self, now: Instant) -> Option<Arc<Vec<u8>>> {
        if let Some((made, text)) = &self.newest
            && now.saturating_duration_since(*made) < FRESH
        {
            return Some(Arc::clone(text));
        }
        self.newest = None;
        self.alive.retain(|text| text.strong_count() > 0);
        let newest = self.alive.last().filter(|_| self.alive.len() >= MOST_SENT);
        newest.and_then(Weak::upgrade)
    }

    fn keep(&mut self, text: Vec<u8>, now: Instant) -> Arc<Vec<u8>> {
        let text = Arc::new(text);
        self.alive.push(Arc::downgrade(&text));
        self.newest = Some((now, Arc::clone(&text)));
        text
    }
}

/// The metrics alone.
pub fn metrics(scrape: Scrape) -> Router {
    Router::new().route("/metrics", any(show)).fallback(respond::not_found).with_state(scrape)
}

async fn show(State(scrape): State<Scrape>) -> Response {
    let Some(text) = scrape.text().await else { return respond::empty(StatusCode::INTERNAL_SERVER_ERROR) };
    let text = Bytes::from_owner(Sent(text));
    respond::with_type(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
}

struct Sent(Arc<Vec<u8>>);

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

const FRESH: Duration = Duration::from_secs(1);
const MOST_SENT: usize = 3;
const TIMEOUT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[test]
    fn slow_readers_share_the_newest_text() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        let slow: Vec<_> = (0..20)
            .map(|second| {
                let now = start + FRESH * second;
                kept.usable(now).unwrap_or_else(|| kept.keep(Vec::new(), now))
            })
            .collect();
        assert!(!Arc::ptr_eq(&slow[0], &slow[1]) && !Arc::ptr_eq(&slow[1], &slow[2]));
        assert!(slow[3..].iter().all(|text| Arc::ptr_eq(text, &slow[2])));
        drop(slow);
        assert!(kept.usable(start + FRESH * 20).is_none(), "a new one, since nobody holds one");
        assert!(kept.alive.is_empty());
    }

    #[test]
    fn a_text_serves_for_a_second_and_no_longer() {
        let (mut kept, start) = (Kept::default(), Instant::now());
        kept.keep(Vec::new(), start);
        assert!(kept.usable(start + FRESH / 2).is_some());
        assert!(kept.usable(start + FRESH).is_none());
    }

    #[tokio::test]
    async fn many_who_scrape_have_one_text_made_and_nobody_else_waits_for_it() {
        let made = Arc::new(AtomicUsize::new(0));
        let counting = Arc::clone(&made);
        let slow = move |_: &Metrics| {
            std::thread::sleep(Duration::from_millis(200));
            counting.fetch_add(1, Ordering::Relaxed);
        };
        let scrape = Scrape::of(Arc::new(Metrics::new("v1", false)), Arc::new(slow));
        // Who hangs up and comes back starts no second one.
        for _ in 0..20 {
            let _hung_up = tokio::time::timeout(Duration::from_millis(1), scrape.text()).await;
        }
        assert_eq!(made.load(Ordering::Relaxed), 0, "the thread of the handlers was free meanwhile");
        let texts = join_all((0..100).map(|_| scrape.text())).await;
        assert!(texts.iter().all(Option::is_some));
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
