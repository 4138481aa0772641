//! Which texts look like a zone's abbreviation to Go.

/// The length of the abbreviation at the start of `value`, if one is there.
pub(crate) fn abbreviation(value: &[u8]) -> Option<usize> {
    if value.len() < 3 {
        return None;
    }
    // The two zones with a small letter in their name.
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = value.strip_prefix(b"GMT") {
        return Some(3 + signed_hours(rest).unwrap_or(0));
    }
    if matches!(value[0], b'+' | b'-') {
        return signed_hours(value);
    }
    let capitals = value.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match capitals {
        3 => Some(3),
        4 if value[3] == b'T' || value.starts_with(b"WITA") => Some(4),
        5 if value[4] == b'T' => Some(5),
        _ => None,
    }
}

/// The length of a sign and a number of hours up to 23.
fn signed_hours(value: &[u8]) -> Option<usize> {
    let (sign, rest) = value.split_first()?;
    if !matches!(sign, b'+' | b'-') {
        return None;
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours = std::str::from_utf8(&rest[..digits]).ok()?.parse::<u64>().ok()?;
    (hours <= 23).then_some(1 + digits)
}

/// The hours of a name such as `GMT+3`; nothing for other names.
pub(crate) fn hours_of_gmt(name: &str) -> i64 {
    name.strip_prefix("GMT").and_then(|hours| hours.parse().ok()).unwrap_or(0)
}
