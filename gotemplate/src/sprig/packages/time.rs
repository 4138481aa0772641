//! Go's `time.Time`: an instant, shown in a zone.

use golang::duration::SECOND;

use super::zone::Zone;

const DAY: i64 = 86_400;
/// Seconds from the year 1 to 1970: Go's zero time lies that far before the epoch.
const ZERO_UNIX: i64 = -62_135_596_800;
/// The first of March of the year -292277022400, the earliest second that Go can show.
const FIRST_SECOND: i128 = -9_223_372_028_741_760_000;

/// An instant with nanoseconds and the zone that it is shown in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Time {
    unix: i64,
    nanos: u32,
    zone: Zone,
}

/// A date and time of day as a clock on the wall shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// From 1.
    pub(crate) month: i64,
    /// From 1.
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// From 0, Sunday.
    pub(crate) weekday: usize,
    /// From 1.
    pub(crate) year_day: i64,
}

impl Time {
    /// Go's zero time: the first of January of the year 1, UTC.
    pub(crate) fn zero() -> Self {
        Self { unix: ZERO_UNIX, nanos: 0, zone: Zone::Utc }
    }

    /// The instant `unix` seconds and `nanos` nanoseconds after the epoch, in the local zone.
    pub(crate) fn from_unix(unix: i64, nanos: u32) -> Self {
        Self { unix, nanos, zone: Zone::Local }
    }

    /// The instant at which a clock in `zone` shows this date and time.
    ///
    /// Months, days and smaller units outside of their range carry over.
    pub(crate) fn from_civil(date: (i64, i64, i64), clock: (i64, i64, i64), nanos: u32, zone: Zone) -> Self {
        let (year, month, day) = date;
        let (hour, minute, second) = clock;
        let days = days_from_civil(year, month, day);
        let local = days
            .wrapping_mul(DAY)
            .wrapping_add(hour.wrapping_mul(3600))
            .wrapping_add(minute.wrapping_mul(60))
            .wrapping_add(second);
        // The offset may change near the instant: guess it, then look again.
        let (guess, _) = zone.lookup(local);
        let (before, _) = zone.lookup(local.wrapping_sub(guess));
        let unix = local.wrapping_sub(before);
        let unix = match zone.lookup(unix).0 {
            after if after != before && zone.lookup(local.wrapping_sub(after)).0 == after => {
                local.wrapping_sub(after)
            }
            _ => unix,
        };
        Self { unix, nanos, zone }
    }

    pub(crate) fn unix(&self) -> i64 {
        self.unix
    }

    pub(crate) fn nanos(&self) -> u32 {
        self.nanos
    }

    pub(crate) fn zone(&self) -> &Zone {
        &self.zone
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.unix == ZERO_UNIX && self.nanos == 0
    }

    /// The same instant shown in another zone.
    pub(crate) fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// This instant moved by so many nanoseconds.
    pub(crate) fn add(&self, nanoseconds: i64) -> Self {
        let second = SECOND.cast_signed();
        let nanos = i64::from(self.nanos) + nanoseconds.rem_euclid(second);
        let seconds = nanoseconds.div_euclid(second) + nanos / second;
        Self {
            unix: self.unix.wrapping_add(seconds),
            nanos: u32::try_from(nanos % second).unwrap_or_default(),
            zone: self.zone.clone(),
        }
    }

    /// This instant moved by so many seconds.
    pub(crate) fn add_seconds(&self, seconds: i64) -> Self {
        Self { unix: self.unix.wrapping_add(seconds), ..self.clone() }
    }

    /// Nanoseconds from `earlier` to here, held at the ends of the range.
    pub(crate) fn since(&self, earlier: &Self) -> i64 {
        let seconds = i128::from(self.unix) - i128::from(earlier.unix);
        let nanos = i128::from(self.nanos) - i128::from(earlier.nanos);
        let total = seconds * i128::from(SECOND) + nanos;
        i64::try_from(total).unwrap_or(if total < 0 { i64::MIN } else { i64::MAX })
    }

    /// This instant rounded (halves up) or cut to a multiple of `step` since Go's zero time.
    pub(crate) fn rounded(&self, step: i64, up: bool) -> Self {
        if step <= 0 {
            return self.clone();
        }
        let second = i128::from(SECOND);
        let since_zero = (i128::from(self.unix) - i128::from(ZERO_UNIX)) * second + i128::from(self.nanos);
        let rest = i64::try_from(since_zero.rem_euclid(i128::from(step))).unwrap_or(0);
        let over_half = rest >= step - rest;
        self.add(if up && over_half { step - rest } else { -rest })
    }

    /// Seconds east of UTC and the zone's abbreviation.
    pub(crate) fn offset(&self) -> (i64, String) {
        self.zone.lookup(self.unix)
    }

    /// What a clock in this time's zone shows.
    pub(crate) fn civil(&self) -> Civil {
        // Compat: the reference counts from a first second; what lies before it wraps around.
        let since_first = i128::from(self.unix) + i128::from(self.offset().0) - FIRST_SECOND;
        let local = since_first.rem_euclid(1 << 64) + FIRST_SECOND;
        let days = i64::try_from(local.div_euclid(i128::from(DAY))).unwrap_or(0);
        let clock = i64::try_from(local.rem_euclid(i128::from(DAY))).unwrap_or(0);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
            // The epoch was a Thursday.
            weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or_default(),
            year_day: days - days_from_civil(year, 1, 1) + 1,
        }
    }
}

/// Days from the epoch to a date of the proleptic Gregorian calendar.
pub(crate) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year.wrapping_add((month - 1).div_euclid(12));
    let month = (month - 1).rem_euclid(12) + 1;
    // Years that begin in March put the leap day at their end.
    let year = if month <= 2 { year.wrapping_sub(1) } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era.wrapping_mul(146_097).wrapping_add(day_of_era - 719_468).wrapping_add(day.wrapping_sub(1))
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Whether the year has a 29th of February.
pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days in a month counted from 1.
pub(crate) fn days_in(month: i64, year: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_inverse() {
        for days in [-1_000_000, -719_528, -1, 0, 59, 60, 365, 18_690, 2_932_896] {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(civil_from_days(18_690), (2021, 3, 4));
        assert_eq!(days_from_civil(2020, 14, 32), days_from_civil(2021, 3, 4));
    }

    #[test]
    fn adding_carries_into_seconds() {
        let time = Time::from_unix(10, 900_000_000).add(200_000_000);
        assert_eq!((time.unix(), time.nanos()), (11, 100_000_000));
        let time = time.add(-200_000_000);
        assert_eq!((time.unix(), time.nanos()), (10, 900_000_000));
    }
}
