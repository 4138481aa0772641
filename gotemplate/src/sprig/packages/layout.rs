//! Go's time layouts: a layout is an example of the output (`2006-01-02`),
//! cut here into text and the elements of a date that it names.

/// One element of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Year2,
    Year4,
    MonthName,
    MonthAbbr,
    Month,
    Month0,
    WeekdayName,
    WeekdayAbbr,
    Day,
    DayPadded,
    Day0,
    YearDayPadded,
    YearDay0,
    Hour24,
    Hour12,
    Hour12Zero,
    Minute,
    Minute0,
    Second,
    Second0,
    UpperAmPm,
    LowerAmPm,
    ZoneName,
    Offset(Offset),
    Fraction(Fraction),
}

/// How a zone's distance from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offset {
    /// Written `Z` when it is zero (`Z07:00`), else always a number (`-07:00`).
    pub(crate) z_for_utc: bool,
    pub(crate) colons: bool,
    pub(crate) parts: OffsetParts,
}

/// Down to which unit an offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OffsetParts {
    Hours,
    Minutes,
    Seconds,
}

/// Fractional seconds: `.000` keeps its digits, `.999` drops trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub(crate) separator: u8,
    pub(crate) digits: usize,
    pub(crate) keep_zeros: bool,
}

/// Full month names in order.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Full weekday names from Sunday.
pub(crate) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The text before the first element, that element, and the layout after it.
pub(crate) fn next(layout: &[u8]) -> (&[u8], Option<Element>, &[u8]) {
    for start in 0..layout.len() {
        if let Some((skip, element, length)) = element_at(&layout[start..]) {
            return (&layout[..start + skip], Some(element), &layout[start + skip + length..]);
        }
    }
    (layout, None, b"")
}

/// The element at the start of `rest`: bytes of text before it, it, its length.
fn element_at(rest: &[u8]) -> Option<(usize, Element, usize)> {
    let found = match rest[0] {
        b'J' => month_name(rest),
        b'M' => weekday_or_zone(rest),
        b'0' => zero_padded(rest),
        b'1' if rest.starts_with(b"15") => Some((Element::Hour24, 2)),
        b'1' => Some((Element::Month, 1)),
        b'2' if rest.starts_with(b"2006") => Some((Element::Year4, 4)),
        b'2' => Some((Element::Day, 1)),
        b'_' if rest.starts_with(b"_2006") => return Some((1, Element::Year4, 4)),
        b'_' if rest.starts_with(b"_2") => Some((Element::DayPadded, 2)),
        b'_' if rest.starts_with(b"__2") => Some((Element::YearDayPadded, 3)),
        b'3' => Some((Element::Hour12, 1)),
        b'4' => Some((Element::Minute, 1)),
        b'5' => Some((Element::Second, 1)),
        b'P' if rest.starts_with(b"PM") => Some((Element::UpperAmPm, 2)),
        b'p' if rest.starts_with(b"pm") => Some((Element::LowerAmPm, 2)),
        b'-' | b'Z' => offset(rest),
        b'.' | b',' => fraction(rest),
        _ => None,
    };
    found.map(|(element, length)| (0, element, length))
}

fn month_name(rest: &[u8]) -> Option<(Element, usize)> {
    if rest.starts_with(b"January") {
        Some((Element::MonthName, 7))
    } else {
        (rest.starts_with(b"Jan") && !starts_lower(&rest[3..])).then_some((Element::MonthAbbr, 3))
    }
}

fn weekday_or_zone(rest: &[u8]) -> Option<(Element, usize)> {
    if rest.starts_with(b"Monday") {
        Some((Element::WeekdayName, 6))
    } else if rest.starts_with(b"Mon") && !starts_lower(&rest[3..]) {
        Some((Element::WeekdayAbbr, 3))
    } else {
        rest.starts_with(b"MST").then_some((Element::ZoneName, 3))
    }
}

/// `Month` is a word, not a month with `th` after it.
fn starts_lower(rest: &[u8]) -> bool {
    rest.first().is_some_and(u8::is_ascii_lowercase)
}

fn zero_padded(rest: &[u8]) -> Option<(Element, usize)> {
    let element = match rest.get(1)? {
        b'1' => Element::Month0,
        b'2' => Element::Day0,
        b'3' => Element::Hour12Zero,
        b'4' => Element::Minute0,
        b'5' => Element::Second0,
        b'6' => Element::Year2,
        b'0' if rest.get(2) == Some(&b'2') => return Some((Element::YearDay0, 3)),
        _ => return None,
    };
    Some((element, 2))
}

fn offset(rest: &[u8]) -> Option<(Element, usize)> {
    // The longer forms first: each is the beginning of another.
    const FORMS: [(&[u8], bool, OffsetParts); 5] = [
        (b"070000", false, OffsetParts::Seconds),
        (b"07:00:00", true, OffsetParts::Seconds),
        (b"0700", false, OffsetParts::Minutes),
        (b"07:00", true, OffsetParts::Minutes),
        (b"07", false, OffsetParts::Hours),
    ];
    let (form, colons, parts) = FORMS.iter().find(|(form, ..)| rest[1..].starts_with(form))?;
    let element = Offset { z_for_utc: rest[0] == b'Z', colons: *colons, parts: *parts };
    Some((Element::Offset(element), 1 + form.len()))
}

fn fraction(rest: &[u8]) -> Option<(Element, usize)> {
    let digit = *rest.get(1).filter(|digit| matches!(digit, b'0' | b'9'))?;
    let digits = rest[1..].iter().take_while(|byte| **byte == digit).count();
    if rest.get(1 + digits).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let fraction = Fraction { separator: rest[0], digits, keep_zeros: digit == b'0' };
    Some((Element::Fraction(fraction), 1 + digits))
}
