//! Scalars: plain, in quotes, as blocks, with YAML's folding of lines.

use super::{
    TAB,
    folding::{Gap, Taken},
    scanner::{Scanner, signed},
    token::{Kind, Style},
};
use crate::manifest::error::Fault;

impl<'t> Scanner<'t> {
    pub(super) fn scan_plain(&mut self) -> Result<Kind<'t>, Fault> {
        let indent = self.indent() + 1;
        let flow = self.flow_level() > 0;
        let mut text = Taken::new(self.cursor.mark.at);
        let mut gap = Gap::default();
        loop {
            if self.cursor.at_document_marker("---") || self.cursor.at_document_marker("...") {
                break;
            }
            if self.cursor.peek(0) == b'#' {
                break;
            }
            while !self.cursor.is_space(0) {
                let ends = match self.cursor.peek(0) {
                    b':' => self.cursor.is_space(1),
                    b',' | b'?' | b'[' | b']' | b'{' | b'}' => flow,
                    _ => false,
                };
                if ends {
                    break;
                }
                self.fold(&mut gap, &mut text);
                self.cursor.skip();
                self.cursor.skip_run(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
                self.take(&mut text);
            }
            if !(self.cursor.is_blank(0) || self.cursor.is_break(0)) {
                break;
            }
            self.scan_plain_gap(&mut gap, indent)?;
            if !flow && signed(self.cursor.mark.column) < indent {
                break;
            }
        }
        if gap.broken {
            self.allow_simple_key();
        }
        self.scalar(&text, Style::Plain)
    }

    fn scan_plain_gap(&mut self, gap: &mut Gap, indent: isize) -> Result<(), Fault> {
        loop {
            if self.cursor.is_blank(0) {
                if gap.broken && signed(self.cursor.mark.column) < indent && self.cursor.peek(0) == b'\t' {
                    return Err(self.cursor.fault(TAB));
                }
                self.cursor.skip();
            } else if self.cursor.is_break(0) {
                gap.break_line(self.cursor.read_line());
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn scan_quoted(&mut self, quote: u8) -> Result<Kind<'t>, Fault> {
        self.cursor.skip();
        let mut text = Taken::new(self.cursor.mark.at);
        let mut gap = Gap::default();
        loop {
            if self.cursor.at_document_marker("---") || self.cursor.at_document_marker("...") {
                return Err(self.cursor.fault("a document marker inside quotes"));
            }
            if self.cursor.at_end() {
                return Err(self.cursor.fault("the text ends inside quotes"));
            }
            self.scan_quoted_run(quote, &mut text, &mut gap)?;
            if self.cursor.peek(0) == quote {
                self.cursor.skip();
                return self.scalar(&text, Style::Quoted);
            }
            loop {
                if self.cursor.is_blank(0) {
                    self.cursor.skip();
                } else if self.cursor.is_break(0) {
                    gap.break_line(self.cursor.read_line());
                } else {
                    break;
                }
            }
            self.fold(&mut gap, &mut text);
        }
    }

    /// Reads up to a blank, a break or the closing quote.
    fn scan_quoted_run(&mut self, quote: u8, text: &mut Taken, gap: &mut Gap) -> Result<(), Fault> {
        while !self.cursor.is_space(0) {
            match (quote, self.cursor.peek(0)) {
                (b'\'', b'\'') if self.cursor.peek(1) == b'\'' => {
                    self.cursor.skip_n(2);
                    self.put('\'', text);
                }
                (quote, byte) if quote == byte => return Ok(()),
                (b'"', b'\\') if self.cursor.is_break(1) => {
                    self.cursor.skip();
                    self.cursor.skip_line();
                    gap.broken = true;
                    return Ok(());
                }
                (b'"', b'\\') => {
                    let character = self.scan_escape()?;
                    self.put(character, text);
                }
                _ => {
                    self.cursor.skip();
                    self.cursor
                        .skip_run(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'\\'));
                    self.take(text);
                }
            }
        }
        Ok(())
    }

    fn scan_escape(&mut self) -> Result<char, Fault> {
        let (simple, digits) = match self.cursor.peek(1) {
            b'0' => ('\0', 0),
            b'a' => ('\u{7}', 0),
            b'b' => ('\u{8}', 0),
            b't' | b'\t' => ('\t', 0),
            b'n' => ('\n', 0),
            b'v' => ('\u{b}', 0),
            b'f' => ('\u{c}', 0),
            b'r' => ('\r', 0),
            b'e' => ('\u{1b}', 0),
            b' ' => (' ', 0),
            b'"' => ('"', 0),
            b'\'' => ('\'', 0),
            b'\\' => ('\\', 0),
            b'N' => ('\u{85}', 0),
            b'_' => ('\u{a0}', 0),
            b'L' => ('\u{2028}', 0),
            b'P' => ('\u{2029}', 0),
            b'x' => ('\0', 2),
            b'u' => ('\0', 4),
            b'U' => ('\0', 8),
            _ => return Err(self.cursor.fault("an unknown escape in double quotes")),
        };
        self.cursor.skip_n(2);
        let mut code = u32::from(simple);
        for _ in 0..digits {
            let digit = char::from(self.cursor.peek(0)).to_digit(16);
            let Some(digit) = digit else {
                return Err(self.cursor.fault("expected a hexadecimal digit"));
            };
            code = code << 4 | digit;
            self.cursor.skip();
        }
        if (0xd800..0xdc00).contains(&code) {
            code = self.low_surrogate(code).unwrap_or(code);
        }
        char::from_u32(code).ok_or_else(|| self.cursor.fault("an escape that is no Unicode character"))
    }

    /// The second half of what writers of JSON make of an emoji, `\ud83d\ude00`. The reference refuses it.
    fn low_surrogate(&mut self, high: u32) -> Option<u32> {
        if (self.cursor.peek(0), self.cursor.peek(1)) != (b'\\', b'u') {
            return None;
        }
        let low =
            (2..6).try_fold(0, |low, at| Some(low << 4 | char::from(self.cursor.peek(at)).to_digit(16)?));
        let low = low.filter(|low| (0xdc00..0xe000).contains(low))?;
        self.cursor.skip_n(6);
        Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
    }

    pub(super) fn scan_block_scalar(&mut self, literal: bool) -> Result<Kind<'t>, Fault> {
        self.cursor.skip();
        let (chomp, increment) = self.scan_block_header()?;
        let mut indent = match increment {
            0 => 0,
            more => self.indent().max(0) + more,
        };
        let start = self.decoded.len();
        let mut leading_break = "";
        let mut trailing_breaks = String::new();
        self.scan_block_breaks(&mut indent, &mut trailing_breaks)?;
        let mut leading_blank = false;
        while signed(self.cursor.mark.column) == indent && !self.cursor.at_end() {
            let blank = self.cursor.is_blank(0);
            if !literal && leading_break.starts_with('\n') && !leading_blank && !blank {
                if trailing_breaks.is_empty() {
                    self.decoded.push(' ');
                }
            } else {
                self.decoded.push_str(leading_break);
            }
            leading_break = "";
            self.decoded.push_str(&trailing_breaks);
            trailing_breaks.clear();
            leading_blank = blank;
            let line = self.cursor.mark.at;
            while !self.cursor.is_break_or_end(0) {
                self.cursor.skip();
                self.cursor.skip_run(|byte| byte.is_ascii_graphic() || byte == b' ');
            }
            self.decoded.push_str(self.cursor.since(line));
            if self.cursor.is_break(0) {
                leading_break = self.cursor.read_line();
            }
            self.scan_block_breaks(&mut indent, &mut trailing_breaks)?;
        }
        if chomp != Chomp::Strip {
            self.decoded.push_str(leading_break);
        }
        if chomp == Chomp::Keep {
            self.decoded.push_str(&trailing_breaks);
        }
        self.scalar(&Taken::decoded(start), Style::Quoted)
    }

