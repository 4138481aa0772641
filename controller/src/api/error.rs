//! What can go wrong with the API server, what it means and what to do about it.

use std::{fmt, time::Duration};

use kube::core::Status;

use super::{
    gate,
    permission::{self, Refused},
    retry::{REFUSED_RETRY, Retry},
};

/// A request, for messages: verb, resource and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The verb, as RBAC names it.
    pub verb: &'static str,
    /// The API group; empty for core.
    pub group: &'static str,
    /// The resource, as RBAC names it.
    pub resource: &'static str,
    /// The namespace; empty for the whole cluster.
    pub namespace: String,
}

impl Request {
    /// A request for a core resource.
    pub fn core(verb: &'static str, resource: &'static str, namespace: &str) -> Self {
        Self { verb, group: "", resource, namespace: namespace.to_owned() }
    }

    /// A request for SealedSecrets or their status.
    pub fn sealed(verb: &'static str, resource: &'static str, namespace: &str) -> Self {
        Self { verb, group: sealed_secrets_core::names::GROUP, resource, namespace: namespace.to_owned() }
    }

    /// Whether it changes nothing: admission sees no such request.
    fn reads(&self) -> bool {
        matches!(self.verb, "get" | "list" | "watch")
    }

    /// The rule that would allow this request, as one line of YAML.
    pub fn rule(&self) -> String {
        format!(
            "{{apiGroups: [{:?}], resources: [{:?}], verbs: [{:?}]}}",
            self.group, self.resource, self.verb
        )
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.namespace.is_empty() { "the whole cluster" } else { &self.namespace };
        write!(f, "{} {} in {place}", self.verb, self.resource)
    }
}

/// A failed request to the API server.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// RBAC does not allow it.
    #[error("not allowed to {request}: a role of this service account needs the rule {}", request.rule())]
    Forbidden {
        /// What was asked.
        request: Request,
    },
    /// RBAC or admission refuses it, and the API server did not say which.
    #[error(
        "{request} is refused with 403: either a role of this service account needs the rule {}, or a quota, an \
         admission policy or a webhook refused it; `kubectl auth can-i --list --as ACCOUNT` shows the rules there are",
        request.rule()
    )]
    Undecided {
        /// What was asked.
        request: Request,
    },
    /// The namespace is on its way out.
    #[error("namespace {namespace} is being deleted")]
    Terminating {
        /// The namespace.
        namespace: String,
    },
    /// It does not exist.
    #[error("{message}")]
    NotFound {
        /// The API server's words.
        message: String,
    },
    /// It exists already, or was changed since it was read.
    #[error("{message}")]
    Conflict {
        /// The API server's words.
        message: String,
        /// It exists already.
        exists: bool,
    },
    /// The object is refused.
    #[error("{message}")]
    Invalid {
        /// The API server's words.
        message: String,
    },
    /// A webhook, a quota or an API server that is not ready refuses it: all may change without us.
    #[error("{message}")]
    NotAdmitted {
        /// The API server's words.
        message: String,
    },
    /// Another replica may be leading: nothing was sent.
    #[error("not sent: this replica does not lead, or not for long enough")]
    NotLeading,
    /// The API server is overloaded or asks to wait.
    #[error("the API server asks to wait")]
    Busy {
        /// For how long.
        after: Duration,
    },
    /// Anything else that the API server says.
    #[error("the API server answered {code} to {request}: {message}")]
    Other {
        /// What was asked.
        request: Request,
        /// HTTP status.
        code: u16,
        /// The API server's words.
        message: String,
    },
    /// No answer.
    #[error("no answer from the API server to {request}: {}", chain(source))]
    Unreachable {
        /// What was asked.
        request: Request,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
}

impl ApiError {
    /// Gives a client error its meaning.
    pub fn new(request: Request, error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(request, *status),
            error if gate::was_shut(&error) => Self::NotLeading,
            other => match permission::refusal(&other) {
                Some(Refused::Denied) => Self::Forbidden { request },
                Some(Refused::Unknown) => Self::Undecided { request },
                None => Self::Unreachable { request, source: Box::new(other) },
            },
        }
    }

    /// Gives an answer that is no success its meaning. A write that no rule allows is none of these: see
    /// [`permission`].
    pub(crate) fn of_status(request: Request, status: Status) -> Self {
        let terminating = || {
            status.details.iter().flat_map(|d| &d.causes).any(|cause| cause.reason == "NamespaceTerminating")
        };
        match status.code {
            403 if terminating() => Self::Terminating { namespace: request.namespace },
            403 if request.reads() => Self::Forbidden { request },
            404 => Self::NotFound { message: status.message },
            409 => Self::Conflict { exists: status.reason == "AlreadyExists", message: status.message },
            403 => Self::NotAdmitted { message: status.message },
            400 | 413 | 422 => Self::Invalid { message: status.message },
            429 | 503 | 504 => {
                let wait = status.details.map_or(0, |d| d.retry_after_seconds).max(1);
                Self::Busy { after: Duration::from_secs(u64::from(wait)) }
            }
            code => Self::Other { request, code, message: status.message },
        }
    }
}

