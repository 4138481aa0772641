//! Panics: told by place and number, never by text; and one that a test asks for.

use std::{panic, sync::Arc};

use crate::{
    config::panic_on::PanicOn,
    reconcile::open::{Stop, Work},
    report::metrics::Metrics,
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

/// Panics as a test asked: in the task that reconciles, or on a thread for private-key operations.
pub(crate) async fn strike(asked: &PanicOn, work: &Work<'_>) -> Result<(), Stop> {
    assert!(!asked.in_task, "{ASKED_FOR}");
    Ok(work.run(|| panic!("{ASKED_FOR}")).await?)
}

const ASKED_FOR: &str = "asked for by SEALED_SECRETS_PANIC_ON";
