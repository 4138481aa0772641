//! A time read by a layout.

use super::layout::{self, Element, MONTHS, Offset, OffsetParts, WEEKDAYS};
use super::layout_read::{atoi, half_day, has_fraction, name, number, skip, strip_blanks};
use super::layout_zone;
use super::time::{Time, days_in, is_leap};
use super::zone::Zone;

/// A text that does not follow its layout.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    #[error("the text does not follow the layout")]
    Mismatch,
    #[error("{0} out of range")]
    Range(&'static str),
}

/// Reads `value` by `layout`; a text without a zone is in the local one.
pub(crate) fn parse(layout: &[u8], value: &[u8]) -> Result<Time, ParseError> {
    let mut fields = Fields::default();
    let (mut layout, mut value) = (layout, value);
    loop {
        let (text, element, rest) = layout::next(layout);
        value = skip(value, text)?;
        let Some(element) = element else {
            return if value.is_empty() { fields.resolve() } else { Err(ParseError::Mismatch) };
        };
        layout = rest;
        value = fields.read(element, value, layout)?;
    }
}

/// What has been read; absent parts take the start of the year 0.
#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: u32,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone: Option<String>,
}

impl Fields {
    /// Reads one element and gives what follows it.
    fn read<'v>(&mut self, element: Element, value: &'v [u8], layout: &[u8]) -> Result<&'v [u8], ParseError> {
        let (number, rest) = match element {
            Element::Year2 => {
                let (digits, rest) = value.split_at_checked(2).ok_or(ParseError::Mismatch)?;
                let year = atoi(digits)?;
                (if year >= 69 { year + 1900 } else { year + 2000 }, rest)
            }
            Element::Year4 => {
                let (digits, rest) = value.split_at_checked(4).ok_or(ParseError::Mismatch)?;
                digits[0].is_ascii_digit().then_some(()).ok_or(ParseError::Mismatch)?;
                (atoi(digits)?, rest)
            }
            Element::MonthName => name(value, &MONTHS, usize::MAX)?,
            Element::MonthAbbr => name(value, &MONTHS, 3)?,
            Element::WeekdayName => name(value, &WEEKDAYS, usize::MAX)?,
            Element::WeekdayAbbr => name(value, &WEEKDAYS, 3)?,
            Element::DayPadded => number(value.strip_prefix(b" ").unwrap_or(value), 2, false)?,
            Element::YearDayPadded => number(strip_blanks(value, 2), 3, false)?,
            Element::YearDay0 => number(value, 3, true)?,
            Element::Month0 | Element::Day0 | Element::Hour12Zero | Element::Minute0 | Element::Second0 => {
                number(value, 2, true)?
            }
            Element::Month
            | Element::Day
            | Element::Hour24
            | Element::Hour12
            | Element::Minute
            | Element::Second => number(value, 2, false)?,
            Element::UpperAmPm => half_day(value, [b"AM", b"PM"])?,
            Element::LowerAmPm => half_day(value, [b"am", b"pm"])?,
            Element::ZoneName => return self.zone_name(value),
            Element::Offset(form) => return self.zone_offset(value, form),
            Element::Fraction(form) => return self.fraction(value, form.keep_zeros.then_some(form.digits)),
        };
        self.store(element, number)?;
        let seconds = matches!(element, Element::Second | Element::Second0);
        let fraction_follows = matches!(layout::next(layout).1, Some(Element::Fraction(_)));
        if seconds && !fraction_follows && has_fraction(rest) {
            return self.fraction(rest, None);
        }
        Ok(rest)
    }

    fn store(&mut self, element: Element, number: i64) -> Result<(), ParseError> {
        let within = |low: i64, high: i64, name| {
            if (low..=high).contains(&number) { Ok(number) } else { Err(ParseError::Range(name)) }
        };
        match element {
            Element::Year2 | Element::Year4 => self.year = number,
            Element::MonthName | Element::MonthAbbr => self.month = Some(number),
            Element::Month | Element::Month0 => self.month = Some(within(1, 12, "month")?),
            Element::Day | Element::DayPadded | Element::Day0 => self.day = Some(number),
            Element::YearDayPadded | Element::YearDay0 => self.year_day = Some(number),
            Element::Hour24 => self.hour = within(0, 23, "hour")?,
            Element::Hour12 | Element::Hour12Zero => self.hour = within(0, 12, "hour")?,
            Element::Minute | Element::Minute0 => self.minute = within(0, 59, "minute")?,
            Element::Second | Element::Second0 => self.second = within(0, 59, "second")?,
            Element::UpperAmPm | Element::LowerAmPm => self.afternoon = Some(number == 1),
            // Compat: a wrong weekday is not noticed. The others are stored as they are read.
            Element::WeekdayName
            | Element::WeekdayAbbr
            | Element::ZoneName
            | Element::Offset(_)
            | Element::Fraction(_) => {}
        }
        Ok(())
    }

    fn zone_name<'v>(&mut self, value: &'v [u8]) -> Result<&'v [u8], ParseError> {
        if let Some(rest) = value.strip_prefix(b"UTC") {
            self.utc = true;
            return Ok(rest);
        }
        let length = layout_zone::abbreviation(value).ok_or(ParseError::Mismatch)?;
        self.zone = Some(String::from_utf8_lossy(&value[..length]).into_owned());
        Ok(&value[length..])
    }

    fn zone_offset<'v>(&mut self, value: &'v [u8], form: Offset) -> Result<&'v [u8], ParseError> {
        if let (true, [b'Z', rest @ ..]) = (form.z_for_utc, value) {
            self.utc = true;
            return Ok(rest);
        }
        let (&sign, mut rest) = value.split_first().ok_or(ParseError::Mismatch)?;
        let parts = match form.parts {
            OffsetParts::Hours => 1,
            OffsetParts::Minutes => 2,
            OffsetParts::Seconds => 3,
        };
        let mut offset = 0;
        let limits =
            [("time zone offset hour", 24), ("time zone offset minute", 60), ("time zone offset second", 60)];
        for (index, (name, limit)) in limits.into_iter().enumerate() {
            offset *= 60;
            if index >= parts {
                continue;
            }
            if index > 0 && form.colons {
                rest = rest.strip_prefix(b":").ok_or(ParseError::Mismatch)?;
            }
            let (part, after) = number(rest, 2, true)?;
            // Compat: people write 24 hours and 60 minutes, so these pass.
            if part > limit {
                return Err(ParseError::Range(name));
            }
            offset += part;
            rest = after;
        }
        self.offset = match sign {
            b'+' => Some(offset),
            b'-' => Some(-offset),
            _ => return Err(ParseError::Mismatch),
        };
        Ok(rest)
    }

    /// Reads a separator and `digits` digits, or as many as there are.
    fn fraction<'v>(&mut self, value: &'v [u8], digits: Option<usize>) -> Result<&'v [u8], ParseError> {
        let digits = match digits {
            None if !has_fraction(value) => return Ok(value),
            None => value[1..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
            Some(digits) => digits,
        };
        let (text, rest) = value.split_at_checked(1 + digits).ok_or(ParseError::Mismatch)?;
        if !matches!(text[0], b'.' | b',') {
            return Err(ParseError::Mismatch);
        }
        let text = &text[1..text.len().min(10)];
        let nanos = atoi(text)? * 10i64.pow(u32::try_from(9 - text.len()).unwrap_or_default());
        self.nanos = u32::try_from(nanos).map_err(|_| ParseError::Range("fractional second"))?;
        Ok(rest)
    }

    fn resolve(mut self) -> Result<Time, ParseError> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let (month, day) = self.month_and_day()?;
        if day < 1 || day > days_in(month, self.year) {
            return Err(ParseError::Range("day"));
        }
        let date = (self.year, month, day);
        let clock = (self.hour, self.minute, self.second);
        let utc = Time::from_civil(date, clock, self.nanos, Zone::Utc);
        if self.utc {
            return Ok(utc);
        }
        // Compat: an offset of minus one second is the reference's "none".
        let name = self.zone.unwrap_or_default();
        Ok(match self.offset.filter(|offset| *offset != -1) {
            Some(0) | None if name.is_empty() => utc.in_zone(Zone::Local),
            Some(offset) => shifted(&utc, name, offset),
            None => {
                // Compat: the clock is read as UTC, whatever the name says.
                let offset = layout_zone::hours_of_gmt(&name) * 3600;
                utc.in_zone(Zone::Fixed { name, offset })
            }
        })
    }

    fn month_and_day(&self) -> Result<(i64, i64), ParseError> {
        let Some(year_day) = self.year_day else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        let length = if is_leap(self.year) { 366 } else { 365 };
        if !(1..=length).contains(&year_day) {
            return Err(ParseError::Range("day-of-year"));
        }
        let (mut month, mut day) = (1, year_day);
        while day > days_in(month, self.year) {
            day -= days_in(month, self.year);
            month += 1;
        }
        if self.month.is_some_and(|seen| seen != month) || self.day.is_some_and(|seen| seen != day) {
            return Err(ParseError::Range("day-of-year"));
        }
        Ok((month, day))
    }
}

/// The instant at which a clock `offset` seconds east of UTC shows what `utc` shows.
fn shifted(utc: &Time, name: String, offset: i64) -> Time {
    utc.in_zone(Zone::Fixed { name, offset }).add_seconds(-offset)
}
