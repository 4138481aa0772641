//! A time written by a layout.

use super::layout::{self, Element, Fraction, MONTHS, Offset, OffsetParts, WEEKDAYS};
use super::time::{Civil, Time};

/// The layout of Go's `String`, which is how a time prints.
pub(crate) const STRING: &[u8] = b"2006-01-02 15:04:05.999999999 -0700 MST";

/// Writes `time` as the example in `layout` shows.
pub(crate) fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let civil = time.civil();
    let (offset, zone) = time.offset();
    let mut out = Vec::with_capacity(layout.len() + 10);
    let mut rest = layout;
    loop {
        let (text, element, after) = layout::next(rest);
        out.extend_from_slice(text);
        rest = after;
        match element {
            None => return out,
            Some(Element::Fraction(form)) => fraction(&mut out, time.nanos(), form),
            Some(Element::Offset(form)) => zone_offset(&mut out, offset, form),
            Some(Element::ZoneName) if zone.is_empty() => zone_offset(&mut out, offset, NAMELESS),
            Some(Element::ZoneName) => out.extend_from_slice(zone.as_bytes()),
            Some(element) => out.extend_from_slice(field(&civil, element).as_bytes()),
        }
    }
}

const NAMELESS: Offset = Offset { z_for_utc: false, colons: false, parts: OffsetParts::Minutes };

fn field(civil: &Civil, element: Element) -> String {
    let hour12 = match civil.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let month = usize::try_from(civil.month - 1).ok().and_then(|month| MONTHS.get(month)).copied();
    let month = month.unwrap_or_default();
    let weekday = WEEKDAYS[civil.weekday % 7];
    match element {
        Element::Year2 => padded(civil.year.max(0) % 100, 2),
        Element::Year4 => padded(civil.year, 4),
        Element::MonthName => month.to_owned(),
        Element::MonthAbbr => month.chars().take(3).collect(),
        Element::Month => civil.month.to_string(),
        Element::Month0 => padded(civil.month, 2),
        Element::WeekdayName => weekday.to_owned(),
        Element::WeekdayAbbr => weekday.chars().take(3).collect(),
        Element::Day => civil.day.to_string(),
        Element::DayPadded => format!("{:2}", civil.day),
        Element::Day0 => padded(civil.day, 2),
        Element::YearDayPadded => format!("{:3}", civil.year_day),
        Element::YearDay0 => padded(civil.year_day, 3),
        Element::Hour24 => padded(civil.hour, 2),
        Element::Hour12 => hour12.to_string(),
        Element::Hour12Zero => padded(hour12, 2),
        Element::Minute => civil.minute.to_string(),
        Element::Minute0 => padded(civil.minute, 2),
        Element::Second => civil.second.to_string(),
        Element::Second0 => padded(civil.second, 2),
        Element::UpperAmPm => if civil.hour >= 12 { "PM" } else { "AM" }.to_owned(),
        Element::LowerAmPm => if civil.hour >= 12 { "pm" } else { "am" }.to_owned(),
        // Written by `format`, which has the offset and the nanoseconds.
        Element::ZoneName | Element::Offset(_) | Element::Fraction(_) => String::new(),
    }
}

/// A number with at least `width` digits; a sign does not count.
fn padded(value: i64, width: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{:0width$}", value.unsigned_abs())
}

fn zone_offset(out: &mut Vec<u8>, offset: i64, form: Offset) {
    if form.z_for_utc && offset == 0 {
        out.push(b'Z');
        return;
    }
    // Compat: the sign is that of whole minutes.
    let minutes = offset / 60;
    let seconds = if minutes < 0 { -offset } else { offset } % 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    let minutes = minutes.abs();
    let separator = if form.colons { ":" } else { "" };
    let mut text = padded(minutes / 60, 2);
    if form.parts != OffsetParts::Hours {
        text += separator;
        text += &padded(minutes % 60, 2);
    }
    if form.parts == OffsetParts::Seconds {
        text += separator;
        text += &padded(seconds, 2);
    }
    out.extend_from_slice(text.as_bytes());
}

fn fraction(out: &mut Vec<u8>, nanos: u32, form: Fraction) {
    let mut digits = format!("{nanos:09}").into_bytes();
    digits.resize(form.digits.min(9), b'0');
    // Compat: more than nine zeros in a layout are nine digits.
    if !form.keep_zeros {
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return;
        }
    }
    out.push(form.separator);
    out.extend_from_slice(&digits);
}
