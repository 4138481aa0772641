//! The certificate: a file, a URL, or the controller itself.

mod error;
mod redirect;

use std::{env, fs, io, path::Path};

use http::{Request, StatusCode, Uri, header, uri::Scheme};
use kube::Config;
use tokio::runtime::Builder;

use crate::{
    args::Mode,
    cluster::{Answer, Http, Masked, Proxies, Session, deadline, is_local, percent_decoded},
    job::Cert,
    problem::Problem,
    report::say,
};
pub(crate) use error::{FetchError, UrlError};
use redirect::{is_http, resolve};

/// The bytes of the certificate, unchecked.
pub(crate) fn read(cert: &Cert, mode: Mode) -> Result<Vec<u8>, Problem> {
    match cert {
        Cert::File(path) => file(path),
        Cert::Url(url) => match url.split_once(':') {
            Some((scheme, _)) if is_http(scheme) => fetch(url),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => file_url(url, rest),
            Some((scheme, _)) => Err(bad(url, UrlError::Scheme(scheme.to_lowercase()))),
            None => Err(bad(url, UrlError::Syntax)),
        },
        Cert::Controller(controller) => Session::open(controller, mode)?.certificate(),
    }
}

fn bad(url: &str, error: UrlError) -> Problem {
    Problem::Url { url: url.into(), error }
}

fn failed(url: &str, error: FetchError) -> Problem {
    Problem::Fetch { url: url.into(), error }
}

fn file(path: &Path) -> Result<Vec<u8>, Problem> {
    if path.is_dir() {
        return Err(Problem::read(path, &io::ErrorKind::IsADirectory.into()));
    }
    fs::read(path).map_err(|error| Problem::open(path, &error))
}

/// `file:///path`, with escapes.
fn file_url(url: &str, rest: &str) -> Result<Vec<u8>, Problem> {
    let path = match rest.strip_prefix("//") {
        Some(path) => path.strip_prefix("localhost").unwrap_or(path),
        None => rest,
    };
    if !path.starts_with('/') {
        return Err(bad(url, UrlError::Slashes));
    }
    let path = String::from_utf8(percent_decoded(path)).map_err(|_| bad(url, UrlError::NotUtf8))?;
    // `/C:/my.crt` is a path with a drive letter.
    let path = match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() && cfg!(windows) => &path[1..],
        _ => &path,
    };
    if Path::new(path).is_dir() {
        return Err(bad(url, UrlError::Folder));
    }
    fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed(url, FetchError::NoFile(error)),
        _ => failed(url, FetchError::File(error)),
    })
}

/// Follows redirects; anything but 200 is a failure.
fn fetch(url: &str) -> Result<Vec<u8>, Problem> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Problem::Runtime)?;
    let first: Uri = url.parse().map_err(|_| bad(url, UrlError::Syntax))?;
    runtime.block_on(follow(first)).map_err(|error| failed(url, error))
}

async fn follow(mut next: Uri) -> Result<Vec<u8>, FetchError> {
    let mut exposed = false;
    for _ in 0..MOST_REQUESTS {
        exposed |= is_exposed(&next);
        let answer = get(&next).await?;
        match answer.status {
            StatusCode::OK => {
                if exposed {
                    say(EXPOSED);
                }
                return Ok(answer.body);
            }
            status if REDIRECTS.contains(&status) => {
                let place = answer.headers.get(header::LOCATION).ok_or(FetchError::NoPlace(status))?;
                next = resolve(&next, place.as_bytes()).map_err(|error| FetchError::Place {
                    url: Masked::from(&*String::from_utf8_lossy(place.as_bytes())),
                    error,
                })?;
            }
            status => return Err(FetchError::Refused(status)),
        }
    }
    Err(FetchError::Redirects(MOST_REQUESTS))
}

async fn get(url: &Uri) -> Result<Answer, FetchError> {
    let proxies = Proxies::from_env(|name| env::var(name).ok());
    let config = Config::new(url.clone());
    let http = Http::new(&config, proxies.choose(url), deadline())
        .map_err(|error| FetchError::Setup { url: url.into(), error })?;
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = url.clone();
    http.send(request).await.map_err(|cause| FetchError::Unanswered { url: url.into(), cause })
}

/// Whether others on the way can change what this URL gives.
fn is_exposed(url: &Uri) -> bool {
    url.scheme() != Some(&Scheme::HTTPS) && !is_local(url.host().unwrap_or_default().trim_matches(['[', ']']))
}

/// As Go's client: the others with a place have another meaning.
const REDIRECTS: [StatusCode; 5] = [
    StatusCode::MOVED_PERMANENTLY,
    StatusCode::FOUND,
    StatusCode::SEE_OTHER,
    StatusCode::TEMPORARY_REDIRECT,
    StatusCode::PERMANENT_REDIRECT,
];
const MOST_REQUESTS: usize = 10;
const EXPOSED: &str = "warning: the certificate came over http://, so it is only as trustworthy as the network: \
    whoever can change it on the way can read what is sealed with it; use https:// or a file";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn only_https_and_this_machine_cannot_be_changed_on_the_way() {
        for (url, exposed) in [
            ("http://h/a", true),
            ("HTTP://h/a", true),
            ("http://10.0.0.1/a", true),
            ("http://localhost.example.com/a", true),
            ("https://h/a", false),
            ("HTTPS://h/a", false),
            ("http://localhost:8080/a", false),
            ("http://127.0.0.9/a", false),
            ("http://[::1]:80/a", false),
        ] {
            assert_eq!(is_exposed(&url.parse().unwrap()), exposed, "{url}");
        }
    }
}
