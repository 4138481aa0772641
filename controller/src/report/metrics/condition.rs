//! One series per SealedSecret: how its condition Synced stands.

use prometheus::{IntGaugeVec, Opts, Registry};

use super::{Metrics, PREFIX};
use crate::state::key::Key;

/// What is shown of one SealedSecret.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    instance: Box<str>,
    value: i64,
}

pub(super) fn series(registry: &Registry) -> IntGaugeVec {
    let opts = Opts::new(
        format!("{PREFIX}condition_info"),
        "Condition of a SealedSecret: -1 False, 0 Unknown, 1 True",
    );
    let labels = ["namespace", "name", "condition", "ss_app_kubernetes_io_instance"];
    super::register(registry, IntGaugeVec::new(opts, &labels).expect("metric names are valid"))
}

impl Metrics {
    /// Shows how a SealedSecret stands.
    pub fn set_condition(&self, key: &Key, instance: &str, synced: Option<bool>) {
        let value = match synced {
            Some(true) => 1,
            Some(false) => -1,
            None => 0,
        };
        let Some(series) = &self.conditions else { return };
        // A series that stays is not taken away in between: a scrape would miss it.
        if self.known().get(key).is_some_and(|known| *known.instance != *instance) {
            self.forget_condition(key);
        }
        series.with_label_values(&labels(key, instance)).set(value);
        self.known().insert(key.clone(), Condition { instance: instance.into(), value });
    }

    /// Shows a changed instance label.
    pub fn relabel_condition(&self, key: &Key, instance: &str) {
        let known = self.known().get(key).cloned();
        if let Some(known) = known
            && *known.instance != *instance
        {
            let synced = match known.value {
                0 => None,
                value => Some(value > 0),
            };
            self.set_condition(key, instance, synced);
        }
    }

    /// Takes the series of a SealedSecret away.
    pub fn forget_condition(&self, key: &Key) {
        let known = self.known().remove(key);
        if let (Some(series), Some(known)) = (&self.conditions, known) {
            // It was set above, so that it exists.
            let _absent = series.remove_label_values(&labels(key, &known.instance));
        }
    }
}

fn labels<'a>(key: &'a Key, instance: &'a str) -> [&'a str; 4] {
    [key.namespace(), key.name(), "Synced", instance]
}
