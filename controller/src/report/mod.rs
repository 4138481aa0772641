//! What people and tools are told: status, Events, metrics.

pub mod deferred;
pub mod events;
pub mod metrics;
pub mod sealed_to;
pub mod shorten;
pub mod status;
pub mod subject;
pub mod writer;
