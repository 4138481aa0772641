//! Who may use threads, memory and requests, and when.

pub mod gcra;
pub mod pool;
pub mod room;
pub mod schedule;
pub mod weight;
