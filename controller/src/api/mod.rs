//! The API server: the connection, its errors, and Secrets as they are read and written.

pub mod answer_limit;
mod asked;
pub mod client;
pub mod deadline;
pub mod error;
pub mod gate;
pub mod in_flight;
pub mod kubeconfig;
pub mod limits;
pub mod permission;
pub mod retry;
pub mod sealed;
mod secret_error;
mod secret_json;
pub mod secrets;
mod verdicts;
