//! Line wrapping and shortening, counted in bytes.

/// Breaks text into lines of `width` bytes at blanks; words that are too long are cut if `cut_words`.
pub(crate) fn wrap(text: &[u8], width: i64, line_end: &[u8], cut_words: bool) -> Vec<u8> {
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let line_end: &[u8] = if line_end.is_empty() { b"\n" } else { line_end };
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while rest.len() > width {
        if let Some(after) = rest.strip_prefix(b" ") {
            rest = after;
            continue;
        }
        let (line, skip) = match rest[..=width].iter().rposition(|byte| *byte == b' ') {
            Some(blank) => (blank, 1),
            None if cut_words => (width, 0),
            None => match rest[width..].iter().position(|byte| *byte == b' ') {
                Some(blank) => (width + blank, 1),
                None => break,
            },
        };
        out.extend_from_slice(&rest[..line]);
        out.extend_from_slice(line_end);
        rest = &rest[line + skip..];
    }
    out.extend_from_slice(rest);
    out
}

const DOTS: &[u8] = b"...";

/// Shortens text to `width` bytes with dots at its end, or at both ends when it starts at `offset`.
pub(crate) fn abbreviate(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if length <= width {
        return text.to_vec();
    }
    if width < 4 {
        return Vec::new();
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    let (start, kept) = (usize::try_from(offset).unwrap_or(0), usize::try_from(width - 3).unwrap_or(0));
    if offset <= 4 {
        return [&text[..kept], DOTS].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + width - 3 < length {
        return [DOTS, &abbreviate(&text[start..], 0, width - 3)].concat();
    }
    [DOTS, &text[text.len() - kept..]].concat()
}
