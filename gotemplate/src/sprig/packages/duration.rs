//! Go's `time.Duration` as text: `1h2m3.5s` read and written.

const NANOSECOND: u64 = 1;
const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
/// Nanoseconds in a second.
pub(crate) const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// The magnitude of the smallest duration, one more than the largest has.
const LIMIT: u64 = 1 << 63;

/// A text that is no duration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    #[error("invalid duration; write it like 1h30m or 500ms")]
    Invalid,
    #[error("a number in the duration has no unit; use one of ns, us, ms, s, m, h")]
    MissingUnit,
    #[error("unknown unit in the duration; use one of ns, us, ms, s, m, h")]
    UnknownUnit,
}

/// Reads a duration in nanoseconds: an optional sign, then numbers with units.
pub(crate) fn parse(text: &[u8]) -> Result<i64, DurationError> {
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
        let (part, after) = parse_part(rest)?;
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

/// One number with its unit, in nanoseconds, and what follows it.
fn parse_part(text: &[u8]) -> Result<(u64, &[u8]), DurationError> {
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
    let unit = unit(&rest[..end])?;
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

fn unit(name: &[u8]) -> Result<u64, DurationError> {
    match name {
        b"" => Err(DurationError::MissingUnit),
        b"ns" => Ok(NANOSECOND),
        // Both the micro sign and the Greek letter.
        b"us" | b"\xc2\xb5s" | b"\xce\xbcs" => Ok(MICROSECOND),
        b"ms" => Ok(MILLISECOND),
        b"s" => Ok(SECOND),
        b"m" => Ok(MINUTE),
        b"h" => Ok(HOUR),
        _ => Err(DurationError::UnknownUnit),
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

/// Writes a duration as Go's `String` does: `1h0m5.2s`, `3ms`, `0s`.
pub(crate) fn format(nanoseconds: i64) -> String {
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

/// Rounds to a multiple of `step`, halves away from zero.
pub(crate) fn round(nanoseconds: i64, step: i64) -> i64 {
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
        assert_eq!(parse(b"1h30m"), Ok(5_400_000_000_000));
        assert_eq!(parse(b"-1.5h"), Ok(-5_400_000_000_000));
        assert_eq!(parse(b"1\xc2\xb5s"), Ok(1_000));
        assert_eq!(parse(b"+.5s"), Ok(500_000_000));
        assert_eq!(parse(b"-9223372036854775808ns"), Ok(i64::MIN));
        assert_eq!(parse(b"9223372036854775808ns"), Err(DurationError::Invalid));
        assert_eq!(parse(b"1"), Err(DurationError::MissingUnit));
        assert_eq!(parse(b"1d"), Err(DurationError::UnknownUnit));
        assert_eq!(parse(b"2h-1m"), Err(DurationError::UnknownUnit));
        assert_eq!(parse(b"."), Err(DurationError::Invalid));
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        assert_eq!(format(0), "0s");
        assert_eq!(format(1), "1ns");
        assert_eq!(format(1_500), "1.5µs");
        assert_eq!(format(90_000_000_000), "1m30s");
        assert_eq!(format(3_600_000_000_000), "1h0m0s");
        assert_eq!(format(i64::MIN), "-2562047h47m16.854775808s");
    }
}
