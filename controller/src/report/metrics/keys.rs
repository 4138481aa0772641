//! Series per sealing key: how old it is, when it ends, what would be lost with it.

use std::collections::HashMap;

use jiff::Timestamp;
use prometheus::{Gauge, GaugeVec, Registry};
use sealed_secrets_core::{Fingerprint, KeyRing};

use super::Metrics;

/// Series per sealing key.
pub(super) struct KeySeries {
    count: Gauge,
    age: GaugeVec,
    expiry: GaugeVec,
    items: GaugeVec,
    deleted: GaugeVec,
}

impl KeySeries {
    pub(super) fn new(registry: &Registry) -> Self {
        let per_key = |name, help| super::gauges(registry, name, help, &["fingerprint", "secret"]);
        Self {
            count: super::gauge(registry, "keys", "Sealing keys in use"),
            age: per_key("key_age_seconds", "Age of a sealing key by its certificate, in seconds"),
            expiry: per_key("key_days_to_expiry", "Days until the certificate of a sealing key ends"),
            items: per_key("key_items", "Items of SealedSecrets that are sealed to a key"),
            deleted: per_key(
                "key_deleted_items",
                "Items that will be lost when the process ends: the Secret of their key was deleted",
            ),
        }
    }
}

impl Metrics {
    /// Shows the keys as they are, with the names of their Secrets and the number of items sealed to each.
    #[expect(clippy::cast_precision_loss, reason = "seconds and items are far below 2^53")]
    pub fn show_keys(
        &self,
        ring: &KeyRing,
        secrets: &HashMap<Fingerprint, String>,
        items: &HashMap<Fingerprint, u64>,
        now: Timestamp,
    ) {
        let series = &self.keys;
        for vector in [&series.age, &series.expiry, &series.items, &series.deleted] {
            vector.reset();
        }
        series.count.set(ring.len() as f64);
        for pair in ring.pairs() {
            let name = pair.fingerprint().to_string();
            let secret = secrets.get(pair.fingerprint()).map(String::as_str).unwrap_or_default();
            let labels = [&*name, secret];
            let sealed = items.get(pair.fingerprint()).copied().unwrap_or(0) as f64;
            series.items.with_label_values(&labels).set(sealed);
            if let Some(begin) = pair.not_before() {
                series.age.with_label_values(&labels).set(now.duration_since(begin).as_secs_f64());
            }
            if let Some(end) = pair.not_after() {
                let days = end.duration_since(now).as_secs_f64() / 86_400.0;
                series.expiry.with_label_values(&labels).set(days);
            }
            if ring.is_retired(pair.fingerprint()) {
                series.deleted.with_label_values(&labels).set(sealed);
            }
        }
    }
}
