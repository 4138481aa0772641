//! Unseals SealedSecrets into Secrets inside the cluster.
//!
//! ```text
//! watch ──▶ state (entries, queue) ──▶ reconcile (open, plan, apply, conclude) ──▶ report (status, Events, metrics)
//! keys ──▶ reconcile, http      api, capacity: used by all      config ──▶ app (wires all of this)
//! ```

// A panic ends one work item or one request, not the process: see ARCHITECTURE.md.
#[cfg(all(panic = "abort", not(test)))]
compile_error!(
    "the controller must unwind: build it with the profile `release`; `cli` is for kubeseal alone"
);

pub mod api;
pub mod app;
pub mod capacity;
pub mod config;
pub mod context;
pub mod http;
pub mod keys;
pub mod leader;
pub mod logging;
pub mod panics;
pub mod reconcile;
pub mod report;
pub mod state;
pub mod watch;

/// The version: of the release that was built, or of the package.
pub const VERSION: &str = match option_env!("SEALED_SECRETS_BUILD_VERSION") {
    Some(version) => version,
    None => concat!("v", env!("CARGO_PKG_VERSION")),
};
