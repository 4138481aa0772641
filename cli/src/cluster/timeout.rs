//! `--request-timeout`: read as client-go's `ParseTimeout` does, and written as Go writes durations.

use std::time::Duration;

use golang::duration;

use super::KubeconfigError;

const NANOSECONDS_IN_SECOND: i64 = 1_000_000_000;

/// A plain number of seconds, or Go's `1h2m3.5s`; zero means none.
///
/// More seconds than a duration holds are as many as it does: the reference counts on from the other end.
pub(crate) fn parse(text: &str) -> Result<Option<Duration>, KubeconfigError> {
    let seconds = text.parse::<i64>().ok().filter(|seconds| *seconds >= 0);
    let nanoseconds = match seconds {
        _ if text.is_empty() => 0,
        Some(seconds) => seconds.saturating_mul(NANOSECONDS_IN_SECOND),
        None => duration::parse(text.as_bytes()).map_err(|_| KubeconfigError::Timeout)?,
    };
    // The API server refuses a negative one.
    let nanoseconds = u64::try_from(nanoseconds).map_err(|_| KubeconfigError::Timeout)?;
    Ok((nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds)))
}

/// `90s` as `1m30s`: the API server gets it in the query.
pub(crate) fn print(timeout: Duration) -> String {
    duration::format(i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_print_as_in_go() {
        for (text, want) in [
            ("5", "5s"),
            ("+5", "5s"),
            ("90", "1m30s"),
            ("2m", "2m0s"),
            ("1h1.5s", "1h0m1.5s"),
            ("250ms", "250ms"),
            ("1.5h", "1h30m0s"),
            ("9223372036854775807", "2562047h47m16.854775807s"),
        ] {
            let got = parse(text).ok().flatten().map(print);
            assert_eq!(got.as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn zero_is_none_and_words_are_refused() {
        for text in ["", "0", "0s", "-0"] {
            assert!(matches!(parse(text), Ok(None)), "{text}");
        }
        for text in ["soon", "5x", "-1s", "-1", "s", "1.2.3s", "9223372036854775808"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
