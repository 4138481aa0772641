//! URLs that may hold a user and a password: these are sent, and never printed.

use std::fmt;

use golang::base64;
use http::{HeaderValue, Uri, uri::Authority};

/// A URL as people may see it: `https://user:***@host/path`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Masked(String);

impl From<&str> for Masked {
    fn from(text: &str) -> Self {
        Self(masked(text))
    }
}

impl From<&Uri> for Masked {
    fn from(url: &Uri) -> Self {
        Self(masked(&url.to_string()))
    }
}

impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In quotes, as messages show it.
impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The text need not be a URL: what is refused as one may hold a password all the same.
fn masked(text: &str) -> String {
    let start = match text.split_once(':') {
        Some((scheme, rest)) if rest.starts_with("//") => scheme.len() + "://".len(),
        Some(_) | None => 0,
    };
    let (before, rest) = text.split_at(start);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // A password with a bare slash ends the authority too early.
    let may_go_on = authority.split_once(':').is_some_and(|(_, port)| start > 0 || !port.is_empty());
    let at = match authority.rfind('@') {
        Some(at) => Some(at),
        None if may_go_on => path.rfind('@').map(|at| end + at),
        None => None,
    };
    let Some(at) = at else { return text.to_owned() };
    // A user alone may be a token.
    let user = rest[..at].split_once(':').map(|(user, _)| format!("{user}:")).unwrap_or_default();
    format!("{before}{user}***{}", &rest[at..])
}

/// User and password of a URL, their escapes undone.
pub(crate) struct Login {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl Login {
    /// The login that a URL holds.
    pub(crate) fn of(url: &Uri) -> Option<Self> {
        let (login, _) = url.authority()?.as_str().rsplit_once('@')?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        Some(Self { user: percent_decoded(user), password: percent_decoded(password) })
    }

    /// As HTTP sends it.
    pub(crate) fn basic(&self) -> Option<HeaderValue> {
        let plain = [self.user.as_slice(), b":", &self.password].concat();
        let mut value = HeaderValue::from_str(&format!("Basic {}", base64::encode(&plain))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// As SOCKS sends it: at most 255 bytes each.
    pub(crate) fn texts(self) -> Option<(String, String)> {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok().filter(|text| text.len() <= 255);
        text(self.user).zip(text(self.password))
    }
}

/// The URL without its login, as it goes into a request.
pub(crate) fn without_login(url: Uri) -> Uri {
    let host = url.authority().and_then(|whole| whole.as_str().rsplit_once('@'));
    let host = host.and_then(|(_, host)| host.parse::<Authority>().ok());
    let Some(host) = host else { return url };
    let mut parts = url.clone().into_parts();
    parts.authority = Some(host);
    Uri::from_parts(parts).unwrap_or(url)
}

/// `%40` as `@`; what is no escape stays.
pub(crate) fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|hex| first == b'%' && hex.iter().all(u8::is_ascii_hexdigit));
        let byte = escape.and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_password_is_masked_also_in_what_is_no_url() {
        for (text, shown) in [
            ("https://h/a@b", "https://h/a@b"),
            ("https://me:pw@h:1/a?b@c", "https://me:***@h:1/a?b@c"),
            ("https://pw@h", "https://***@h"),
            ("https://me:p@w@h/", "https://me:***@h/"),
            ("https://me:p/w@h/", "https://me:***@h/"),
            ("https://me:1/w@h/", "https://me:***@h/"),
            ("https://me:p?w#@[h", "https://me:***@[h"),
            ("me:pw@h:3128", "me:***@h:3128"),
            ("me:p/w@h:3128", "me:***@h:3128"),
            ("me:pw@h/?to=http://x", "me:***@h/?to=http://x"),
            ("file:/home/me@work/c", "file:/home/me@work/c"),
            ("file:///home/me@work/c", "file:///home/me@work/c"),
            ("", ""),
        ] {
            assert_eq!(Masked::from(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn a_login_is_taken_out_of_a_url_and_its_escapes_are_undone() {
        let url: Uri = "https://me:p%40ss@h:1/a?b".parse().unwrap();
        let login = Login::of(&url).unwrap();
        assert_eq!(login.basic().unwrap(), "Basic bWU6cEBzcw==");
        assert_eq!(login.texts().unwrap(), ("me".to_owned(), "p@ss".to_owned()));
        assert_eq!(without_login(url), "https://h:1/a?b");
        let alone: Uri = "http://me@h".parse().unwrap();
        assert_eq!(Login::of(&alone).unwrap().basic().unwrap(), "Basic bWU6");
        assert!(Login::of(&"http://h/a@b".parse().unwrap()).is_none());
    }
}
