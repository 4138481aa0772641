//! The pieces that times are read from: numbers, names, runs of blanks.

use super::layout_parse::ParseError;

/// Skips text of the layout; runs of blanks match runs of blanks.
pub(super) fn skip<'v>(mut value: &'v [u8], mut text: &[u8]) -> Result<&'v [u8], ParseError> {
    while let Some((&wanted, rest)) = text.split_first() {
        if wanted == b' ' {
            if value.first().is_some_and(|byte| *byte != b' ') {
                return Err(ParseError::Mismatch);
            }
            text = strip_blanks(text, usize::MAX);
            value = strip_blanks(value, usize::MAX);
        } else {
            value = value.strip_prefix(&[wanted]).ok_or(ParseError::Mismatch)?;
            text = rest;
        }
    }
    Ok(value)
}

pub(super) fn strip_blanks(text: &[u8], most: usize) -> &[u8] {
    let blanks = text.iter().take(most).take_while(|byte| **byte == b' ').count();
    &text[blanks..]
}

/// One to `width` digits, or exactly `width`.
pub(super) fn number(value: &[u8], width: usize, exact: bool) -> Result<(i64, &[u8]), ParseError> {
    let digits = value.iter().take(width).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || exact && digits < width {
        return Err(ParseError::Mismatch);
    }
    Ok((atoi(&value[..digits])?, &value[digits..]))
}

/// A whole text as a number, with an optional sign; nothing at all is zero.
pub(super) fn atoi(text: &[u8]) -> Result<i64, ParseError> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    digits
        .iter()
        .try_fold(0i64, |value, digit| {
            let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
            value.checked_mul(10)?.checked_add(digit)
        })
        .map(|value| sign * value)
        .ok_or(ParseError::Mismatch)
}

/// A name of the table, counted from 1, whatever its case.
pub(super) fn name<'v>(
    value: &'v [u8],
    names: &[&str],
    length: usize,
) -> Result<(i64, &'v [u8]), ParseError> {
    let wanted = names.iter().map(|name| &name.as_bytes()[..name.len().min(length)]);
    for (number, name) in (1..).zip(wanted) {
        if let Some((start, rest)) = value.split_at_checked(name.len())
            && start.eq_ignore_ascii_case(name)
        {
            return Ok((number, rest));
        }
    }
    Err(ParseError::Mismatch)
}

pub(super) fn half_day<'v>(value: &'v [u8], names: [&[u8]; 2]) -> Result<(i64, &'v [u8]), ParseError> {
    let (text, rest) = value.split_at_checked(2).ok_or(ParseError::Mismatch)?;
    match names.iter().position(|name| *name == text) {
        Some(0) => Ok((0, rest)),
        Some(_) => Ok((1, rest)),
        None => Err(ParseError::Mismatch),
    }
}

/// A point or comma with a digit after it.
pub(super) fn has_fraction(value: &[u8]) -> bool {
    matches!(value, [b'.' | b',', digit, ..] if digit.is_ascii_digit())
}