/// What follows from an error.
impl ApiError {
    /// When the same request may do better.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Busy { after } => Retry::NotBefore(*after),
            // The same object is refused again until it changes, or what it is compared with.
            Self::Invalid { .. } => Retry::After(REFUSED_RETRY),
            Self::Forbidden { .. }
            | Self::Undecided { .. }
            | Self::Terminating { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::NotAdmitted { .. }
            | Self::NotLeading
            | Self::Other { .. }
            | Self::Unreachable { .. } => Retry::Backoff,
        }
    }

    /// Whether only somebody's act can help, as opposed to another try.
    pub fn is_stalled(&self) -> bool {
        match self {
            Self::Invalid { .. }
            | Self::Forbidden { .. }
            | Self::Undecided { .. }
            | Self::NotAdmitted { .. } => true,
            Self::Busy { .. }
            | Self::Terminating { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::NotLeading
            | Self::Other { .. }
            | Self::Unreachable { .. } => false,
        }
    }

    /// Whether it is worth an Event and a status at once; otherwise only if it outlasts the quick tries, or never: what
    /// passes by itself is not.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Terminating { .. } | Self::Busy { .. } | Self::NotLeading | Self::Unreachable { .. } => {
                Severity::Transient
            }
            // Somebody else writes at the same time.
            Self::Conflict { .. } => Severity::IfPersistent,
            Self::Invalid { .. }
            | Self::Forbidden { .. }
            | Self::Undecided { .. }
            | Self::NotFound { .. }
            | Self::NotAdmitted { .. }
            | Self::Other { .. } => Severity::Reported,
        }
    }
}

/// How much an error matters to who owns the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It passes by itself.
    Transient,
    /// It is told if it outlasts the quick tries.
    IfPersistent,
    /// It is told at once.
    Reported,
}

/// An error with its causes: the outer ones of a client say little.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(code: u16, reason: &str, message: &str) -> ApiError {
        let status =
            Status { code, reason: reason.to_owned(), message: message.to_owned(), ..Status::default() };
        ApiError::new(Request::core("create", "secrets", "ns"), kube::Error::Api(Box::new(status)))
    }

    #[test]
    fn a_missing_verb_is_named_with_the_rule_that_grants_it() {
        let refused = |refused: Refused| {
            ApiError::new(Request::core("create", "secrets", "ns"), kube::Error::Service(refused.into()))
        };
        let rule = "a role of this service account needs the rule \
                    {apiGroups: [\"\"], resources: [\"secrets\"], verbs: [\"create\"]}";
        assert_eq!(
            refused(Refused::Denied).to_string(),
            format!("not allowed to create secrets in ns: {rule}")
        );
        let both = refused(Refused::Unknown).to_string();
        assert!(both.contains(rule) && both.contains("or a webhook refused it"), "{both}");
    }

    #[test]
    fn admission_sees_no_reads() {
        let status = || Status { code: 403, message: "User cannot".to_owned(), ..Status::default() };
        for (verb, forbidden) in [("get", true), ("list", true), ("watch", true), ("create", false)] {
            let answer = kube::Error::Api(Box::new(status()));
            let error = ApiError::new(Request::core(verb, "secrets", "ns"), answer);
            assert_eq!(matches!(error, ApiError::Forbidden { .. }), forbidden, "{verb}: {error:?}");
            assert_eq!(matches!(error, ApiError::NotAdmitted { .. }), !forbidden, "{verb}: {error:?}");
        }
    }

    #[test]
    fn a_namespace_that_ends_is_no_missing_verb() {
        let answer = serde_json::json!({
            "code": 403, "reason": "Forbidden", "message": "secrets \"a\" is forbidden",
            "details": { "causes": [{ "reason": "NamespaceTerminating", "field": "metadata.namespace" }] },
        });
        let status: Status = serde_json::from_value(answer).expect("a status");
        let error =
            ApiError::new(Request::core("create", "secrets", "ns"), kube::Error::Api(Box::new(status)));
        assert!(matches!(error, ApiError::Terminating { .. }), "{error}");
    }

    #[test]
    fn a_conflict_tells_existing_from_changed() {
        assert!(matches!(api(409, "AlreadyExists", ""), ApiError::Conflict { exists: true, .. }));
        assert!(matches!(api(409, "Conflict", ""), ApiError::Conflict { exists: false, .. }));
    }
}
