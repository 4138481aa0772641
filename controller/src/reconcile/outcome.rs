//! Why a reconcile failed, and what follows for status, events, metrics and retries.

use sealed_secrets_core::unseal::UnsealError;

use super::plan::Refusal;
use crate::{
    api::{
        error::{ApiError, Severity},
        retry::{REFUSED_RETRY, Retry, UNSEAL_RETRY},
    },
    config::limits,
};

/// Why a SealedSecret has no up-to-date Secret.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Items do not open or templates fail; the text names items and reasons, never values.
    #[error("{}", in_words(.0))]
    Unseal(UnsealError),
    /// Something panicked. What it said may quote a value, and is not told.
    #[error(
        "unsealing ran into a fault of the controller; please report it (the object is looked at again when it \
         changes)"
    )]
    Internal,
    /// The Secret must not be touched.
    #[error("{}; {}", .0, .0.hint())]
    Refused(Refusal),
    /// The API server did not take the Secret.
    #[error("{0}")]
    Write(ApiError),
    /// The API server did not show the Secret.
    #[error("{0}")]
    Read(ApiError),
}

impl Failure {
    /// The status message in one line, for a column of a table.
    pub fn headline(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Unseal(error) => error.in_short(),
            Self::Internal | Self::Write(_) | Self::Read(_) => self.to_string(),
        }
    }

    /// The whole status message.
    pub fn message(&self) -> String {
        match self {
            // Compat: the reference puts these words before this refusal only.
            Self::Refused(Refusal::NotManaged { .. }) => format!("failed update: {self}"),
            Self::Unseal(_) | Self::Internal | Self::Refused(_) | Self::Write(_) | Self::Read(_) => {
                self.to_string()
            }
        }
    }

    /// Reason of the Event.
    pub fn event_reason(&self) -> &'static str {
        match self {
            Self::Unseal(UnsealError::TooCostly { .. }) => "TooCostly",
            Self::Unseal(_) => "ErrUnsealFailed",
            Self::Internal => "Internal",
            Self::Refused(_) | Self::Write(_) | Self::Read(_) => "ErrUpdateFailed",
        }
    }

    /// Text of the Event.
    pub fn event_message(&self) -> String {
        match self {
            Self::Unseal(_) | Self::Internal => format!("Failed to unseal: {self}"),
            // Compat: tools look for these words of the reference.
            Self::Refused(refusal @ (Refusal::Immutable { .. } | Refusal::StaysImmutable { .. })) => {
                format!("the target Secret is immutable: {refusal}; {}", refusal.hint())
            }
            Self::Refused(_) | Self::Write(_) | Self::Read(_) => self.to_string(),
        }
    }

    /// The `reason` label of the error counter.
    pub fn metric(&self) -> &'static str {
        match self {
            Self::Unseal(_) => "unseal",
            Self::Internal => "internal",
            Self::Refused(Refusal::NotManaged { .. }) => "unmanaged",
            Self::Refused(
                Refusal::Immutable { .. }
                | Refusal::StaysImmutable { .. }
                | Refusal::OtherType { .. }
                | Refusal::BecomesKey { .. }
                | Refusal::HoldsKey { .. },
            )
            | Self::Write(_) => "update",
            Self::Read(_) => "fetch",
        }
    }

    /// When to try again; not by the clock at all if only a change can help.
    pub fn retry(&self) -> Option<Retry> {
        Some(match self {
            // Nothing but a change of the object, the keys or the flags gives another answer.
            Self::Internal | Self::Unseal(UnsealError::TooCostly { .. }) => return None,
            // The same ciphertext and the same keys give the same answer; keys and object wake it.
            Self::Unseal(_) => Retry::After(UNSEAL_RETRY),
            // The Secret in the way wakes it; this is for changes that the metadata do not show.
            Self::Refused(_) => Retry::After(REFUSED_RETRY),
            Self::Write(error) | Self::Read(error) => error.retry(),
        })
    }

    /// Whether only somebody's act can help, as opposed to another try.
    pub fn is_stalled(&self) -> bool {
        match self {
            Self::Unseal(_) | Self::Internal | Self::Refused(_) => true,
            Self::Write(error) | Self::Read(error) => error.is_stalled(),
        }
    }

    /// Whether somebody else wrote at the same time: usual, and no error.
    pub fn is_race(&self) -> bool {
        matches!(self, Self::Write(ApiError::Conflict { .. }))
    }

    /// Whether it is worth an Event and a status; `lasts`: the quick tries are used up.
    pub fn should_report(&self, lasts: bool) -> bool {
        match self {
            Self::Unseal(_) | Self::Internal | Self::Refused(_) => true,
            Self::Write(error) | Self::Read(error) => match error.severity() {
                Severity::Transient => false,
                Severity::IfPersistent => lasts,
                Severity::Reported => true,
            },
        }
    }
}

/// The reason, and where a limit can be raised.
fn in_words(error: &UnsealError) -> String {
    match error {
        UnsealError::TooCostly { limit, .. } => match limits::flag(*limit) {
            Some(flag) => format!("{error} (by the controller's flag --{flag})"),
            None => error.to_string(),
        },
        UnsealError::Items { .. }
        | UnsealError::Malformed(_)
        | UnsealError::DeprecatedData
        | UnsealError::BothData
        | UnsealError::Blob(_)
        | UnsealError::BlobContents(_)
        | UnsealError::Interrupted => error.to_string(),
    }
}
