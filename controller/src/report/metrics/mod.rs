//! What is counted: the reference's names, types and labels, and what it lacks.

mod condition;
mod keys;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use prometheus::{
    Counter, Encoder as _, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounterVec,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::state::key::Key;

/// All series.
pub struct Metrics {
    registry: Registry,
    /// Reconciles begun.
    pub unseal_requests: Counter,
    /// RSA private-key operations of objects that were opened.
    pub private_operations: Counter,
    /// Reconciles that failed, by reason and namespace.
    pub unseal_errors: IntCounterVec,
    /// Faults of ours: each ended one piece of work.
    pub panics: Counter,
    /// Secrets found changed by somebody else, by namespace.
    pub drift: IntCounterVec,
    /// Requests by path, method and code.
    pub http_requests: IntCounterVec,
    /// Their duration.
    pub http_seconds: HistogramVec,
    /// Requests and connections refused for what they would cost, by reason.
    pub http_refused: IntCounterVec,
    /// RSA private-key operations of requests.
    pub http_operations: Counter,
    /// Duration of a reconcile.
    pub reconcile_seconds: Histogram,
    /// Duration of opening an object.
    pub unseal_seconds: Histogram,
    /// How long objects waited for their turn.
    pub queue_seconds: Histogram,
    /// Keys that could not be made.
    pub key_errors: Counter,
    /// Whether this replica acts.
    pub leader: Gauge,
    scrapes: IntCounterVec,
    queue_depth: Gauge,
    queue_age: Gauge,
    events_waiting: Gauge,
    broken_keys: IntGaugeVec,
    keys: keys::KeySeries,
    conditions: Option<IntGaugeVec>,
    known: Mutex<HashMap<Key, condition::Condition>>,
}

/// Registers a collector; names are ours and distinct, so that this cannot fail.
fn register<C: prometheus::core::Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect("metric names are distinct");
    collector
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    let opts = Opts::new(format!("{PREFIX}{name}"), help);
    register(registry, IntCounterVec::new(opts, labels).expect("metric names are valid"))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    let opts = Opts::new(format!("{PREFIX}{name}"), help);
    register(registry, GaugeVec::new(opts, labels).expect("metric names are valid"))
}

fn counter(registry: &Registry, name: &str, help: &str) -> Counter {
    register(registry, Counter::new(format!("{PREFIX}{name}"), help).expect("metric names are valid"))
}

fn gauge(registry: &Registry, name: &str, help: &str) -> Gauge {
    register(registry, Gauge::new(format!("{PREFIX}{name}"), help).expect("metric names are valid"))
}

fn histogram(registry: &Registry, name: &str, help: &str) -> Histogram {
    let opts = HistogramOpts::new(format!("{PREFIX}{name}"), help).buckets(BUCKETS.to_vec());
    register(registry, Histogram::with_opts(opts).expect("metric names are valid"))
}

