//! What a scalar means: YAML 1.1 as Go understands it.

use std::borrow::Cow;

use golang::base64;
use zeroize::Zeroizing;

use crate::manifest::tree::Tag;

/// A scalar's type, with its value unless that is the text itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::manifest) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text,
}

/// Whether a plain scalar of this text is read as text, not as something else.
pub(crate) fn reads_as_text(text: &str) -> bool {
    guess(text) == Scalar::Text
}

/// Resolves a scalar; `implicit` says that its type is to be guessed.
pub(in crate::manifest) fn scalar(text: &str, tag: Tag, implicit: bool) -> Result<Scalar, &'static str> {
    match tag {
        Tag::None => Ok(if implicit { guess(text) } else { Scalar::Text }),
        Tag::Timestamp => timestamp(text).then_some(Scalar::Text).ok_or("not a timestamp"),
        Tag::Null => match guess(text) {
            Scalar::Null => Ok(Scalar::Null),
            _ => Err("not null"),
        },
        Tag::Bool => match guess(text) {
            value @ Scalar::Bool(_) => Ok(value),
            _ => Err("not a boolean"),
        },
        Tag::Int => match guess(text) {
            value @ (Scalar::Int(_) | Scalar::Uint(_)) => Ok(value),
            _ => Err("not an integer"),
        },
        Tag::Float => match guess(text) {
            value @ Scalar::Float(_) => Ok(value),
            #[expect(clippy::cast_precision_loss, reason = "what `!!float` asks for")]
            Scalar::Int(number) => Ok(Scalar::Float(number as f64)),
            _ => Err("not a number"),
        },
        // `!!str`, and every tag that is not known; the bytes of `!!binary` are put in its place beforehand.
        Tag::Binary | Tag::Merge | Tag::Other => Ok(Scalar::Text),
    }
}

/// Compat: the bytes must be UTF-8; the reference puts U+FFFD in place of the others.
pub(super) fn binary(text: &str) -> Result<Zeroizing<String>, &'static str> {
    let bytes = base64::decode(text.as_bytes()).map_err(|_| "!!binary without valid base64")?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(|_| "!!binary of bytes that are not UTF-8")
}

/// The type of a plain scalar.
pub(super) fn guess(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' => finite(text),
        // Most values that begin with a digit are no numbers: what is no number is not copied.
        b'+' | b'-' | b'0'..=b'9'
            if text.bytes().all(|byte| byte.is_ascii_hexdigit() || NUMERIC.contains(&byte)) =>
        {
            number(&without_underscores(text))
        }
        _ => None,
    };
    number.unwrap_or(Scalar::Text)
}

/// What stands in numbers beside digits.
const NUMERIC: &[u8] = b"+-._xXoO";

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) }
}

fn number(text: &str) -> Option<Scalar> {
    integer(text).or_else(|| if is_float(text) { finite(text) } else { None }).or_else(|| signed_binary(text))
}

/// Decimal, `0x`, `0o`, `0b` or a leading zero for octal; `08` is none of these.
fn integer(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.as_bytes() {
        [b'-', ..] => ("-", &text[1..]),
        [b'+', ..] => ("+", &text[1..]),
        _ => ("", text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let signed =
        if radix == 10 { text.parse() } else { i64::from_str_radix(&format!("{sign}{digits}"), radix) };
    if let Ok(number) = signed {
        return Some(Scalar::Int(number));
    }
    let unsigned = sign.is_empty().then(|| u64::from_str_radix(digits, radix).ok()).flatten();
    unsigned.map(Scalar::Uint)
}

/// Compat: a sign may also stand between `0b` and the digits.
fn signed_binary(text: &str) -> Option<Scalar> {
    let digits = text.strip_prefix("0b")?;
    i64::from_str_radix(digits, 2).ok().map(Scalar::Int)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    mantissa_fits && exponent_fits
}

/// Too large for a float is no number at all.
fn finite(text: &str) -> Option<Scalar> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Scalar::Float(number))
}

/// A float as a map key.
pub(in crate::manifest) fn float_key(number: f64) -> String {
    match crate::manifest::float::shortest_32(number).as_str() {
        "+Inf" => ".inf".to_owned(),
        "-Inf" => "-.inf".to_owned(),
        "NaN" => ".nan".to_owned(),
        text => text.to_owned(),
    }
}

/// `2001-2-3`, or with a time behind `T`, `t` or a blank, a zone optional only behind the blank.
fn timestamp(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let blank = text.as_bytes().get(date.len()) == Some(&b' ');
    is_date(date) && time.is_none_or(|time| is_time(time, blank))
}

fn is_date(date: &str) -> bool {
    let mut parts = date.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let number = |text: &str, longest: usize| {
        let fits = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<i8>().ok()).flatten()
    };
    let year = if year.len() == 4 { year.parse::<i16>().ok() } else { None };
    match (year, number(month, 2), number(day, 2)) {
        (Some(year), Some(month), Some(day)) => jiff::civil::Date::new(year, month, day).is_ok(),
        _ => false,
    }
}

fn is_time(time: &str, blank: bool) -> bool {
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, ""),
    };
    let zone_fits = match zone {
        "" => blank,
        "Z" => !blank,
        _ => {
            let mut parts = zone[1..].splitn(2, ':');
            let two = |part: Option<&str>| {
                part.is_some_and(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()))
            };
            !blank && two(parts.next()) && two(parts.next())
        }
    };
    let mut parts = clock.splitn(3, ':');
    let part = |text: Option<&str>, below: u8| {
        text.is_some_and(|text| (1..=2).contains(&text.len()) && text.parse::<u8>().is_ok_and(|n| n < below))
    };
    let (hour, minute) = (part(parts.next(), 24), part(parts.next(), 60));
    let seconds = parts.next().map(|seconds| seconds.split_once('.').unwrap_or((seconds, "0")));
    let second = seconds.is_some_and(|(whole, fraction)| {
        part(Some(whole), 60) && !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit())
    });
    zone_fits && hour && minute && second
}
