//! Where a redirect leads: references to URLs, as RFC 3986 resolves them.

use std::fmt::Write as _;

use http::Uri;

use super::error::UrlError;

/// The URL that a `Location` names, which may be relative to the URL that answered.
///
/// A relative one keeps the login of that URL, and an absolute one does not, as in Go.
pub(super) fn resolve(base: &Uri, location: &[u8]) -> Result<Uri, UrlError> {
    let text = escaped(location);
    let reference = Reference::of(&text);
    if let Some(scheme) = reference.scheme
        && !is_http(scheme)
    {
        return Err(UrlError::Scheme(scheme.to_lowercase()));
    }
    let scheme = reference.scheme.or(base.scheme_str()).ok_or(UrlError::Syntax)?;
    let is_absolute = reference.scheme.is_some() || reference.authority.is_some();
    let authority = match reference.authority {
        Some(authority) => authority,
        None if reference.scheme.is_some() => return Err(UrlError::Syntax),
        None => base.authority().ok_or(UrlError::Syntax)?.as_str(),
    };
    let path = match reference.path {
        "" if !is_absolute => base.path().to_owned(),
        path if is_absolute || path.starts_with('/') => without_dots(path),
        path => without_dots(&format!("{}{path}", folder(base.path()))),
    };
    let query = match reference.query {
        None if !is_absolute && reference.path.is_empty() => base.query(),
        query => query,
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{authority}{path}{query}").parse().map_err(|_| UrlError::Syntax)
}

/// Whether a certificate is fetched over this scheme.
pub(super) fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// The parts of a reference; the fragment is for browsers.
struct Reference<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.split_once('#').map_or(text, |(text, _)| text);
        let (text, query) = match text.split_once('?') {
            Some((text, query)) => (text, Some(query)),
            None => (text, None),
        };
        let (scheme, text) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            Some(_) | None => (None, text),
        };
        let (authority, path) = match text.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, text),
        };
        Self { scheme, authority, path, query }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// A path up to its last slash.
fn folder(path: &str) -> &str {
    path.rfind('/').map_or("/", |slash| &path[..=slash])
}

/// A path without `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                // A folder is named at the end.
                kept.extend(is_last.then_some(""));
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// A header as the text of a URL: what no URL holds is escaped.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes.trim_ascii() {
        match byte {
            b'!'..=b'~' => text.push(char::from(*byte)),
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[track_caller]
    fn leads(location: &str, want: &str) {
        let base: Uri = "http://me:pw@h:1/a/b?q".parse().unwrap();
        assert_eq!(resolve(&base, location.as_bytes()).unwrap().to_string(), want, "{location}");
    }

    #[test]
    fn a_relative_place_is_resolved_against_the_url_that_answered() {
        for (location, want) in [
            ("c", "http://me:pw@h:1/a/c"),
            ("/c?x", "http://me:pw@h:1/c?x"),
            ("login?next=https://other/x", "http://me:pw@h:1/a/login?next=https://other/x"),
            ("/login?next=https://other/x#f", "http://me:pw@h:1/login?next=https://other/x"),
            ("?x", "http://me:pw@h:1/a/b?x"),
            ("", "http://me:pw@h:1/a/b?q"),
            ("#f", "http://me:pw@h:1/a/b?q"),
            ("../c", "http://me:pw@h:1/c"),
            ("../../../c", "http://me:pw@h:1/c"),
            ("./c/.", "http://me:pw@h:1/a/c/"),
            ("c/..", "http://me:pw@h:1/a/"),
            ("/c d/é", "http://me:pw@h:1/c%20d/%C3%A9"),
        ] {
            leads(location, want);
        }
    }

    #[test]
    fn an_absolute_place_takes_nothing_from_the_url_that_answered() {
        for (location, want) in [
            ("//g/c", "http://g/c"),
            ("//g?x", "http://g/?x"),
            ("https://g/", "https://g/"),
            ("HTTPS://g/c/../d", "https://g/d"),
            ("https://you:pw@g/c", "https://you:pw@g/c"),
        ] {
            leads(location, want);
        }
    }

    #[test]
    fn only_http_and_https_are_followed() {
        let base: Uri = "http://h/".parse().unwrap();
        let refused = |location: &str| resolve(&base, location.as_bytes()).unwrap_err();
        assert!(matches!(refused("file:///etc/passwd"), UrlError::Scheme(scheme) if scheme == "file"));
        assert!(matches!(refused("FTP://h/"), UrlError::Scheme(scheme) if scheme == "ftp"));
        assert!(matches!(refused("http:/c"), UrlError::Syntax));
        assert!(matches!(refused("http://[bad/"), UrlError::Syntax));
    }
}
