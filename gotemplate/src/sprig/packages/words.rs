//! Words of identifiers: `snake_case`, `kebab-case` and `CamelCase` as Sprig's helper library cuts them.

use super::unicode::{Category, decode, to_lower, to_upper};

/// What a run of characters is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    End,
    Number,
    /// Begins with a capital.
    Upper,
    Lower,
    Connector,
    Punctuation,
    Other,
}

impl Word {
    /// Words that a connector goes before.
    fn begins_a_part(self) -> bool {
        !matches!(self, Self::End | Self::Punctuation | Self::Connector)
    }
}

/// Words in lower case with `connector` between them.
pub(crate) fn joined(text: &[u8], connector: char) -> Vec<u8> {
    let mut writer = Writer { out: Vec::with_capacity(text.len() + 8), connector };
    let (mut kind, mut word, mut rest) = next_word(text);
    while !rest.is_empty() {
        if kind != Word::Connector {
            writer.word(kind, word);
        }
        let (previous, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match previous {
            Word::Connector => writer.word(previous, last),
            Word::Punctuation => {}
            Word::Number => {
                (kind, word, rest) = writer.run(kind, word, rest);
                writer.connect_before(kind);
            }
            _ if kind != Word::Number => writer.connect_before(kind),
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind == Word::Lower {
                    // Letters after a number belong to it: `HTTP2xx` is http_2xx.
                    writer.connect();
                    writer.word(Word::Number, number);
                    (kind, word, rest) = writer.run(kind, word, rest);
                } else {
                    // Otherwise it belongs to the word before: `Bld4Floor` is bld4_floor.
                    writer.word(Word::Number, number);
                }
                writer.connect_before(kind);
            }
        }
    }
    writer.word(kind, word);
    writer.out
}

struct Writer {
    out: Vec<u8>,
    connector: char,
}

impl Writer {
    fn push(&mut self, rune: char) {
        self.out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn connect(&mut self) {
        self.push(self.connector);
    }

    fn connect_before(&mut self, next: Word) {
        if next.begins_a_part() {
            self.connect();
        }
    }

    fn word(&mut self, kind: Word, mut word: &[u8]) {
        if kind != Word::Upper && kind != Word::Connector {
            self.out.extend_from_slice(word);
            return;
        }
        while let Some((rune, width)) = decode(word) {
            word = &word[width..];
            if is_connector(rune) {
                self.connect();
            } else if Category::Upper.has(rune) {
                self.push(to_lower(rune));
            } else {
                self.push(rune);
            }
        }
    }

    /// Writes small letters and numbers as long as they follow.
    fn run<'t>(
        &mut self,
        mut kind: Word,
        mut word: &'t [u8],
        mut rest: &'t [u8],
    ) -> (Word, &'t [u8], &'t [u8]) {
        while matches!(kind, Word::Lower | Word::Number) {
            self.word(kind, word);
            (kind, word, rest) = next_word(rest);
        }
        (kind, word, rest)
    }
}

fn is_connector(rune: char) -> bool {
    matches!(rune, '-' | '_') || rune.is_whitespace()
}

/// Letters of scripts that have words, which ideographs do not.
fn is_letter(rune: char) -> bool {
    let ideograph =
        matches!(rune, '\u{4E00}'..='\u{9FCC}' | '\u{3400}'..='\u{4D85}' | '\u{20000}'..='\u{2B81D}');
    crate::unicode::is_letter(rune) && !ideograph
}

fn is_small(rune: char) -> bool {
    is_letter(rune) && !Category::Upper.has(rune)
}

/// The next rune that is UTF-8, with the width of it and of what is skipped before.
fn next_valid(text: &[u8], otherwise: char) -> (char, usize) {
    let mut skipped = 0;
    while let Some((rune, width)) = decode(&text[skipped..]) {
        skipped += width;
        if rune != char::REPLACEMENT_CHARACTER {
            return (rune, skipped);
        }
    }
    (otherwise, skipped)
}

/// The length of the run from `start` of runes that `belongs` accepts.
fn run(text: &[u8], start: usize, first: char, belongs: impl Fn(char) -> bool) -> usize {
    let (mut end, mut rune) = (start, first);
    while end < text.len() {
        let width;
        (rune, width) = next_valid(&text[end..], rune);
        if !belongs(rune) {
            break;
        }
        end += width;
    }
    end
}

fn next_word(text: &[u8]) -> (Word, &[u8], &[u8]) {
    if text.is_empty() {
        return (Word::End, text, text);
    }
    let (rune, start) = next_valid(text, char::REPLACEMENT_CHARACTER);
    let (kind, end) = if rune == char::REPLACEMENT_CHARACTER {
        (Word::End, start)
    } else if is_connector(rune) {
        (Word::Connector, run(text, start, rune, is_connector))
    } else if Category::Punctuation.has(rune) {
        (Word::Punctuation, run(text, start, rune, |rune| Category::Punctuation.has(rune)))
    } else if Category::Upper.has(rune) {
        (Word::Upper, capitalized(text, start, rune))
    } else if is_letter(rune) {
        (Word::Lower, run(text, start, rune, is_small))
    } else if Category::Number.has(rune) {
        (Word::Number, run(text, start, rune, |rune| Category::Number.has(rune)))
    } else {
        let other = |rune| {
            !(is_connector(rune)
                || is_letter(rune)
                || Category::Number.has(rune)
                || Category::Punctuation.has(rune))
        };
        (Word::Other, run(text, start, rune, other))
    };
    (kind, &text[..end], &text[end..])
}

/// The end of a word that begins with a capital: `Word`, or the `HTTP` of `HTTPServer`.
fn capitalized(text: &[u8], start: usize, first: char) -> usize {
    if start >= text.len() {
        return start;
    }
    let (second, width) = next_valid(&text[start..], first);
    if !Category::Upper.has(second) {
        return if is_letter(second) { run(text, start, first, is_small) } else { start };
    }
    let (mut end, mut last_width, mut rune) = (start + width, width, second);
    while end < text.len() {
        let width;
        (rune, width) = next_valid(&text[end..], rune);
        if !Category::Upper.has(rune) {
            break;
        }
        last_width = width;
        end += width;
    }
    // The last capital begins the next word.
    if end < text.len() && is_letter(rune) { end - last_width } else { end }
}

/// Words in capitals at the start, without what connected them.
pub(crate) fn pascal(text: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(text.len());
    let mut runes = super::unicode::runes(text).peekable();
    while let Some(rune) = runes.next_if(|rune| is_connector(*rune)) {
        out.push(rune);
        if runes.peek().is_none() {
            // Compat: a text of connectors alone has its last one twice.
            out.push(rune);
        }
    }
    let Some(first) = runes.next() else {
        return out.into_bytes();
    };
    let mut in_capitals = Category::Upper.has(first);
    let mut held = to_upper(first);
    for mut rune in runes {
        let (connects, connected) = (is_connector(rune), is_connector(held));
        if connects && connected {
            out.push(held);
        } else if connected {
            in_capitals = Category::Upper.has(rune);
            rune = to_upper(rune);
        } else {
            if in_capitals && Category::Upper.has(rune) {
                rune = to_lower(rune);
            } else {
                in_capitals = false;
            }
            out.push(held);
        }
        held = rune;
    }
    out.push(held);
    out.into_bytes()
}
