//! Go's `time.Duration` as text: `1h2m3.5s` read and written.
//!
//! A duration is a whole number of nanoseconds, about 292 years at most. By hand and step for step as in Go's
//! `time/format.go`: fractions are computed in floating point there, and what does not fit is refused at the step where
//! it no longer does, so that exact arithmetic (as that of `jiff`) gives other numbers and other refusals.

use std::ops::Range;

const NANOSECOND: u64 = 1;
const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
/// Nanoseconds in a second.
pub const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// The magnitude of the smallest duration, one more than the largest has.
const LIMIT: u64 = 1 << 63;

/// A text that is no duration. The messages hold nothing of the text; [`quote`] and the place of the unit make Go's of
/// them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// No number where one must stand, or one that does not fit.
    #[error("invalid duration; write it like 1h30m or 500ms")]
    Invalid,
    /// A number without a unit.
    #[error("a number in the duration has no unit; use one of ns, us, ms, s, m, h")]
    MissingUnit,
    /// A unit that does not exist.
    #[error("unknown unit in the duration; use one of ns, us, ms, s, m, h")]
    UnknownUnit {
        /// Where it stands, in bytes of the text.
        unit: Range<usize>,
    },
}

/// Reads a duration in nanoseconds, as Go's `time.ParseDuration` does: an optional sign, then numbers with units, or a
/// lone `0`.
pub fn parse(text: &[u8]) -> Result<i64, DurationError> {
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(DurationError::Invalid);
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (part, after) = parse_part(rest, text.len() - rest.len())?;
        rest = after;
        total = total.wrapping_add(part);
        if total > LIMIT {
            return Err(DurationError::Invalid);
        }
    }
    match (negative, total) {
        (true, _) => Ok(0i64.wrapping_sub_unsigned(total)),
        (false, LIMIT) => Err(DurationError::Invalid),
        (false, _) => Ok(total.cast_signed()),
    }
}

/// One number with its unit, in nanoseconds, and what follows it; `start` is where it stands.
fn parse_part(text: &[u8], start: usize) -> Result<(u64, &[u8]), DurationError> {
    let digits = leading_digits(text);
    let whole = leading_int(&text[..digits])?;
    let mut rest = &text[digits..];
    let (mut fraction, mut scale, mut fraction_digits) = (0u64, 1f64, 0);
    if let [b'.', after @ ..] = rest {
        fraction_digits = leading_digits(after);
        (fraction, scale) = leading_fraction(&after[..fraction_digits]);
        rest = &after[fraction_digits..];
    }
    if digits == 0 && fraction_digits == 0 {
        return Err(DurationError::Invalid);
    }
    let end = rest.iter().position(|byte| *byte == b'.' || byte.is_ascii_digit()).unwrap_or(rest.len());
    let from = start + (text.len() - rest.len());
    let unit = match &rest[..end] {
        b"" => return Err(DurationError::MissingUnit),
        name => unit(name).ok_or(DurationError::UnknownUnit { unit: from..from + end })?,
    };
    if whole > LIMIT / unit {
        return Err(DurationError::Invalid);
    }
    let mut value = whole * unit;
    if fraction > 0 {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the reference computes fractions in floating point too"
        )]
        let part = (fraction as f64 * (unit as f64 / scale)) as u64;
        value = value.wrapping_add(part);
        if value > LIMIT {
            return Err(DurationError::Invalid);
        }
    }
    Ok((value, &rest[end..]))
}

/// Nanoseconds in a unit.
fn unit(name: &[u8]) -> Option<u64> {
    match name {
        b"ns" => Some(NANOSECOND),
        // Both the micro sign and the Greek letter.
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => Some(MICROSECOND),
        b"ms" => Some(MILLISECOND),
        b"s" => Some(SECOND),
        b"m" => Some(MINUTE),
        b"h" => Some(HOUR),
        _ => None,
    }
}

fn leading_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn leading_int(digits: &[u8]) -> Result<u64, DurationError> {
    digits.iter().try_fold(0u64, |value, digit| {
        value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(digit - b'0')))
            .filter(|value| *value <= LIMIT)
            .ok_or(DurationError::Invalid)
    })
}

