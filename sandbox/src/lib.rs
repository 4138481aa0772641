//! A throw-away Kubernetes API on this machine: `cargo demo`, the end-to-end tests, the bench.
//!
//! ```text
//! backend ──▶ memory       an API server inside this process, in milliseconds
//!        └──▶ kubernetes   the real etcd, kube-apiserver and kube-controller-manager,
//!                          in a network namespace of their own
//! fault_proxy  makes a controller's requests fail before the real one    webhook   refuses for the real one
//! objects      talks to either as a client does      manifests    what `manifests/` holds
//! controller   the controller's process              binaries     where the binaries are
//! ```
//! Whoever uses a [`Backend`](backend::Backend) cannot tell which one it is but by its name:
//! that is how the real one keeps the small one honest.

pub mod backend;
pub mod binaries;
pub mod certificates;
pub mod churn;
pub mod controller;
pub mod fault_proxy;
pub mod http_client;
pub mod kubeconfig;
pub mod kubernetes;
pub mod manifests;
pub mod memory;
pub mod objects;
pub mod tokens;
pub mod webhook;
