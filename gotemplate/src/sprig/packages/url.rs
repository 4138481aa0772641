//! Go's `net/url`: addresses taken apart and put together.

use std::net::Ipv6Addr;

use super::url_escape::{EscapeError, Mode, escape, unescape};

/// An address in its parts, unescaped but for the query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Vec<u8>,
    pub(crate) opaque: Vec<u8>,
    pub(crate) user: Option<User>,
    pub(crate) host: Vec<u8>,
    pub(crate) path: Vec<u8>,
    pub(crate) query: Vec<u8>,
    pub(crate) fragment: Vec<u8>,
}

/// A user's name and, if there is a colon, the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// A text that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("the URL holds a control character")]
    Control,
    #[error("the URL has no scheme before its colon")]
    Scheme,
    #[error("the first part of the path holds a colon, which makes it look like a scheme")]
    Colon,
    #[error("the user part of the URL holds a character that must be escaped")]
    User,
    #[error("the host of the URL is not valid")]
    Host,
    #[error("the port of the URL is no number")]
    Port,
    #[error("the URL holds a broken percent escape, or one that does not belong there")]
    Escape,
}

impl From<EscapeError> for UrlError {
    fn from(error: EscapeError) -> Self {
        match error {
            EscapeError::Percent => Self::Escape,
            EscapeError::Host => Self::Host,
        }
    }
}

fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    text.iter()
        .position(|byte| *byte == at)
        .map_or((text, None), |end| (&text[..end], Some(&text[end + 1..])))
}

impl Url {
    /// Takes an address apart.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, UrlError> {
        let (text, fragment) = cut(text, b'#');
        let mut url = Self::without_fragment(text)?;
        url.fragment = unescape(fragment.unwrap_or_default(), Mode::Fragment)?;
        Ok(url)
    }

    fn without_fragment(text: &[u8]) -> Result<Self, UrlError> {
        if text.iter().any(|byte| *byte < b' ' || *byte == 0x7F) {
            return Err(UrlError::Control);
        }
        let mut url = Self::default();
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err(UrlError::Colon);
            }
        }
        let has_authority = !scheme.is_empty() || !rest.starts_with(b"///");
        if let Some(after) = rest.strip_prefix(b"//").filter(|_| has_authority) {
            let end = after.iter().position(|byte| *byte == b'/').unwrap_or(after.len());
            (url.user, url.host) = authority(&url.scheme, &after[..end])?;
            rest = &after[end..];
        }
        url.path = unescape(rest, Mode::Path)?;
        Ok(url)
    }

    /// The host without its port and without brackets.
    pub(crate) fn hostname(&self) -> &[u8] {
        let host = match self.host.iter().rposition(|byte| *byte == b':') {
            Some(colon) if is_port(&self.host[colon..]) => &self.host[..colon],
            _ => &self.host,
        };
        host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
    }

    /// Puts the parts together.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.scheme.clone();
        if !out.is_empty() {
            out.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut out);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(&escape(&self.fragment, Mode::Fragment));
        }
        out
    }

    fn write_hierarchy(&self, out: &mut Vec<u8>) {
        if !self.host.is_empty() || self.user.is_some() || !self.scheme.is_empty() && !self.path.is_empty() {
            out.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            out.extend_from_slice(&user.to_bytes());
            out.push(b'@');
        }
        out.extend_from_slice(&escape(&self.host, Mode::Host));
        let path = if self.path == b"*" { self.path.clone() } else { escape(&self.path, Mode::Path) };
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            out.push(b'/');
        }
        if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
            // Or the first part would read as a scheme.
            out.extend_from_slice(b"./");
        }
        out.extend_from_slice(&path);
    }
}

impl User {
    /// The user part as it stands in an address.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Mode::User);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend_from_slice(&escape(password, Mode::User));
        }
        out
    }
}

/// The scheme before the first colon, if what stands there can be one.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), UrlError> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(UrlError::Scheme),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn authority(scheme: &[u8], text: &[u8]) -> Result<(Option<User>, Vec<u8>), UrlError> {
    let Some(at) = text.iter().rposition(|byte| *byte == b'@') else {
        return Ok((None, host(scheme, text)?));
    };
    let host = host(scheme, &text[at + 1..])?;
    let user = &text[..at];
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(allowed) {
        return Err(UrlError::User);
    }
    let (name, password) = cut(user, b':');
    let name = unescape(name, Mode::User)?;
    let password = password.map(|password| unescape(password, Mode::User)).transpose()?;
    Ok((Some(User { name, password }), host))
}

fn host(scheme: &[u8], text: &[u8]) -> Result<Vec<u8>, UrlError> {
    match text.iter().rposition(|byte| *byte == b'[') {
        Some(0) => return bracketed(text),
        Some(_) => return Err(UrlError::Host),
        None => {}
    }
    let colon = |byte: &u8| *byte == b':';
    // Lists of hosts with ports are known outside of the web.
    let port = match scheme {
        b"http" | b"https" => text.iter().position(colon),
        _ => text.iter().rposition(colon),
    };
    if port.is_some_and(|port| !is_port(&text[port..])) {
        return Err(UrlError::Port);
    }
    Ok(unescape(text, Mode::Host)?)
}

/// An IPv6 address in brackets, with a zone or a port.
fn bracketed(text: &[u8]) -> Result<Vec<u8>, UrlError> {
    let end = text.iter().rposition(|byte| *byte == b']').ok_or(UrlError::Host)?;
    let (name, port) = (&text[1..end], &text[end + 1..]);
    if !is_port(port) {
        return Err(UrlError::Port);
    }
    let zone = super::bytes::find(name, b"%25").unwrap_or(name.len());
    let address = [unescape(&name[..zone], Mode::Host)?, unescape(&name[zone..], Mode::Zone)?].concat();
    let (plain, zone) = cut(&address, b'%');
    let valid = std::str::from_utf8(plain).is_ok_and(|plain| plain.parse::<Ipv6Addr>().is_ok());
    if !valid || zone.is_some_and(<[u8]>::is_empty) {
        return Err(UrlError::Host);
    }
    Ok([b"[", &*address, b"]", port].concat())
}

/// Nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}
