//! Sealing keys: read from their Secrets, renewed in time, shared as snapshots.
//!
//! ```text
//! watch of key Secrets ──▶ store ──▶ Arc<KeyRing> ──▶ reconcile, HTTP
//!        renewal (timer, SIGUSR1) ──▶ create ──┘
//! ```

pub mod create;
pub mod known;
mod later;
pub mod renew;
pub mod report;
pub mod store;
