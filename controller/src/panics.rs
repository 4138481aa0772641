//! Panics: told by place and number, never by text; and one that a test asks for.

use std::{panic, sync::Arc};

use crate::{
    reconcile::open::{Stop, Work},
    report::metrics::Metrics,
    state::key::Key,
};

/// From now on a panic is counted, and logged by its place alone: what it says may quote a value.
pub fn install(metrics: &Arc<Metrics>) {
    let metrics = Arc::clone(metrics);
    panic::set_hook(Box::new(move |info| {
        metrics.panics.inc();
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or_default();
        tracing::error!(place, thread, "a fault of the controller (panic); please report it");
    }));
}

/// An object that a test wants a panic for: `SEALED_SECRETS_PANIC_ON=[task:]NAMESPACE/NAME`.
#[derive(Clone, Debug)]
pub struct PanicOn {
    key: Key,
    in_task: bool,
}

impl PanicOn {
    /// Reads the variable.
    pub fn parse(text: &str) -> Option<Self> {
        let (in_task, place) = text.strip_prefix("task:").map_or((false, text), |place| (true, place));
        let (namespace, name) = place.split_once('/')?;
        Some(Self { key: Key::new(namespace, name), in_task })
    }

    /// Whether it means this object.
    pub fn is_for(&self, key: &Key) -> bool {
        self.key == *key
    }

    /// Panics: in the task that reconciles, or on a thread for private-key operations.
    pub(crate) async fn strike(&self, work: &Work<'_>) -> Result<(), Stop> {
        assert!(!self.in_task, "{ASKED_FOR}");
        Ok(work.run(|| panic!("{ASKED_FOR}")).await?)
    }
}

const ASKED_FOR: &str = "asked for by SEALED_SECRETS_PANIC_ON";