    /// What stands between `|` or `>` and the end of its line.
    fn scan_block_header(&mut self) -> Result<(Chomp, isize), Fault> {
        let mut chomp = self.scan_chomp();
        let mut increment = 0;
        if let digit @ b'0'..=b'9' = self.cursor.peek(0) {
            if digit == b'0' {
                return Err(self.cursor.fault("an indentation of 0"));
            }
            increment = isize::from(digit - b'0');
            self.cursor.skip();
            if chomp == Chomp::Clip {
                chomp = self.scan_chomp();
            }
        }
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
        if self.cursor.peek(0) == b'#' {
            while !self.cursor.is_break_or_end(0) {
                self.cursor.skip();
            }
        }
        if !self.cursor.is_break_or_end(0) {
            return Err(self.cursor.fault("text behind the | or > of a block"));
        }
        if self.cursor.is_break(0) {
            self.cursor.skip_line();
        }
        Ok((chomp, increment))
    }

    fn scan_chomp(&mut self) -> Chomp {
        let chomp = match self.cursor.peek(0) {
            b'+' => Chomp::Keep,
            b'-' => Chomp::Strip,
            _ => return Chomp::Clip,
        };
        self.cursor.skip();
        chomp
    }

    /// Passes empty lines and the next line's indentation; the first line with text sets an indentation of 0.
    fn scan_block_breaks(&mut self, indent: &mut isize, breaks: &mut String) -> Result<(), Fault> {
        let mut widest = 0;
        loop {
            let inside = |column: usize, indent: isize| indent == 0 || signed(column) < indent;
            while inside(self.cursor.mark.column, *indent) && self.cursor.peek(0) == b' ' {
                self.cursor.skip();
            }
            widest = widest.max(signed(self.cursor.mark.column));
            if inside(self.cursor.mark.column, *indent) && self.cursor.peek(0) == b'\t' {
                return Err(self.cursor.fault(TAB));
            }
            if !self.cursor.is_break(0) {
                break;
            }
            breaks.push_str(self.cursor.read_line());
        }
        if *indent == 0 {
            *indent = widest.max(self.indent() + 1).max(1);
        }
        Ok(())
    }
}

/// What becomes of the line breaks at a block's end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomp {
    Clip,
    Strip,
    Keep,
}
