//! Why a cluster does not answer as it should: typed where the cause is known, worded once.

use std::{error::Error as StdError, fmt, io, time::Duration};

use http::StatusCode;
use transport::TlsError;

use super::{Address, KubeconfigError, Masked, TlsProblem, kubeconfig::FileReason};

/// What keeps a cluster from answering.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClusterError {
    /// There is no way to it.
    #[error(transparent)]
    Config(#[from] KubeconfigError),
    /// Nothing came back.
    #[error("{0}")]
    Transport(Unanswered),
    /// The answer is a refusal.
    ///
    /// `wait`: the server asks for a longer time than anyone waits here.
    #[error("{message}{}", asks(.wait.as_ref()))]
    Refused { status: StatusCode, message: String, wait: Option<Duration> },
    /// The answer makes no sense.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// No Service can have this name, so nobody is asked for it.
    #[error("{flag} {name:?}: no Service and no namespace has such a name")]
    Name { flag: &'static str, name: String },
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

/// What an API server would not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("the answer is not JSON")]
    Json(#[source] serde_json::Error),
    #[error("the answer for {namespace}/{name} is no Service with a port")]
    NoPort { namespace: String, name: String },
}

fn asks(wait: Option<&Duration>) -> String {
    wait.map(|time| format!("; the server asks to wait {} seconds", time.as_secs())).unwrap_or_default()
}

/// Why there is no way to send requests.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("the proxy {0:?} is not a URL")]
    Proxy(Masked),
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The credentials cannot be used.
    #[error(transparent)]
    Auth(Box<kube::Error>),
}

impl From<HttpError> for KubeconfigError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Proxy(url) => Self::Url { what: Address::Proxy, url },
            HttpError::Tls(TlsError::File { path, source }) => {
                Self::File { path, reason: FileReason(source) }
            }
            HttpError::Tls(error @ (TlsError::Unusable(_) | TlsError::ServerName(_))) => {
                Self::Tls(TlsProblem::Transport(error))
            }
            HttpError::Auth(error) => Self::Tls(TlsProblem::Auth(error)),
        }
    }
}

/// A request without an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unanswered {
    /// `Get` or `Post`.
    pub(crate) verb: &'static str,
    pub(crate) url: Masked,
    pub(crate) cause: Cause,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Cause {
    /// Nobody can be reached under that address.
    #[error("{0}")]
    Unreachable(String),
    /// Whoever answers is not who it should be.
    #[error("tls: failed to verify certificate: x509: {0}")]
    Untrusted(String),
    /// Another failure of TLS.
    #[error("tls: {0}")]
    Tls(String),
    #[error("no answer within {} seconds", .0.as_secs_f32())]
    Timeout(Duration),
    /// What was asked for cannot be asked.
    #[error("it is not a URL")]
    Url,
    #[error("{0}")]
    Other(String),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}: {}", self.verb, self.url, self.cause)
    }
}

impl ClusterError {
    /// Whether the next request would fail in the same way, whatever it is for.
    pub(crate) fn is_general(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::Transport(_)
            | Self::Runtime(_)
            | Self::Name { .. }
            | Self::Refused { wait: Some(_), .. } => true,
            Self::Refused { status, wait: None, .. } => matches!(
                *status,
                StatusCode::UNAUTHORIZED
                    | StatusCode::FORBIDDEN
                    | StatusCode::NOT_FOUND
                    | StatusCode::TOO_MANY_REQUESTS
            ),
            Self::Answer(_) => false,
        }
    }
}

impl Cause {
    /// The innermost reason, in Go's words where scripts may look for them.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut next = Some(error);
        let mut last = String::new();
        while let Some(error) = next {
            if let Some(tls) = tls_error(error) {
                return Self::of_tls(tls);
            }
            if let Some(system) = error.downcast_ref::<io::Error>()
                && system.raw_os_error().is_some()
            {
                return Self::Unreachable(crate::problem::reason(system));
            }
            // Names that nobody knows, and connections that take too long: the connector's own error.
            if let Some(client) = error.downcast_ref::<hyper_util::client::legacy::Error>()
                && client.is_connect()
            {
                let inner = client.source().map(Self::of);
                return match inner {
                    Some(Self::Other(reason)) => Self::Unreachable(reason),
                    Some(cause) => cause,
                    None => Self::Unreachable(client.to_string()),
                };
            }
            last = error.to_string();
            next = error.source();
        }
        Self::Other(last)
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use rustls::{CertificateError, Error};
        match error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                Self::Untrusted("certificate signed by unknown authority".to_owned())
            }
            Error::InvalidCertificate(reason) => Self::Untrusted(reason.to_string()),
            other => Self::Tls(other.to_string()),
        }
    }
}

/// TLS errors travel inside errors of I/O, whose source is not what they hold.
fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.downcast_ref().or_else(|| held.and_then(|held| held.downcast_ref()))
}
