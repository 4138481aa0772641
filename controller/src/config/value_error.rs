//! Values of flags that make no sense.

use sealed_secrets_core::keys::renewal::CutoffError;

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
