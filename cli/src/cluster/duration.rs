//! `--request-timeout`: read and written as Go does.

use std::time::Duration;

use super::KubeconfigError;

/// A plain number of seconds, or Go's `1h2m3.5s`; zero means none.
pub(crate) fn parse(text: &str) -> Result<Option<Duration>, KubeconfigError> {
    let seconds = match text {
        "" => Some(0.0),
        text if text.bytes().all(|b| b.is_ascii_digit()) => text.parse::<f64>().ok(),
        text => units(text),
    };
    match seconds.map(Duration::try_from_secs_f64) {
        Some(Ok(duration)) if duration.is_zero() => Ok(None),
        Some(Ok(duration)) => Ok(Some(duration)),
        _ => Err(KubeconfigError::Timeout),
    }
}

fn units(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let (unit, seconds) =
            UNITS.iter().filter(|(unit, _)| rest.starts_with(unit)).max_by_key(|(unit, _)| unit.len())?;
        total += number * seconds;
        rest = &rest[unit.len()..];
    }
    Some(total)
}

const UNITS: [(&str, f64); 7] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// `90s` as `1m30s`, as Go prints it: the API server gets it in the query.
pub(crate) fn print(duration: Duration) -> String {
    let (whole, nanos) = (duration.as_secs(), duration.subsec_nanos());
    if whole == 0 && nanos > 0 {
        return match nanos {
            0..1_000 => format!("{nanos}ns"),
            1_000..1_000_000 => format!("{}µs", f64::from(nanos) / 1e3),
            _ => format!("{}ms", f64::from(nanos) / 1e6),
        };
    }
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    let fraction = match nanos {
        0 => String::new(),
        nanos => format!(".{}", format!("{nanos:09}").trim_end_matches('0')),
    };
    match (hours, minutes) {
        (0, 0) => format!("{seconds}{fraction}s"),
        (0, minutes) => format!("{minutes}m{seconds}{fraction}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}{fraction}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_print_as_in_go() {
        for (text, want) in [
            ("5", "5s"),
            ("90", "1m30s"),
            ("2m", "2m0s"),
            ("1h1.5s", "1h0m1.5s"),
            ("250ms", "250ms"),
            ("1.5h", "1h30m0s"),
        ] {
            let got = parse(text).ok().flatten().map(print);
            assert_eq!(got.as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn zero_is_none_and_words_are_refused() {
        assert!(matches!(parse("0"), Ok(None)));
        assert!(matches!(parse("0s"), Ok(None)));
        for text in ["soon", "5x", "-1s", "s", "1.2.3s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
