//! What a scalar means: YAML 1.1 as Go understands it.

use crate::{crypto::base64, manifest::node::Value};

/// A scalar with its type.
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(String),
}

impl Resolved {
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(number) => Value::Int(number),
            Self::Uint(number) => Value::Uint(number),
            Self::Float(number) => Value::Float(number),
            Self::Text(text) => Value::Text(text),
        }
    }
}

/// Whether a plain scalar of this text is read as text, not as something else.
pub(crate) fn reads_as_text(text: &str) -> bool {
    matches!(guess(text), Resolved::Text(_))
}

/// Resolves a scalar; `implicit` says that its type is to be guessed.
pub(super) fn scalar(text: &str, tag: Option<&str>, implicit: bool) -> Result<Resolved, &'static str> {
    let Some(tag) = tag else {
        return Ok(if implicit { guess(text) } else { Resolved::Text(text.to_owned()) });
    };
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("binary") => binary(text),
        Some("timestamp") => {
            timestamp(text).then(|| Resolved::Text(text.to_owned())).ok_or("not a timestamp")
        }
        Some("null") => match guess(text) {
            Resolved::Null => Ok(Resolved::Null),
            _ => Err("not null"),
        },
        Some("bool") => match guess(text) {
            value @ Resolved::Bool(_) => Ok(value),
            _ => Err("not a boolean"),
        },
        Some("int") => match guess(text) {
            value @ (Resolved::Int(_) | Resolved::Uint(_)) => Ok(value),
            _ => Err("not an integer"),
        },
        Some("float") => match guess(text) {
            value @ Resolved::Float(_) => Ok(value),
            #[expect(clippy::cast_precision_loss, reason = "what `!!float` asks for")]
            Resolved::Int(number) => Ok(Resolved::Float(number as f64)),
            _ => Err("not a number"),
        },
        // `!!str`, and every tag that is not known.
        _ => Ok(Resolved::Text(text.to_owned())),
    }
}

/// Compat: the bytes must be UTF-8; the reference puts U+FFFD in place of the others.
fn binary(text: &str) -> Result<Resolved, &'static str> {
    let bytes = base64::decode(text.as_bytes()).map_err(|_| "!!binary without valid base64")?;
    String::from_utf8(bytes).map(Resolved::Text).map_err(|_| "!!binary of bytes that are not UTF-8")
}

/// The type of a plain scalar.
fn guess(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Resolved::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' => finite(text),
        b'+' | b'-' | b'0'..=b'9' => number(&text.replace('_', "")),
        _ => None,
    };
    number.unwrap_or_else(|| Resolved::Text(text.to_owned()))
}

fn number(text: &str) -> Option<Resolved> {
    integer(text).or_else(|| if is_float(text) { finite(text) } else { None }).or_else(|| signed_binary(text))
}

/// Decimal, `0x`, `0o`, `0b` or a leading zero for octal; `08` is none of these.
fn integer(text: &str) -> Option<Resolved> {
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
    if let Ok(number) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
        return Some(Resolved::Int(number));
    }
    let unsigned = sign.is_empty().then(|| u64::from_str_radix(digits, radix).ok()).flatten();
    unsigned.map(Resolved::Uint)
}

/// Compat: a sign may also stand between `0b` and the digits.
fn signed_binary(text: &str) -> Option<Resolved> {
    let digits = text.strip_prefix("0b")?;
    i64::from_str_radix(digits, 2).ok().map(Resolved::Int)
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
fn finite(text: &str) -> Option<Resolved> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Resolved::Float(number))
}

/// A float as a map key.
pub(super) fn float_key(number: f64) -> String {
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
