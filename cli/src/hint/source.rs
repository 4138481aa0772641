//! Steps for a certificate that does not come from where `--cert` says.

use http::StatusCode;

use super::cluster::PROXY;
use crate::{
    cert_source::{FetchError, UrlError},
    cluster::{Cause, HttpError},
};

/// For a text that is no URL of a certificate.
pub(super) fn url(error: &UrlError) -> &'static str {
    match error {
        UrlError::Scheme(_) | UrlError::Syntax | UrlError::Slashes | UrlError::NotUtf8 => {
            "--cert takes a file name, or a URL of http, https or file"
        }
        UrlError::Folder => "name a file in it",
    }
}

/// For a URL that gives nothing.
pub(super) fn fetch(error: &FetchError) -> &'static str {
    match error {
        FetchError::Setup { error: HttpError::Proxy(_), .. } => PROXY,
        FetchError::Setup { error: HttpError::Tls(_) | HttpError::Auth(_), .. } => {
            "see whether this machine has root certificates, or give a file to --cert"
        }
        FetchError::Unanswered { cause, .. } => match cause {
            Cause::Unreachable(_) | Cause::Timeout(_) => {
                "see whether the host can be reached from here, through a proxy too (HTTPS_PROXY, NO_PROXY); or give a file to --cert"
            }
            Cause::Untrusted(_) => {
                "the certificate of that host is not trusted here: get the file in another way, and give it to --cert"
            }
            Cause::Tls(_) => "see whether https is spoken there, or give a file to --cert",
            Cause::Url | Cause::Other(_) => ELSEWHERE,
        },
        FetchError::Refused(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            "the host wants a login, as in https://user:password@host/; or give a file to --cert"
        }
        FetchError::Refused(_)
        | FetchError::NoPlace(_)
        | FetchError::Place { .. }
        | FetchError::Redirects(_) => ELSEWHERE,
        FetchError::NoFile(_) | FetchError::File(_) => "check the name; --cert takes a file name too",
    }
}

const ELSEWHERE: &str = "open the URL with another tool to see what it answers, or give a file to --cert";
