//! Percent escapes, and which part of an address needs them for which byte.

/// The part of an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Path,
    Host,
    /// The zone of an IPv6 address.
    Zone,
    User,
    Fragment,
}

/// A text that cannot be unescaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EscapeError {
    /// A percent sign without two digits, or an escape that a host may not have.
    Percent,
    /// A byte that a host may not have.
    Host,
}

impl Mode {
    fn is_host(self) -> bool {
        matches!(self, Self::Host | Self::Zone)
    }

    /// Whether the byte stands for itself.
    fn is_plain(self, byte: u8) -> bool {
        match byte {
            b'-' | b'_' | b'.' | b'~' => true,
            _ if byte.is_ascii_alphanumeric() => true,
            _ if self.is_host() => b"!$&'()*+,;=:[]<>\"".contains(&byte),
            b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match self {
                Self::Path => byte != b'?',
                Self::User => !matches!(byte, b'@' | b'/' | b'?' | b':'),
                Self::Host | Self::Zone | Self::Fragment => true,
            },
            _ => self == Self::Fragment && matches!(byte, b'!' | b'(' | b')' | b'*'),
        }
    }
}

/// Writes every byte that is not plain in this part as `%XX`.
pub(crate) fn escape(text: &[u8], mode: Mode) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if mode.is_plain(*byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    out
}

/// Reads `%XX`; a host may only escape what is not ASCII.
pub(crate) fn unescape(text: &[u8], mode: Mode) -> Result<Vec<u8>, EscapeError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if *first != b'%' {
            if mode.is_host() && first.is_ascii() && !mode.is_plain(*first) {
                return Err(EscapeError::Host);
            }
            out.push(*first);
            rest = after;
            continue;
        }
        let digits = after.get(..2).ok_or(EscapeError::Percent)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(EscapeError::Percent);
        let code = digit(digits[0])? * 16 + digit(digits[1])?;
        let byte = u8::try_from(code).map_err(|_| EscapeError::Percent)?;
        let fits = match mode {
            Mode::Host => byte >= 0x80 || byte == b'%',
            Mode::Zone => matches!(byte, b'%' | b' ') || Mode::Host.is_plain(byte),
            Mode::Path | Mode::User | Mode::Fragment => true,
        };
        if !fits {
            return Err(EscapeError::Percent);
        }
        out.push(byte);
        rest = &after[2..];
    }
    Ok(out)
}
