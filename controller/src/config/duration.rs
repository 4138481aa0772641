//! The durations of flags: Go's, in the type that the rest counts with, and Go's words where a text is none.

use std::fmt;

use golang::duration::{self, DurationError};
use jiff::SignedDuration;

/// A text that is no Go duration; the message is what Go prints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct BadDuration {
    /// The text.
    pub text: String,
    /// Why it is none.
    pub reason: DurationError,
}

impl BadDuration {
    /// The unit that does not exist.
    pub fn unit(&self) -> Option<&str> {
        match &self.reason {
            DurationError::UnknownUnit { unit } => self.text.get(unit.clone()),
            DurationError::Invalid | DurationError::MissingUnit => None,
        }
    }
}

impl fmt::Display for BadDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            DurationError::Invalid => f.write_str("time: invalid duration")?,
            DurationError::MissingUnit => f.write_str("time: missing unit in duration")?,
            DurationError::UnknownUnit { .. } => {
                let unit = self.unit().unwrap_or_default();
                write!(f, "time: unknown unit {} in duration", duration::quote(unit.as_bytes()))?;
            }
        }
        write!(f, " {}", duration::quote(self.text.as_bytes()))
    }
}

/// Reads a duration: an optional sign, then numbers with units, or a lone `0`.
pub fn parse(text: &str) -> Result<SignedDuration, BadDuration> {
    duration::parse(text.as_bytes())
        .map(SignedDuration::from_nanos)
        .map_err(|reason| BadDuration { text: text.to_owned(), reason })
}

/// Writes a duration as Go does. All that were read fit.
pub fn format(value: SignedDuration) -> String {
    let furthest = if value.is_negative() { i64::MIN } else { i64::MAX };
    duration::format(i64::try_from(value.as_nanos()).unwrap_or(furthest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_refuses_is_refused_with_its_words() {
        for (text, words) in [
            ("5", "time: missing unit in duration \"5\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("", "time: invalid duration \"\""),
            ("h", "time: invalid duration \"h\""),
            ("1h2\u{e9}", "time: unknown unit \"\\xc3\\xa9\" in duration \"1h2\\xc3\\xa9\""),
            ("9999999999h", "time: invalid duration \"9999999999h\""),
        ] {
            assert_eq!(parse(text).map_err(|e| e.to_string()), Err(words.to_owned()));
        }
    }

    #[test]
    fn lengths_survive_both_ways() {
        for text in ["0s", "-5h0m0s", "1h0m0.000000001s", "100h0m20s"] {
            assert_eq!(parse(text).map(format), Ok(text.to_owned()));
        }
        assert_eq!(format(SignedDuration::from_hours(720)), "720h0m0s");
        assert_eq!(format(SignedDuration::MIN), "-2562047h47m16.854775808s");
    }
}
