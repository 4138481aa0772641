//! The real etcd, kube-apiserver and kube-controller-manager, in a network namespace of their own.
//!
//! ```text
//! namespace   this program again, in new network, mount and PID namespaces
//! assets      the four programs: from KUBEBUILDER_ASSETS, the cache, or built from Go modules
//! control_plane ▶ process      10.99.0.1, 10.99.0.2, …: one address for each API server
//! ```

pub mod assets;
mod control_plane;
pub mod namespace;
mod process;

pub use assets::{Assets, AssetsError};
pub use control_plane::{ControlPlane, ControlPlaneError};
