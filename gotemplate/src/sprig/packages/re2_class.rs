//! Characters, escapes and classes of RE2, written for the `regex` crate.

use super::re2::PatternError;

/// Matches no character at all.
const NEVER: &str = "[^\\x{0}-\\x{10FFFF}]";

/// About how many bytes one character takes when it is compiled.
pub(super) const ONE: u64 = 50;
/// The same for any character, which is all of UTF-8.
pub(super) const ANY: u64 = 1_000;
/// The same for a category of Unicode, which has hundreds of ranges.
const CATEGORY: u64 = 43_000;

/// About how many bytes a class takes.
pub(super) fn weight(class: &str) -> u64 {
    let categories = class.matches("\\p").count() + class.matches("\\P").count();
    let ranges = class.matches("-\\x").count();
    let base = if class.contains('^') { ANY } else { ONE };
    base + CATEGORY * categories as u64 + ONE * ranges as u64
}

/// One character as a pattern that matches just it.
pub(crate) fn literal(code: u32) -> String {
    // A lone surrogate is a character for the reference that no text holds.
    if char::from_u32(code).is_some() { code_point(code) } else { NEVER.to_owned() }
}

fn code_point(code: u32) -> String {
    format!("\\x{{{code:X}}}")
}

/// The class in brackets at the start of `text`, and the text after it.
pub(crate) fn bracketed(text: &str) -> Result<(String, &str), PatternError> {
    let mut rest = &text[1..];
    let mut out = String::from("[");
    if let Some(after) = rest.strip_prefix('^') {
        rest = after;
        out.push('^');
    }
    let start = out.len();
    let mut first = true;
    // A bracket that comes first is one of the characters.
    while first || !rest.starts_with(']') {
        first = false;
        rest = class_item(rest, &mut out)?;
    }
    if out.len() == start {
        // Only what never matches was in it.
        out.push_str("[^\\x{0}-\\x{10FFFF}]");
    }
    out.push(']');
    Ok((out, &rest[1..]))
}

/// Reads one item of a class: a class inside it, a character or a range.
fn class_item<'p>(text: &'p str, out: &mut String) -> Result<&'p str, PatternError> {
    if let Some((class, rest)) = posix(text)? {
        out.push_str(&class);
        return Ok(rest);
    }
    if let Some((class, rest)) = escaped_class(text)? {
        out.push_str(&class);
        return Ok(rest);
    }
    let (low, mut rest) = class_char(text)?;
    let mut high = low;
    // A dash before the closing bracket is a dash.
    if let Some(after) = rest.strip_prefix('-')
        && !after.is_empty()
        && !after.starts_with(']')
    {
        (high, rest) = class_char(after)?;
        if high < low {
            return Err(PatternError::Class);
        }
    }
    for (low, high) in [(low, high.min(0xD7FF)), (low.max(0xE000), high)] {
        if low <= high {
            out.extend([code_point(low), "-".to_owned(), code_point(high)]);
        }
    }
    Ok(rest)
}

fn class_char(text: &str) -> Result<(u32, &str), PatternError> {
    match text.chars().next() {
        None => Err(PatternError::Class),
        Some('\\') => escaped_char(text),
        Some(letter) => Ok((u32::from(letter), &text[letter.len_utf8()..])),
    }
}

/// The names that POSIX gives to classes.
const NAMES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// `[:alpha:]` and the like.
fn posix(text: &str) -> Result<Option<(String, &str)>, PatternError> {
    let Some((name, rest)) = text.strip_prefix("[:").and_then(|text| text.split_once(":]")) else {
        return Ok(None);
    };
    if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return Err(PatternError::Class);
    }
    Ok(Some((format!("[:{name}:]"), rest)))
}

/// `\d`, `\pL` and the like, as the inside of a bracketed class.
pub(crate) fn escaped_class(text: &str) -> Result<Option<(String, &str)>, PatternError> {
    let mut chars = text.chars();
    if chars.next() != Some('\\') {
        return Ok(None);
    }
    // ASCII only, and without the vertical tab among the blanks.
    let class = match chars.next() {
        Some('d') => "[0-9]",
        Some('D') => "[^0-9]",
        Some('s') => "[\\t\\n\\x0C\\r\\x20]",
        Some('S') => "[^\\t\\n\\x0C\\r\\x20]",
        Some('w') => "[0-9A-Za-z_]",
        Some('W') => "[^0-9A-Za-z_]",
        Some(letter @ ('p' | 'P')) => return unicode(letter == 'P', chars.as_str()).map(Some),
        _ => return Ok(None),
    };
    Ok(Some((class.to_owned(), chars.as_str())))
}

/// The name of a category or script after `\p` or `\P`.
fn unicode(mut negated: bool, text: &str) -> Result<(String, &str), PatternError> {
    let (name, rest) = if let Some(text) = text.strip_prefix('{') {
        text.split_once('}').ok_or(PatternError::Class)?
    } else {
        let letter = text.chars().next().ok_or(PatternError::Class)?;
        text.split_at(letter.len_utf8())
    };
    let name = name.strip_prefix('^').map_or(name, |name| {
        negated = !negated;
        name
    });
    if name.is_empty()
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' '))
    {
        return Err(PatternError::Class);
    }
    // Only general categories and scripts, not every property that Unicode has.
    let sort = ["gc", "sc"]
        .into_iter()
        .find(|sort| regex_syntax::parse(&format!("\\p{{{sort}={name}}}")).is_ok())
        .ok_or(PatternError::Class)?;
    let letter = if negated { 'P' } else { 'p' };
    Ok((format!("\\{letter}{{{sort}={name}}}"), rest))
}

/// The character that an escape stands for.
pub(crate) fn escaped_char(text: &str) -> Result<(u32, &str), PatternError> {
    let mut chars = text.chars();
    chars.next();
    let letter = chars.next().ok_or(PatternError::Escape)?;
    let rest = chars.as_str();
    let code = match letter {
        'a' => 0x07,
        'f' => 0x0C,
        'n' => 0x0A,
        'r' => 0x0D,
        't' => 0x09,
        'v' => 0x0B,
        'x' => return hexadecimal(rest),
        '0'..='7' => return octal(letter, rest),
        _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => u32::from(letter),
        _ => return Err(PatternError::Escape),
    };
    Ok((code, rest))
}

fn hexadecimal(text: &str) -> Result<(u32, &str), PatternError> {
    let (digits, rest) = match text.strip_prefix('{') {
        Some(text) => text.split_once('}').ok_or(PatternError::Escape)?,
        None => text.split_at_checked(2).ok_or(PatternError::Escape)?,
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(PatternError::Escape);
    }
    let code = u32::from_str_radix(digits.trim_start_matches('0'), 16);
    match code {
        Ok(code) if code <= 0x10_FFFF => Ok((code, rest)),
        Err(_) if digits.bytes().all(|byte| byte == b'0') => Ok((0, rest)),
        _ => Err(PatternError::Escape),
    }
}

/// Up to three octal digits; a single one but zero would be a back reference.
fn octal(first: char, rest: &str) -> Result<(u32, &str), PatternError> {
    let more = rest.bytes().take(2).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    if first != '0' && more == 0 {
        return Err(PatternError::Escape);
    }
    let code = rest
        .bytes()
        .take(more)
        .fold(u32::from(first) - u32::from('0'), |code, digit| code * 8 + u32::from(digit - b'0'));
    Ok((code, &rest[more..]))
}
