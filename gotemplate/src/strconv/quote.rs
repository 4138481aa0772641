//! Quoted text: Go's string and character literals.

use crate::unicode;

/// The most bytes that [`quote`] makes of a text.
pub(crate) fn quoted_most(text: &[u8]) -> usize {
    let of = |byte: &u8| match plain(*byte) {
        Some(escaped) => 1 + usize::from(escaped),
        None => 4,
    };
    2 + text.iter().map(of).sum::<usize>()
}

/// Go's `strconv.Quote`, or `QuoteToASCII`.
pub(crate) fn quote(text: &[u8], ascii_only: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8 + 2);
    out.push(b'"');
    let mut at = 0;
    while at < text.len() {
        if let Some(escape) = plain(text[at]) {
            if escape {
                out.push(b'\\');
            }
            out.push(text[at]);
            at += 1;
            continue;
        }
        let (rune, len) = unicode::decode(&text[at..]);
        match rune {
            Some(rune) => push_escaped(&mut out, rune, '"', ascii_only),
            None => out.extend_from_slice(format!("\\x{:02x}", text[at]).as_bytes()),
        }
        at += len;
    }
    out.push(b'"');
    out
}

/// Whether a byte of printable ASCII needs a backslash; `None` for all other bytes.
fn plain(byte: u8) -> Option<bool> {
    match byte {
        b'"' | b'\\' => Some(true),
        b' '..=b'~' => Some(false),
        _ => None,
    }
}

/// Go's `strconv.QuoteRune`, or `QuoteRuneToASCII`.
pub(crate) fn quote_rune(rune: char, ascii_only: bool) -> Vec<u8> {
    let mut out = vec![b'\''];
    push_escaped(&mut out, rune, '\'', ascii_only);
    out.push(b'\'');
    out
}

fn push_escaped(out: &mut Vec<u8>, rune: char, quote: char, ascii_only: bool) {
    if rune == quote || rune == '\\' {
        out.push(b'\\');
        return unicode::push(out, rune);
    }
    if (rune.is_ascii() || !ascii_only) && unicode::is_print(rune) {
        return unicode::push(out, rune);
    }
    let escaped = match rune {
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0b' => "\\v".to_owned(),
        '\0'..'\x20' | '\x7f' => format!("\\x{:02x}", u32::from(rune)),
        '\u{80}'..='\u{FFFF}' | ' '..='~' => format!("\\u{:04x}", u32::from(rune)),
        _ => format!("\\U{:08x}", u32::from(rune)),
    };
    out.extend_from_slice(escaped.as_bytes());
}

/// The bytes that a Go string literal stands for; `None` where Go refuses it.
pub(crate) fn unquote(literal: &str) -> Option<Vec<u8>> {
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    if literal.starts_with('`') {
        return Some(inner.bytes().filter(|byte| *byte != b'\r').collect());
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (unit, tail) = unquote_char(rest, '"')?;
        match unit {
            Unit::Rune(rune) => unicode::push(&mut out, rune),
            Unit::Byte(byte) => out.push(byte),
        }
        rest = tail;
    }
    Some(out)
}

/// What one unit of a literal stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A character.
    Rune(char),
    /// A byte, from `\xff` or `\377`.
    Byte(u8),
}

/// The first unit of the inside of a literal, and the rest; `None` where Go refuses it.
pub(crate) fn unquote_char(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Rune(first), chars.as_str()));
    }
    let unit = match chars.next()? {
        'a' => Unit::Rune('\x07'),
        'b' => Unit::Rune('\x08'),
        'f' => Unit::Rune('\x0c'),
        'n' => Unit::Rune('\n'),
        'r' => Unit::Rune('\r'),
        't' => Unit::Rune('\t'),
        'v' => Unit::Rune('\x0b'),
        '\\' => Unit::Rune('\\'),
        escaped @ ('\'' | '"') if escaped == quote => Unit::Rune(escaped),
        'x' => return number(chars.as_str(), 2, 16),
        'u' => return number(chars.as_str(), 4, 16),
        'U' => return number(chars.as_str(), 8, 16),
        '0'..='7' => return number(&text[1..], 3, 8),
        _ => return None,
    };
    Some((unit, chars.as_str()))
}

/// A numeric escape: two hexadecimal or three octal digits are a byte, the longer ones a character.
fn number(text: &str, len: usize, radix: u32) -> Option<(Unit, &str)> {
    let digits = text.get(..len)?;
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let value = u32::from_str_radix(digits, radix).ok()?;
    let unit =
        if len <= 3 { Unit::Byte(u8::try_from(value).ok()?) } else { Unit::Rune(char::from_u32(value)?) };
    Some((unit, &text[len..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_keeps_stray_bytes_apart_from_characters() {
        assert_eq!(quote("a\"é\u{200b}".as_bytes(), false), "\"a\\\"é\\u200b\"".as_bytes());
        assert_eq!(quote("é😀".as_bytes(), true), br#""\u00e9\U0001f600""#);
        assert_eq!(quote(b"\xff\x00\t", false), br#""\xff\x00\t""#);
    }

    #[test]
    fn literals_give_bytes() {
        assert_eq!(unquote(r#""\x41\102\u00e9\xff""#), Some(b"AB\xc3\xa9\xff".to_vec()));
        assert_eq!(unquote("`a\r\n\\n`"), Some(b"a\n\\n".to_vec()));
        for bad in [r#""\'""#, r#""\400""#, r#""\ud800""#, r#""\q""#, r#""\x4""#] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }
}
