//! Who may use threads, memory and requests, and when.

mod cancel;
mod claim;
mod executor;
pub mod gcra;
pub mod memory;
pub mod pool;
pub mod schedule;
pub mod weight;
