//! Runes as Go reads them from bytes, and Go's classes of characters.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// What Go reads where bytes are not UTF-8.
pub(crate) const REPLACEMENT: char = '\u{FFFD}';

/// The first character of `bytes` and its length; `None` for a byte that is not UTF-8, which counts
/// as one byte long. Empty input gives length 0.
pub(crate) fn decode(bytes: &[u8]) -> (Option<char>, usize) {
    let len = match bytes.first() {
        None => return (None, 0),
        Some(0..0x80) => return (Some(char::from(bytes[0])), 1),
        Some(0xC2..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF4) => 4,
        Some(_) => return (None, 1),
    };
    let Some(Ok(text)) = bytes.get(..len).map(std::str::from_utf8) else { return (None, 1) };
    (text.chars().next(), len)
}

/// Go's `for _, r := range s`: characters with their positions, U+FFFD for each stray byte.
pub(crate) fn runes(bytes: &[u8]) -> impl Iterator<Item = (usize, char)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (rune, len) = decode(&bytes[at..]);
        let start = at;
        at += len;
        (len > 0).then_some((start, rune.unwrap_or(REPLACEMENT)))
    })
}

/// Go's `utf8.RuneCount`.
pub(crate) fn rune_count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() { bytes.len() } else { runes(bytes).count() }
}

/// Appends a character as UTF-8.
pub(crate) fn push(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Go's `unicode.IsLetter`: the categories L*. (Rust's `is_alphabetic` takes in more.)
pub(crate) fn is_letter(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { LETTER.contains(rune) }
}

/// Go's `unicode.IsDigit`: the category Nd. (Rust's `is_numeric` takes in more.)
pub(crate) fn is_digit(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_digit() } else { DIGIT.contains(rune) }
}

/// Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(crate) fn is_print(rune: char) -> bool {
    if rune.is_ascii() { matches!(rune, ' '..='~') } else { PRINT.contains(rune) }
}

struct Ranges(Vec<(char, char)>);

impl Ranges {
    /// The characters that a bracket expression matches.
    fn of(pattern: &str) -> Self {
        let class = regex_syntax::parse(pattern).expect("the pattern is a constant");
        let HirKind::Class(Class::Unicode(class)) = class.kind() else { return Self(Vec::new()) };
        Self(class.ranges().iter().map(|range| (range.start(), range.end())).collect())
    }

    fn contains(&self, rune: char) -> bool {
        let after = self.0.partition_point(|(start, _)| *start <= rune);
        after > 0 && rune <= self.0[after - 1].1
    }
}

static LETTER: LazyLock<Ranges> = LazyLock::new(|| Ranges::of(r"\p{L}"));
static DIGIT: LazyLock<Ranges> = LazyLock::new(|| Ranges::of(r"\p{Nd}"));
static PRINT: LazyLock<Ranges> = LazyLock::new(|| Ranges::of(r"[\p{L}\p{M}\p{N}\p{P}\p{S}]"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_bytes_are_one_replacement_each() {
        let runes: Vec<_> = runes(b"a\xff\xe6\x97\xe6\x97\xa5\xed\xa0\x80").map(|(_, rune)| rune).collect();
        assert_eq!(
            runes,
            ['a', '\u{FFFD}', '\u{FFFD}', '\u{FFFD}', '日', '\u{FFFD}', '\u{FFFD}', '\u{FFFD}']
        );
    }

    #[test]
    fn classes_are_gos_not_rusts() {
        assert!(is_letter('é') && is_letter('日') && !is_letter('Ⅷ') && !is_letter('\u{345}'));
        assert!(is_digit('٣') && !is_digit('²') && !is_digit('Ⅷ'));
        assert!(is_print(' ') && is_print('\u{301}') && !is_print('\u{a0}') && !is_print('\u{200b}'));
    }
}
