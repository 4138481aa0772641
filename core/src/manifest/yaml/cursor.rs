//! Reading position in a text: characters, line breaks of YAML 1.1, columns.

use crate::manifest::error::{Fault, Problem};

/// Where something begins; `index` and `column` count characters, `at` counts bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    pub(super) at: usize,
    pub(super) index: usize,
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A cursor over a text without forbidden characters.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    bytes: &'a [u8],
    pub(super) mark: Mark,
}

impl<'a> Cursor<'a> {
    /// Refuses control characters at once, as the reference does.
    pub(super) fn new(text: &'a str) -> Result<Self, Fault> {
        if let Some(at) = forbidden_character(text) {
            return Err(Fault::new(at, Problem::YamlSyntax("control characters are not allowed")));
        }
        Ok(Self { text, bytes: text.as_bytes(), mark: Mark::default() })
    }

    /// The byte `ahead` bytes further; 0, which no text holds, past the end.
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.mark.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn at_end(&self) -> bool {
        self.mark.at >= self.bytes.len()
    }

    pub(super) fn starts_with(&self, prefix: &str) -> bool {
        self.bytes[self.mark.at..].starts_with(prefix.as_bytes())
    }

    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), b' ' | b'\t')
    }

    /// LF, CR, NEL, LS or PS.
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        match self.peek(ahead) {
            b'\n' | b'\r' => true,
            0xc2 => self.peek(ahead + 1) == 0x85,
            0xe2 => self.peek(ahead + 1) == 0x80 && matches!(self.peek(ahead + 2), 0xa8 | 0xa9),
            _ => false,
        }
    }

    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.mark.at + ahead >= self.bytes.len() || self.is_break(ahead)
    }

    /// Blank, break or end.
    pub(super) fn is_space(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// A letter, digit, `_` or `-`.
    pub(super) fn is_word(&self) -> bool {
        matches!(self.peek(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    /// Whether `---` or `...` stands at the beginning of this line.
    pub(super) fn at_document_marker(&self, marker: &str) -> bool {
        self.mark.column == 0 && self.starts_with(marker) && self.is_space(3)
    }

    /// Passes one character that is not a line break.
    pub(super) fn skip(&mut self) {
        let width = match self.peek(0) {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        self.mark.at = (self.mark.at + width).min(self.bytes.len());
        self.mark.index += 1;
        self.mark.column += 1;
    }

    pub(super) fn skip_n(&mut self, count: usize) {
        for _ in 0..count {
            self.skip();
        }
    }

    /// Passes a run of ordinary ASCII characters: the fast path of long values.
    pub(super) fn skip_run(&mut self, ordinary: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.mark.at..];
        let length = rest.iter().position(|byte| !byte.is_ascii() || !ordinary(*byte)).unwrap_or(rest.len());
        self.mark.at += length;
        self.mark.index += length;
        self.mark.column += length;
    }

    /// The text between `start` and here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.mark.at]
    }

    /// Passes a line break.
    pub(super) fn skip_line(&mut self) {
        let (bytes, characters) = match (self.peek(0), self.peek(1)) {
            (b'\r', b'\n') => (2, 2),
            (b'\n' | b'\r', _) => (1, 1),
            (0xc2, _) => (2, 1),
            _ => (3, 1),
        };
        self.mark.at += bytes;
        self.mark.index += characters;
        self.mark.line += 1;
        self.mark.column = 0;
    }

    /// Passes a line break and answers what it means: all but LS and PS are LF.
    pub(super) fn read_line(&mut self) -> &'static str {
        let meaning = match (self.peek(0), self.peek(2)) {
            (0xe2, 0xa8) => "\u{2028}",
            (0xe2, _) => "\u{2029}",
            _ => "\n",
        };
        self.skip_line();
        meaning
    }

    /// Where the text between `start` and here ends, blanks and line breaks behind it left out.
    pub(super) fn end_of_text(&self, start: usize) -> usize {
        start + self.text[start..self.mark.at.max(start)].trim_end().len()
    }

    pub(super) fn fault(&self, what: &'static str) -> Fault {
        Fault::new(self.mark.at, Problem::YamlSyntax(what))
    }
}

/// Allowed are tab, LF, CR, NEL, and whatever is printable.
fn forbidden_character(text: &str) -> Option<usize> {
    let suspicious = |byte: u8| {
        byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || matches!(byte, 0x7f | 0xc2 | 0xef)
    };
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| suspicious(**byte)).map(|(at, _)| at).find(|at| {
        match (bytes[*at], bytes.get(at + 1), bytes.get(at + 2)) {
            (0xc2, Some(second), _) => (0x80..0xa0).contains(second) && *second != 0x85,
            (0xef, Some(second), Some(third)) => (*second, *third) >= (0xbf, 0xbe),
            _ => true,
        }
    })
}
