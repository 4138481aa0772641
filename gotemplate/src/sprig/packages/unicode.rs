//! Go's view of text: runes, categories and one-to-one case mapping.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, HirKind};

/// The first rune and its width; nothing of no text. A byte that is not UTF-8 is U+FFFD of width 1.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let (rune, width) = crate::unicode::decode(bytes);
    (width > 0).then_some((rune.unwrap_or(char::REPLACEMENT_CHARACTER), width))
}

/// The last rune and its width.
pub(crate) fn decode_last(bytes: &[u8]) -> Option<(char, usize)> {
    (1..=bytes.len().min(4))
        .rev()
        .find_map(|width| decode(&bytes[bytes.len() - width..]).filter(|(_, found)| *found == width))
        .or_else(|| (!bytes.is_empty()).then_some((char::REPLACEMENT_CHARACTER, 1)))
}

/// All runes in order.
pub(crate) fn runes(bytes: &[u8]) -> impl Iterator<Item = char> {
    crate::unicode::runes(bytes).map(|(_, rune)| rune)
}

/// Text with every rune replaced; bytes that are not UTF-8 become U+FFFD.
pub(crate) fn map(bytes: &[u8], change: impl FnMut(char) -> char) -> Vec<u8> {
    runes(bytes).map(change).collect::<String>().into_bytes()
}

/// Go's `unicode.ToUpper`: one rune for one, so `ß` stays.
pub(crate) fn to_upper(rune: char) -> char {
    single(rune.to_uppercase()).unwrap_or_else(|| match rune {
        // Greek letters with an iota below have a capital of their own.
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => moved(rune, 8),
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => moved(rune, 9),
        _ => rune,
    })
}

/// Go's `unicode.ToLower`.
pub(crate) fn to_lower(rune: char) -> char {
    single(rune.to_lowercase()).unwrap_or(if rune == '\u{130}' { 'i' } else { rune })
}

/// Go's `unicode.ToTitle`.
pub(crate) fn to_title(rune: char) -> char {
    match rune {
        '\u{1C4}'..='\u{1C6}' => '\u{1C5}',
        '\u{1C7}'..='\u{1C9}' => '\u{1C8}',
        '\u{1CA}'..='\u{1CC}' => '\u{1CB}',
        '\u{1F1}'..='\u{1F3}' => '\u{1F2}',
        // Georgian has capitals, but not at the start of words.
        '\u{10D0}'..='\u{10FF}' => rune,
        _ => to_upper(rune),
    }
}

fn single(mut runes: impl ExactSizeIterator<Item = char>) -> Option<char> {
    if runes.len() == 1 { runes.next() } else { None }
}

fn moved(rune: char, by: u32) -> char {
    char::from_u32(u32::from(rune) + by).unwrap_or(rune)
}

/// A general category of Unicode.
#[derive(Clone, Copy)]
pub(crate) enum Category {
    Upper,
    Lower,
    Title,
    Number,
    Punctuation,
}

impl Category {
    /// Whether the rune is of this category.
    pub(crate) fn has(self, rune: char) -> bool {
        self.ranges()
            .binary_search_by(|(low, high)| {
                if *high < rune {
                    std::cmp::Ordering::Less
                } else if *low > rune {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
    }

    /// The category's characters, from the tables that regular expressions use.
    fn ranges(self) -> &'static [(char, char)] {
        static TABLES: [OnceLock<Vec<(char, char)>>; 5] = [const { OnceLock::new() }; 5];
        let (index, pattern) = match self {
            Self::Upper => (0, "\\p{Lu}"),
            Self::Lower => (1, "\\p{Ll}"),
            Self::Title => (2, "\\p{Lt}"),
            Self::Number => (3, "\\p{N}"),
            Self::Punctuation => (4, "\\p{P}"),
        };
        TABLES[index].get_or_init(|| {
            match regex_syntax::parse(pattern).map(regex_syntax::hir::Hir::into_kind) {
                Ok(HirKind::Class(Class::Unicode(class))) => {
                    class.ranges().iter().map(|range| (range.start(), range.end())).collect()
                }
                _ => Vec::new(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_one_rune_each() {
        assert_eq!(runes(b"a\xffb\xe6\x97").collect::<String>(), "a\u{fffd}b\u{fffd}\u{fffd}");
        assert_eq!(decode_last("xé".as_bytes()), Some(('é', 2)));
        assert_eq!(decode_last(b"\xc3\xc3"), Some(('\u{fffd}', 1)));
        assert_eq!(decode_last(b""), None);
    }

    #[test]
    fn case_is_mapped_one_to_one() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_upper('\u{1F80}'), '\u{1F88}');
        assert_eq!(to_lower('\u{130}'), 'i');
        assert_eq!(to_title('ǆ'), 'ǅ');
        assert!(Category::Punctuation.has('-') && !Category::Punctuation.has('+'));
        assert!(Category::Upper.has('É') && !Category::Upper.has('Ⅷ'));
    }
}
