//! Unseals SealedSecrets into Secrets inside the cluster.
//!
//! ```text
//! watch (SealedSecrets, metadata of Secrets, key Secrets) ──▶ index ──▶ queue ──▶ reconcile ──▶ API server
//! keys ──▶ ring ──▶ reconcile, http                  config ──▶ app (wires all of this)
//! ```

pub mod app;
pub mod client;
pub mod config;
pub mod context;
pub mod error;
pub mod events;
pub mod existing;
pub mod gcra;
pub mod good_news;
pub mod http;
pub mod index;
pub mod keys;
pub mod leader;
pub mod logging;
pub mod metrics;
pub mod pool;
pub mod queue;
pub mod reconcile;
pub mod templates;
pub mod turn;
pub mod watch;

/// The version: of the release that was built, or of the package.
pub const VERSION: &str = match option_env!("SEALED_SECRETS_BUILD_VERSION") {
    Some(version) => version,
    None => concat!("v", env!("CARGO_PKG_VERSION")),
};
