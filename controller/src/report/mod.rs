//! What people and tools are told: status, Events, metrics.

pub mod events;
pub mod good_news;
pub mod metrics;
pub mod status;
pub mod tell;
