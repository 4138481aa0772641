//! Who talks to a backend, and with which token.

use std::hash::{BuildHasher as _, RandomState};

/// A user of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// May do anything.
    Admin,
    /// Shows no token at all.
    Anonymous,
    /// Is authenticated and nothing more: what any developer with a kubeconfig is.
    Ordinary,
    /// A ServiceAccount.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl User {
    pub(crate) fn file_name(&self) -> String {
        match self {
            Self::Admin => "admin".to_owned(),
            Self::Anonymous => "anonymous".to_owned(),
            Self::Ordinary => "ordinary".to_owned(),
            Self::ServiceAccount { namespace, name } => format!("{namespace}-{name}"),
        }
    }
}

/// The users that a backend knows from its start.
#[derive(Clone, Debug)]
pub struct StaticTokens {
    /// Token of [`User::Admin`], in the group `system:masters`.
    pub admin: String,
    /// Token of [`User::Ordinary`], user `jane`, in no group but `system:authenticated`.
    pub ordinary: String,
}

impl StaticTokens {
    /// New random tokens.
    #[allow(clippy::new_without_default, reason = "two of them are never equal")]
    pub fn new() -> Self {
        Self { admin: random(), ordinary: random() }
    }
}

/// 128 bits from the operating system, by the way of the standard library's hash keys.
fn random() -> String {
    let half = || RandomState::new().hash_one("sandbox");
    format!("{:016x}{:016x}", half(), half())
}
