//! The certificate: a file, a URL, or the controller itself.

use std::{env, fs, io, path::Path};

use http::{Request, StatusCode, Uri, header};
use kube::Config;
use tokio::runtime::Builder;

use crate::{
    args::Mode,
    cluster::{Http, Proxies, Session, deadline, is_local, percent_decoded},
    job::Cert,
    problem::{Problem, reason},
    report::say,
};

/// The bytes of the certificate, unchecked.
pub(crate) fn read(cert: &Cert, mode: Mode) -> Result<Vec<u8>, Problem> {
    match cert {
        Cert::File(path) => file(path),
        Cert::Url(url) => match url.split_once(':').map(|(scheme, rest)| (scheme.to_lowercase(), rest)) {
            Some((scheme, _)) if scheme == "http" || scheme == "https" => fetch(url),
            Some((scheme, rest)) if scheme == "file" => file_url(url, rest),
            Some((scheme, _)) => Err(Problem::Url {
                url: url.clone(),
                reason: format!("unsupported protocol scheme {scheme:?}"),
            }),
            None => Err(Problem::Url { url: url.clone(), reason: "is not a URL".to_owned() }),
        },
        Cert::Controller(controller) => Session::open(controller, mode)?.certificate(),
    }
}

fn file(path: &Path) -> Result<Vec<u8>, Problem> {
    if path.is_dir() {
        return Err(Problem::read(path, &io::ErrorKind::IsADirectory.into()));
    }
    fs::read(path).map_err(|error| Problem::open(path, &error))
}

/// `file:///path`, with escapes.
fn file_url(url: &str, rest: &str) -> Result<Vec<u8>, Problem> {
    let bad = |reason: &str| Problem::Url { url: url.to_owned(), reason: reason.to_owned() };
    let path = match rest.strip_prefix("//") {
        Some(path) => path.strip_prefix("localhost").unwrap_or(path),
        None => rest,
    };
    if !path.starts_with('/') {
        return Err(bad("a file URL has three slashes before an absolute path"));
    }
    let path = String::from_utf8(percent_decoded(path)).map_err(|_| bad("the path is not UTF-8"))?;
    // `/C:/my.crt` is a path with a drive letter.
    let path = match path.as_bytes() {
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() && cfg!(windows) => &path[1..],
        _ => &path,
    };
    if Path::new(path).is_dir() {
        return Err(bad("is a directory"));
    }
    fs::read(path).map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "404 Not Found".to_owned(),
            _ => reason(&error),
        };
        Problem::Fetch { url: url.to_owned(), reason }
    })
}

/// Follows redirects; anything but 200 is a failure.
fn fetch(url: &str) -> Result<Vec<u8>, Problem> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(Problem::Runtime)?;
    let failed = |reason: String| Problem::Fetch { url: url.to_owned(), reason };
    runtime.block_on(async {
        let mut next: Uri = url
            .parse()
            .map_err(|_| Problem::Url { url: url.to_owned(), reason: "is not a URL".to_owned() })?;
        let mut exposed = false;
        for _ in 0..=MOST_REDIRECTS {
            exposed |= is_exposed(&next);
            let answer = get(&next).await.map_err(|reason| failed(format!("Get {next:?}: {reason}")))?;
            match answer.status {
                StatusCode::OK => {
                    if exposed {
                        say(EXPOSED);
                    }
                    return Ok(answer.body);
                }
                status if status.is_redirection() => {
                    let place = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
                    next = place
                        .and_then(|place| resolve(&next, place))
                        .ok_or_else(|| failed(format!("{status} without a place to go")))?;
                }
                status => return Err(failed(status.to_string())),
            }
        }
        Err(failed(format!("more than {MOST_REDIRECTS} redirects")))
    })
}

async fn get(url: &Uri) -> Result<crate::cluster::Answer, String> {
    let proxies = Proxies::from_env(|name| env::var(name).ok());
    let config = Config::new(url.clone());
    let http = Http::new(&config, proxies.choose(url), deadline()).map_err(|error| error.to_string())?;
    let request = Request::get(url.clone()).body(Vec::new()).map_err(|error| error.to_string())?;
    http.send(request).await.map_err(|cause| cause.to_string())
}

/// Whether others on the way can change what this URL gives.
fn is_exposed(url: &Uri) -> bool {
    url.scheme_str() != Some("https") && !is_local(url.host().unwrap_or_default().trim_matches(['[', ']']))
}

/// A `Location`, which may be relative.
fn resolve(base: &Uri, place: &str) -> Option<Uri> {
    if place.contains("://") {
        return place.parse().ok();
    }
    let (scheme, authority) = (base.scheme_str()?, base.authority()?);
    let path = match place {
        _ if place.starts_with("//") => return format!("{scheme}:{place}").parse().ok(),
        _ if place.starts_with('/') => place.to_owned(),
        _ => format!("{}/{place}", base.path().rsplit_once('/').map_or("", |(folder, _)| folder)),
    };
    format!("{scheme}://{authority}{path}").parse().ok()
}

const MOST_REDIRECTS: usize = 10;
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
            ("http://localhost:8080/a", false),
            ("http://127.0.0.9/a", false),
            ("http://[::1]:80/a", false),
        ] {
            assert_eq!(is_exposed(&url.parse().unwrap()), exposed, "{url}");
        }
    }

    #[test]
    fn redirects_may_be_relative() {
        let base: Uri = "http://h/a/b".parse().unwrap();
        for (place, want) in [
            ("c", "http://h/a/c"),
            ("/c?x", "http://h/c?x"),
            ("//g/c", "http://g/c"),
            ("https://g/", "https://g/"),
        ] {
            assert_eq!(resolve(&base, place).unwrap().to_string(), want);
        }
    }
}
