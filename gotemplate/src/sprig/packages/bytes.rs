//! Searching and splitting bytes as Go's `strings` does.

use super::unicode::decode;

/// Where `wanted` first stands in `text`.
pub(crate) fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, wanted)
}

/// How often `wanted` stands in `text`; for an empty one, the gaps between runes.
pub(crate) fn count(text: &[u8], wanted: &[u8]) -> usize {
    if wanted.is_empty() {
        return super::unicode::runes(text).count() + 1;
    }
    let (mut rest, mut found) = (text, 0);
    while let Some(at) = find(rest, wanted) {
        found += 1;
        rest = &rest[at + wanted.len()..];
    }
    found
}

/// `text` with every `old` replaced, of which there are `found`; an empty `old` stands between all runes.
pub(crate) fn replace(text: &[u8], old: &[u8], new: &[u8], found: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() - found * old.len() + found * new.len());
    let mut rest = text;
    if old.is_empty() {
        out.extend_from_slice(new);
        while let Some((_, width)) = decode(rest) {
            out.extend_from_slice(&rest[..width]);
            out.extend_from_slice(new);
            rest = &rest[width..];
        }
        return out;
    }
    while let Some(at) = find(rest, old) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Parts between `separator`, at most `most` of them; an empty separator cuts between runes.
pub(crate) fn split<'t>(text: &'t [u8], separator: &[u8], most: usize) -> Vec<&'t [u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    if separator.is_empty() {
        while let Some((_, width)) = decode(rest) {
            if parts.len() + 1 >= most {
                parts.push(rest);
                return parts;
            }
            parts.push(&rest[..width]);
            rest = &rest[width..];
        }
        return parts;
    }
    while parts.len() + 1 < most
        && let Some(at) = find(rest, separator)
    {
        parts.push(&rest[..at]);
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest);
    parts
}
