//! Durations as Go writes them: `720h0m0s`, `1.5h`, `-3ms`.

use jiff::SignedDuration;

/// A text that is no Go duration; the message is what Go prints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not a number and unit at all.
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    /// A number without a unit.
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    /// A unit that does not exist.
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit {
        /// The unit as written.
        unit: String,
        /// The whole text.
        text: String,
    },
}

/// Reads a duration: an optional sign, then numbers with units, or a lone `0`.
pub fn parse(text: &str) -> Result<SignedDuration, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (nanos, after) = term(rest, text)?;
        total = total.checked_add(nanos).ok_or_else(invalid)?;
        rest = after;
    }
    let total = if negative { -total } else { total };
    i64::try_from(total).map(SignedDuration::from_nanos).map_err(|_| invalid())
}

/// One number with its unit, and what follows it.
fn term<'a>(rest: &'a str, text: &str) -> Result<(i128, &'a str), DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let (whole, after) = rest.split_at(digits(rest));
    let (fraction, after) = match after.strip_prefix('.') {
        Some(tail) => tail.split_at(digits(tail)),
        None => ("", after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
    let (unit, after) = after.split_at(end);
    let scale: i128 = match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(DurationError::MissingUnit(text.to_owned())),
        other => return Err(DurationError::UnknownUnit { unit: other.to_owned(), text: text.to_owned() }),
    };
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
    let mut nanos = whole.checked_mul(scale).ok_or_else(invalid)?;
    let mut place = scale;
    for digit in fraction.bytes() {
        place /= 10;
        nanos = nanos.checked_add(i128::from(digit - b'0') * place).ok_or_else(invalid)?;
    }
    Ok((nanos, after))
}

/// Writes a duration as Go does.
pub fn format(value: SignedDuration) -> String {
    let sign = if value.is_negative() { "-" } else { "" };
    let (seconds, nanos) = (value.as_secs().unsigned_abs(), value.subsec_nanos().unsigned_abs());
    let (unit, text) = match (seconds, nanos) {
        (0, 0) => return "0s".to_owned(),
        (0, 1_000_000..) => ("ms", decimal(nanos / 1_000_000, nanos % 1_000_000, 6)),
        (0, 1_000..) => ("\u{b5}s", decimal(nanos / 1_000, nanos % 1_000, 3)),
        (0, _) => ("ns", nanos.to_string()),
        _ => ("s", decimal(seconds % 60, nanos, 9)),
    };
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{text}{unit}"),
        (0, _) => format!("{sign}{minutes}m{text}{unit}"),
        _ => format!("{sign}{hours}h{minutes}m{text}{unit}"),
    }
}

/// A number with the digits behind its point, without zeros at the end.
fn decimal(whole: impl std::fmt::Display, fraction: u32, digits: usize) -> String {
    let text = format!("{whole}.{fraction:0digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_durations_are_read() {
        for (text, nanos) in [
            ("0", 0_i128),
            ("5s", 5_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("720h0m0s", 2_592_000_000_000_000),
            ("-1m30s", -90_000_000_000),
            ("+.5ms", 500_000),
            ("1us2\u{b5}s3ns", 3_003),
        ] {
            assert_eq!(parse(text).map(|d| d.as_nanos()), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_with_its_words() {
        for (text, words) in [
            ("5", "time: missing unit in duration \"5\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("", "time: invalid duration \"\""),
            ("h", "time: invalid duration \"h\""),
            ("9999999999h", "time: invalid duration \"9999999999h\""),
        ] {
            assert_eq!(parse(text).map_err(|e| e.to_string()), Err(words.to_owned()));
        }
    }

    #[test]
    fn durations_are_printed_as_go_prints_them() {
        for text in [
            "0s",
            "5s",
            "-5h0m0s",
            "1m0.5s",
            "1h0m0.000000001s",
            "1.5ms",
            "-3\u{b5}s",
            "7ns",
            "10m0s",
            "100h0m20s",
        ] {
            assert_eq!(parse(text).map(format), Ok(text.to_owned()));
        }
        assert_eq!(format(SignedDuration::from_hours(720)), "720h0m0s");
        assert_eq!(format(SignedDuration::from_mins(2)), "2m0s");
    }
}
