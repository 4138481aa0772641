//! What the API server tells us, and which of it makes an object due.

pub mod follow;
pub mod namespaces;
pub mod sealed;
pub mod secrets;
