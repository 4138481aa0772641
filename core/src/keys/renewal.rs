//! When the next key is due. Pure: instants in, a decision out.

use jiff::{SignedDuration, Timestamp, fmt::strtime};

/// What the flags say about new keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `--key-renew-period`: the newest key's age at which the next one is made; zero is never.
    pub period: SignedDuration,
    /// `--key-cutoff-time`: a key made before this instant is too old from then on.
    pub cutoff: Option<Timestamp>,
}

/// When a new key is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// At once.
    Now,
    /// After this time, which is positive.
    In(SignedDuration),
    /// Only on demand.
    Never,
}

/// When the next key is due, `newest` being the instant of the newest key that seals.
///
/// A cut-off in the future is waited for: a key made before it would be too old as soon as it passes.
pub fn next(newest: Option<Timestamp>, policy: Policy, now: Timestamp) -> Due {
    let Some(newest) = newest else { return Due::Now };
    let of_age =
        policy.period.is_positive().then(|| newest.saturating_add(policy.period).unwrap_or(Timestamp::MAX));
    let cut_off = policy.cutoff.filter(|cutoff| newest < *cutoff);
    match of_age.into_iter().chain(cut_off).min() {
        None => Due::Never,
        Some(at) if at <= now => Due::Now,
        Some(at) => Due::In(at.duration_since(now)),
    }
}

/// A cut-off time that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the time {text:?}: write it like `Mon, 02 Jan 2006 15:04:05 -0700` (`date -R` does)")]
pub struct CutoffError {
    text: String,
}

/// Reads a cut-off time as Go's RFC1123Z. The weekday must be one, but is not compared with the date.
pub fn parse_cutoff(text: &str) -> Result<Timestamp, CutoffError> {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let fail = || CutoffError { text: text.to_owned() };
    let (weekday, date) = text.split_once(", ").ok_or_else(fail)?;
    let known = WEEKDAYS.iter().any(|name| name.eq_ignore_ascii_case(weekday));
    let digits = date.as_bytes();
    // "02 Jan 2006 15:04:05 -0700": every field has its width.
    if !known
        || digits.len() != 26
        || !digits[0].is_ascii_digit()
        || !digits[22..].iter().all(u8::is_ascii_digit)
    {
        return Err(fail());
    }
    strtime::parse("%d %b %Y %H:%M:%S %z", date).and_then(|time| time.to_timestamp()).map_err(|_| fail())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn keys_are_due_by_age_and_cut_off() {
        let now = at("2026-11-23T12:00:00Z");
        let old = Some(at("2026-11-01T12:00:00Z"));
        let policy = |days: i32, cutoff: Option<&str>| Policy { period: DAY * days, cutoff: cutoff.map(at) };
        for (case, newest, policy, due) in [
            ("no key", None, policy(0, None), Due::Now),
            ("never", old, policy(0, None), Due::Never),
            ("negative is never", old, policy(-1, None), Due::Never),
            ("young", old, policy(30, None), Due::In(DAY * 8)),
            ("exactly of age", old, policy(22, None), Due::Now),
            ("long of age", old, policy(1, None), Due::Now),
            ("cut off", old, policy(0, Some("2026-11-10T00:00:00Z")), Due::Now),
            ("newer than the cut-off", old, policy(0, Some("2026-10-10T00:00:00Z")), Due::Never),
            ("as old as the cut-off", old, policy(0, Some("2026-11-01T12:00:00Z")), Due::Never),
            ("cut-off to come", old, policy(30, Some("2026-11-24T12:00:00Z")), Due::In(DAY)),
            ("from the future", Some(at("2026-11-24T12:00:00Z")), policy(1, None), Due::In(DAY * 2)),
            (
                "endless period",
                old,
                Policy { period: SignedDuration::MAX, cutoff: None },
                Due::In(Timestamp::MAX.duration_since(now)),
            ),
        ] {
            assert_eq!(next(newest, policy, now), due, "{case}");
        }
    }

    #[test]
    fn cut_off_times_read_as_go_reads_them() {
        for text in ["Mon, 02 Jan 2006 15:04:05 -0700", "Fri, 02 Jan 2006 15:04:05 -0700"] {
            assert_eq!(parse_cutoff(text).unwrap(), at("2006-01-02T22:04:05Z"), "{text}");
        }
        for text in [
            "",
            "2006-01-02T15:04:05Z",
            "Mon, 2 Jan 2006 15:04:05 -0700",
            "Mon, 02 Jan 2006 15:04:05 GMT",
            "Mon, 02 Jan 2006 15:04:05 -07:00",
            "Xxx, 02 Jan 2006 15:04:05 -0700",
            "Mon, 32 Jan 2006 15:04:05 -0700",
            "Mon, 02 Jan 2006 15:04:05 -0700 ",
        ] {
            assert!(parse_cutoff(text).is_err(), "{text:?}");
        }
    }
}