impl Metrics {
    /// All series at zero. Series per SealedSecret are left out on request.
    pub fn new(version: &str, omit_per_object: bool) -> Self {
        let registry = Registry::new();
        let r = &registry;
        let http = HistogramOpts::new(
            format!("{PREFIX}http_request_duration_seconds"),
            "Duration of requests in seconds, by path and method",
        );
        let scrapes = Opts::new(
            "promhttp_metric_handler_requests_total",
            "Total number of scrapes by HTTP status code.",
        );
        let scrapes = IntCounterVec::new(scrapes, &["code"]).expect("metric names are valid");
        let metrics = Self {
            unseal_requests: counter(r, "unseal_requests_total", "Requests to unseal a SealedSecret"),
            private_operations: counter(
                r,
                "private_key_operations_total",
                "RSA private-key operations of SealedSecrets that were opened",
            ),
            unseal_errors: counters(
                r,
                "unseal_errors_total",
                "Errors while unsealing, by reason and namespace",
                &["reason", "namespace"],
            ),
            panics: counter(r, "panics_total", "Faults of the controller itself; please report them"),
            drift: counters(r, "drift_total", "Secrets found changed by somebody else", &["namespace"]),
            http_requests: counters(
                r,
                "http_requests_total",
                "Requests by path, method and status code",
                &["path", "method", "code"],
            ),
            http_seconds: register(
                r,
                HistogramVec::new(http, &["path", "method"]).expect("metric names are valid"),
            ),
            http_refused: counters(
                r,
                "http_refused_total",
                "Requests and connections refused for what they would cost, by reason",
                &["reason"],
            ),
            http_operations: counter(
                r,
                "http_private_key_operations_total",
                "RSA private-key operations of requests",
            ),
            reconcile_seconds: histogram(
                r,
                "reconcile_duration_seconds",
                "Duration of a reconcile in seconds",
            ),
            unseal_seconds: histogram(
                r,
                "unseal_duration_seconds",
                "Duration of opening one object in seconds",
            ),
            queue_seconds: histogram(
                r,
                "queue_wait_seconds",
                "How long objects waited for their turn in seconds",
            ),
            key_errors: counter(r, "key_errors_total", "Sealing keys that could not be made"),
            leader: gauge(r, "leader", "1 if this replica acts, 0 if it only answers requests"),
            scrapes: register(r, scrapes),
            queue_depth: gauge(r, "queue_depth", "Objects that wait for their turn"),
            events_waiting: gauge(r, "events_waiting", "Events that are told when there is time"),
            queue_age: gauge(r, "queue_oldest_seconds", "How long the oldest of them has waited in seconds"),
            broken_keys: {
                let opts = Opts::new(
                    format!("{PREFIX}key_broken"),
                    "Key Secrets that cannot be used or are not read (1), by name of the Secret",
                );
                register(r, IntGaugeVec::new(opts, &["secret"]).expect("metric names are valid"))
            },
            keys: keys::KeySeries::new(r),
            conditions: (!omit_per_object).then(|| condition::series(r)),
            known: Mutex::default(),
            registry: registry.clone(),
        };
        metrics.start(version);
        metrics
    }

    fn start(&self, version: &str) {
        // Compat: the reference's build_info has the value 0.
        gauges(&self.registry, "build_info", "Build information", &["revision"])
            .with_label_values(&[version])
            .set(0.0);
        for code in ["200", "500", "503"] {
            self.scrapes.with_label_values(&[code]);
        }
        for (path, method) in [("/v1/cert.pem", "get"), ("/v1/verify", "post"), ("/v1/rotate", "post")] {
            self.http_requests.with_label_values(&[path, method, "200"]);
            self.http_seconds.with_label_values(&[path, method]);
        }
        let most_memory =
            Gauge::new("process_virtual_memory_max_bytes", "Maximum amount of virtual memory in bytes.");
        register(&self.registry, most_memory.expect("metric names are valid")).set(most_virtual_memory());
        let process = prometheus::process_collector::ProcessCollector::for_self();
        // A process that cannot read its own /proc entry goes without these series.
        let _absent = self.registry.register(Box::new(process));
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        let code = match TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            Ok(()) => "200",
            Err(_) => "500",
        };
        self.scrapes.with_label_values(&[code]).inc();
        text
    }

    /// Takes the series of a namespace away in which no SealedSecret is left.
    pub fn forget_namespace(&self, namespace: &str) {
        for reason in REASONS {
            // Most were never set.
            let _absent = self.unseal_errors.remove_label_values(&[reason, namespace]);
        }
        let _absent = self.drift.remove_label_values(&[namespace]);
    }

    /// Shows the queue as it is.
    pub fn show_queue(&self, depth: usize, oldest: std::time::Duration) {
        #[expect(clippy::cast_precision_loss, reason = "a queue of 2^53 objects does not fit into memory")]
        self.queue_depth.set(depth as f64);
        self.queue_age.set(oldest.as_secs_f64());
    }

    /// Shows how many Events are not told yet.
    pub fn show_events(&self, waiting: usize) {
        #[expect(clippy::cast_precision_loss, reason = "some thousands at most")]
        self.events_waiting.set(waiting as f64);
    }

    /// Marks a key Secret as broken or not.
    pub fn set_broken_key(&self, secret: &str, broken: bool) {
        if broken {
            self.broken_keys.with_label_values(&[secret]).set(1);
        } else {
            // Absent is as good as sound.
            let _absent = self.broken_keys.remove_label_values(&[secret]);
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Key, condition::Condition>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limit on the address space, as Go's collector shows it: the largest number where there is none.
fn most_virtual_memory() -> f64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max address space"));
    line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(18_446_744_073_709_551_615.0)
}

const PREFIX: &str = "sealed_secrets_controller_";
/// From one private-key operation to many keys tried in vain.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// All reasons in `unseal_errors`.
const REASONS: [&str; 6] = ["unseal", "internal", "unmanaged", "update", "fetch", "status"];
