//! Why a URL gives no certificate.

use std::io;

use http::StatusCode;

use crate::{
    cluster::{Cause, HttpError, Masked},
    problem::reason,
};

/// A text that is no URL of a certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("unsupported protocol scheme {0:?}")]
    Scheme(String),
    #[error("is not a URL")]
    Syntax,
    #[error("a file URL has three slashes before an absolute path")]
    Slashes,
    #[error("the path is not UTF-8")]
    NotUtf8,
    #[error("is a directory")]
    Folder,
}

/// A URL that gives nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("Get {url:?}: {error}")]
    Setup {
        url: Masked,
        #[source]
        error: HttpError,
    },
    #[error("Get {url:?}: {cause}")]
    Unanswered {
        url: Masked,
        #[source]
        cause: Cause,
    },
    /// Another status than 200.
    #[error("{0}")]
    Refused(StatusCode),
    #[error("{0} without a place to go")]
    NoPlace(StatusCode),
    #[error("redirected to {url:?}: {error}")]
    Place {
        url: Masked,
        #[source]
        error: UrlError,
    },
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// In the words of an answer: a file URL is fetched as others are.
    #[error("404 Not Found")]
    NoFile(#[source] io::Error),
    #[error("{}", reason(.0))]
    File(#[source] io::Error),
}
