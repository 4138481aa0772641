//! Who may use threads, memory and requests, and when.

mod cancel;
mod claim;
mod executor;
pub mod gcra;
pub mod pool;
pub mod room;
pub mod schedule;
pub mod weight;
