//! Which server answers, and which ones the environment asks for.

use std::fmt;

/// The two API servers of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Embedded in this process.
    Memory,
    /// The real etcd and kube-apiserver.
    Kubernetes,
}

/// `SANDBOX` names something else.
#[derive(Debug, thiserror::Error)]
#[error("SANDBOX={0:?}: expected memory, kubernetes, or nothing for both")]
pub struct UnknownBackend(String);

impl Kind {
    /// What the environment variable `SANDBOX` asks for: `memory`, `kubernetes`, or both when it is unset.
    pub fn asked_for() -> Result<Vec<Self>, UnknownBackend> {
        match std::env::var("SANDBOX").unwrap_or_default().as_str() {
            "" => Ok(vec![Self::Memory, Self::Kubernetes]),
            "memory" => Ok(vec![Self::Memory]),
            "kubernetes" => Ok(vec![Self::Kubernetes]),
            other => Err(UnknownBackend(other.to_owned())),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Kubernetes => "kubernetes",
        })
    }
}
