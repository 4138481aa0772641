//! Values of flags that make no sense.

use sealed_secrets_core::keys::renewal::CutoffError;

use super::{names::NameError, selector::SelectorError};

/// A flag whose value parses and still makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// `--key-cutoff-time`.
    #[error("--key-cutoff-time: {0}")]
    Cutoff(#[source] CutoffError),
    /// `--key-prefix`.
    #[error("--key-prefix {text:?} holds {found:?}: only a-z, 0-9 and - may be used in names of Secrets")]
    Prefix {
        /// The prefix.
        text: String,
        /// The character.
        found: char,
    },
    /// `--key-prefix`, with characters that may be used.
    #[error("--key-prefix {text:?} begins no name of a Secret: {reason}")]
    PrefixName {
        /// The prefix.
        text: String,
        /// Why.
        reason: NameError,
    },
    /// `--label-selector`.
    #[error("--label-selector {text:?} is no label selector: {reason}")]
    Selector {
        /// The selector.
        text: String,
        /// Why.
        reason: SelectorError,
    },
    /// `--additional-namespaces`.
    #[error("--additional-namespaces: {name:?} is no name of a namespace: {reason}")]
    Namespace {
        /// The name.
        name: String,
        /// Why.
        reason: NameError,
    },
    /// `POD_NAMESPACE`, or the file of the service account.
    #[error(
        "POD_NAMESPACE, else the service account's file, says {name:?}, which is no name of a namespace: {reason}"
    )]
    OwnNamespace {
        /// The name.
        name: String,
        /// Why.
        reason: NameError,
    },
    /// `--key-prefix` without any character.
    #[error("--key-prefix must not be empty")]
    EmptyPrefix,
    /// `--key-size`.
    #[error("--key-size {0} is not supported: use 2048, 3072, 4096 or 8192")]
    KeySize(i64),
    /// `--privatekey-labels`, `--privatekey-annotations`.
    #[error("--{flag}: {pair:?} is not of the form key=value")]
    Pair {
        /// The flag.
        flag: &'static str,
        /// What has no `=`.
        pair: String,
    },
    /// A number or duration out of its range.
    #[error("--{flag} must be {must}, not {found}")]
    Range {
        /// The flag.
        flag: &'static str,
        /// What it must be.
        must: &'static str,
        /// What it is.
        found: String,
    },
}