/// The digits after the point as far as they fit, and the power of ten to divide by.
fn leading_fraction(digits: &[u8]) -> (u64, f64) {
    let (mut value, mut scale) = (0u64, 1f64);
    for digit in digits {
        let next = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')));
        match next {
            Some(next) if next < LIMIT => {
                value = next;
                scale *= 10.0;
            }
            _ => break,
        }
    }
    (value, scale)
}

/// Writes a duration as Go's `Duration.String` does: `1h0m5.2s`, `3ms`, `0s`.
pub fn format(nanoseconds: i64) -> String {
    let size = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    if size < SECOND {
        return match size {
            0 => "0s".to_owned(),
            _ if size < MICROSECOND => format!("{sign}{size}ns"),
            _ if size < MILLISECOND => format!("{sign}{}µs", with_fraction(size, MICROSECOND)),
            _ => format!("{sign}{}ms", with_fraction(size, MILLISECOND)),
        };
    }
    let seconds = with_fraction(size % MINUTE, SECOND);
    let minutes = size / MINUTE;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{sign}{seconds}s"),
        (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
        (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
    }
}

fn with_fraction(value: u64, unit: u64) -> String {
    let (whole, fraction) = (value / unit, value % unit);
    if fraction == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    let digits = format!("{fraction:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

/// A text as `time` puts it into its messages: in quotes, with bytes that are not ASCII or control characters as `\xc2`.
pub fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b' '..0x80 => out.push(char::from(*byte)),
            _ => {
                let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
                out.extend(['\\', 'x', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out.push('"');
    out
}

/// Go's `Duration.Round`: the nearest multiple of `step`, halves away from zero; a step of zero or less changes nothing.
pub fn round(nanoseconds: i64, step: i64) -> i64 {
    if step <= 0 {
        return nanoseconds;
    }
    let rest = nanoseconds % step;
    let down = nanoseconds - rest;
    if rest.unsigned_abs().saturating_mul(2) < step.unsigned_abs() {
        return down;
    }
    let (step, end) = if nanoseconds < 0 { (-step, i64::MIN) } else { (step, i64::MAX) };
    down.checked_add(step).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_reads_them() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("-0", 0),
            ("5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("-1.5h", -5_400_000_000_000),
            ("720h0m0s", 2_592_000_000_000_000),
            ("1\u{b5}s", 1_000),
            ("1us2\u{b5}s3\u{3bc}s4ns", 6_004),
            ("+.5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("-9223372036854775808ns", i64::MIN),
            // In floating point: exactly it would be ...999.
            ("0.9999999999999999999s", 1_000_000_000),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_for_the_same_reason() {
        for text in ["", "-", ".", "h", "s", "soon", "-.s", "9223372036854775808ns", "9999999999h"] {
            assert_eq!(parse(text.as_bytes()), Err(DurationError::Invalid), "{text}");
        }
        // Too large comes before the unit.
        assert_eq!(parse(b"99999999999999999999d"), Err(DurationError::Invalid));
        for text in ["1", "5", "1.2.3s", "1h5"] {
            assert_eq!(parse(text.as_bytes()), Err(DurationError::MissingUnit), "{text}");
        }
        for (text, unit) in [("1d", 1..2), ("2h-1m", 1..3), ("1h5x", 3..4), ("-3 s", 2..4)] {
            assert_eq!(parse(text.as_bytes()), Err(DurationError::UnknownUnit { unit }), "{text}");
        }
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        assert_eq!(format(0), "0s");
        assert_eq!(format(1), "1ns");
        assert_eq!(format(1_500), "1.5µs");
        assert_eq!(format(90_000_000_000), "1m30s");
        assert_eq!(format(3_600_000_000_000), "1h0m0s");
        assert_eq!(format(i64::MIN), "-2562047h47m16.854775808s");
        for text in
            ["5s", "-5h0m0s", "1m0.5s", "1h0m0.000000001s", "250ms", "1.5ms", "-3\u{b5}s", "7ns", "100h0m20s"]
        {
            assert_eq!(parse(text.as_bytes()).map(format).as_deref(), Ok(text));
        }
    }

    #[test]
    fn quotes_hold_bytes_that_go_escapes() {
        assert_eq!(quote("1\"\\µ\n\x7f".as_bytes()), "\"1\\\"\\\\\\xc2\\xb5\\x0a\x7f\"");
    }
}
