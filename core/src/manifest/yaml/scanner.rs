//! Characters to tokens: indentation, simple keys, indicators.
//!
//! Compat: a `:` makes a key of what stands before it on the same line, at most 1024 characters back; only then
//! is it known where a mapping began. So tokens wait in a queue until their meaning is certain.

use std::collections::VecDeque;

use super::{
    MAX_DEPTH,
    cursor::{Cursor, Mark},
    token::{Kind, Token},
};
use crate::manifest::{
    error::{Fault, Problem},
    tree::Decoded,
};

/// How far behind a `:` its key may begin.
const LONGEST_KEY: usize = 1024;

/// Something that becomes a key if a `:` follows.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

/// The scanner; `next` and `peek` hand out tokens whose meaning is settled.
pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    /// Texts of scalars that differ from the source.
    pub(super) decoded: Decoded,
    tokens: VecDeque<Token<'a>>,
    /// How many tokens have left the queue: token numbers are absolute.
    taken: usize,
    ended: bool,
    /// Where the text of the last token that was handed out ends.
    last_end: usize,
    indent: isize,
    indents: Vec<isize>,
    simple_key_allowed: bool,
    /// One per flow level, the first for block context.
    simple_keys: Vec<SimpleKey>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Fault> {
        Ok(Self {
            cursor: Cursor::new(text)?,
            decoded: Decoded::default(),
            tokens: VecDeque::new(),
            taken: 0,
            ended: false,
            last_end: 0,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
        })
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&Token<'a>, Fault> {
        self.settle()?;
        Ok(self.tokens.front().expect("a settled queue holds a token"))
    }

    /// The next token, which goes.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Fault> {
        self.settle()?;
        self.taken += 1;
        let token = self.tokens.pop_front().expect("a settled queue holds a token");
        if !matches!(token.kind, Kind::BlockEnd | Kind::StreamEnd) {
            self.last_end = self.last_end.max(token.end);
        }
        Ok(token)
    }

    /// The next token if it is of the kind that is asked for.
    pub(super) fn next_if(&mut self, wanted: impl Fn(&Kind<'a>) -> bool) -> Result<Option<Kind<'a>>, Fault> {
        if wanted(&self.peek()?.kind) { self.next().map(|token| Some(token.kind)) } else { Ok(None) }
    }

    /// Where the text of the last token that was handed out ends.
    pub(super) fn last_end(&self) -> usize {
        self.last_end
    }

    pub(super) fn flow_level(&self) -> usize {
        self.simple_keys.len() - 1
    }

    pub(super) fn indent(&self) -> isize {
        self.indent
    }

    /// A plain scalar that spans lines leaves the scanner at a line's beginning.
    pub(super) fn allow_simple_key(&mut self) {
        self.simple_key_allowed = true;
    }

    /// Fetches until the head of the queue can no longer become a key.
    fn settle(&mut self) -> Result<(), Fault> {
        loop {
            if !self.tokens.is_empty() {
                // Token numbers grow with the level, so the key that is the head of the queue is soon found.
                let level = self.simple_keys.partition_point(|key| key.token < self.taken);
                let is_head = self.simple_keys.get(level).is_some_and(|key| key.token == self.taken);
                if !is_head || !self.is_valid(level)? {
                    return Ok(());
                }
            }
            self.fetch()?;
        }
    }

    fn fetch(&mut self) -> Result<(), Fault> {
        self.skip_to_token();
        self.unroll_indent(self.column());
        if self.cursor.at_end() {
            return self.fetch_stream_end();
        }
        let block = self.flow_level() == 0;
        let space_follows = self.cursor.is_space(1);
        match self.cursor.peek(0) {
            b'%' if self.cursor.mark.column == 0 => self.fetch_directive(),
            b'-' if self.cursor.at_document_marker("---") => self.fetch_marker(Kind::DocumentStart),
            b'.' if self.cursor.at_document_marker("...") => self.fetch_marker(Kind::DocumentEnd),
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if space_follows => self.fetch_block_entry(),
            b'?' if !block || space_follows => self.fetch_key(),
            b':' if !block || space_follows => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' if block => self.fetch_block_scalar(true),
            b'>' if block => self.fetch_block_scalar(false),
            quote @ (b'\'' | b'"') => self.fetch_quoted(quote),
            b'-' if !self.cursor.is_blank(1) => self.fetch_plain(),
            b'?' | b':' if block && !space_follows => self.fetch_plain(),
            b'\t' | b'-' | b'?' | b':' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(self.cursor.fault("a character that cannot begin a value"))
            }
            _ => self.fetch_plain(),
        }
    }

    /// Passes blanks, comments and line breaks. Tabs count as blanks only where no indentation is expected.
    fn skip_to_token(&mut self) {
        loop {
            let tab_is_blank = self.flow_level() > 0 || !self.simple_key_allowed;
            while self.cursor.peek(0) == b' ' || (tab_is_blank && self.cursor.peek(0) == b'\t') {
                self.cursor.skip();
            }
            if self.cursor.peek(0) == b'#' {
                while !self.cursor.is_break_or_end(0) {
                    self.cursor.skip();
                }
            }
            if !self.cursor.is_break(0) {
                return;
            }
            self.cursor.skip_line();
            if self.flow_level() == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch_stream_end(&mut self) -> Result<(), Fault> {
        if self.cursor.mark.column != 0 {
            self.cursor.mark.column = 0;
            self.cursor.mark.line += 1;
        }
        if self.ended {
            // Only reached if the parser reads on after the end: hand out the end again.
            self.push(self.cursor.mark, Kind::StreamEnd);
            return Ok(());
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.ended = true;
        self.push(self.cursor.mark, Kind::StreamEnd);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark;
        let kind = self.scan_directive()?;
        self.push(mark, kind);
        Ok(())
    }

    fn fetch_marker(&mut self, kind: Kind<'a>) -> Result<(), Fault> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(self.cursor.mark, kind);
        self.cursor.skip_n(3);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Result<(), Fault> {
        self.save_simple_key()?;
        if self.flow_level() >= MAX_DEPTH {
            return Err(Fault::new(self.cursor.mark.at, Problem::Depth));
        }
        self.simple_key_allowed = true;
        self.push(self.cursor.mark, kind);
        let token = self.taken + self.tokens.len();
        self.simple_keys.push(SimpleKey { token, ..SimpleKey::default() });
        self.cursor.skip();
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Result<(), Fault> {
        self.remove_simple_key()?;
        if self.flow_level() > 0 {
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push(self.cursor.mark, kind);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<(), Fault> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push(self.cursor.mark, Kind::FlowEntry);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<(), Fault> {
        if self.flow_level() == 0 {
            if !self.simple_key_allowed {
                return Err(self.cursor.fault("a list entry is not allowed here"));
            }
            self.roll_indent(self.cursor.mark, None, Kind::BlockSequenceStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push(self.cursor.mark, Kind::BlockEntry);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Fault> {
        let block = self.flow_level() == 0;
        if block {
            if !self.simple_key_allowed {
                return Err(self.cursor.fault("a `?` key is not allowed here"));
            }
            self.roll_indent(self.cursor.mark, None, Kind::BlockMappingStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = block;
        self.push(self.cursor.mark, Kind::Key);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Fault> {
        let level = self.flow_level();
        if self.is_valid(level)? {
            let key = self.simple_keys[level];
            let place = key.token - self.taken;
            self.tokens.insert(place, Token { at: key.mark.at, end: key.mark.at, kind: Kind::Key });
            self.roll_indent(key.mark, Some(place), Kind::BlockMappingStart)?;
            self.simple_keys[level].possible = false;
            self.simple_key_allowed = false;
        } else {
            if level == 0 {
                if !self.simple_key_allowed {
                    return Err(self.cursor.fault("a second `: ` on one line; quote the value"));
                }
                self.roll_indent(self.cursor.mark, None, Kind::BlockMappingStart)?;
            }
            self.simple_key_allowed = level == 0;
        }
        self.push(self.cursor.mark, Kind::Value);
        self.cursor.skip();
        Ok(())
    }

    fn fetch_anchor(&mut self) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark;
        let kind = self.scan_anchor()?;
        self.push(mark, kind);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark;
        let kind = self.scan_tag()?;
        self.push(mark, kind);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), Fault> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let mark = self.cursor.mark;
        let kind = self.scan_block_scalar(literal)?;
        self.push(mark, kind);
        Ok(())
    }

    fn fetch_quoted(&mut self, quote: u8) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark;
        let kind = self.scan_quoted(quote)?;
        self.push(mark, kind);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Result<(), Fault> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let mark = self.cursor.mark;
        let kind = self.scan_plain()?;
        self.push(mark, kind);
        Ok(())
    }

    /// Opens a block collection if this column is further right than the last.
    fn roll_indent(&mut self, mark: Mark, place: Option<usize>, kind: Kind<'a>) -> Result<(), Fault> {
        let column = signed(mark.column);
        if self.flow_level() > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            return Err(Fault::new(mark.at, Problem::Depth));
        }
        let token = Token { at: mark.at, end: mark.at, kind };
        match place {
            Some(place) => self.tokens.insert(place, token),
            None => self.tokens.push_back(token),
        }
        Ok(())
    }

    /// Closes the block collections that are further right than `column`.
    fn unroll_indent(&mut self, column: isize) {
        if self.flow_level() > 0 {
            return;
        }
        while self.indent > column {
            self.push(self.cursor.mark, Kind::BlockEnd);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn save_simple_key(&mut self) -> Result<(), Fault> {
        let level = self.flow_level();
        let required = level == 0 && self.indent == self.column();
        if self.simple_key_allowed {
            self.remove_simple_key()?;
            let token = self.taken + self.tokens.len();
            self.simple_keys[level] = SimpleKey { possible: true, required, token, mark: self.cursor.mark };
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Result<(), Fault> {
        let level = self.flow_level();
        let key = &mut self.simple_keys[level];
        if key.possible && key.required {
            return Err(Fault::new(key.mark.at, Problem::YamlSyntax(NO_COLON)));
        }
        key.possible = false;
        Ok(())
    }

    /// Whether the key of this level can still be one: same line, not too long.
    fn is_valid(&mut self, level: usize) -> Result<bool, Fault> {
        let here = self.cursor.mark;
        let key = &mut self.simple_keys[level];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < here.line || key.mark.index + LONGEST_KEY < here.index {
            if key.required {
                return Err(Fault::new(key.mark.at, Problem::YamlSyntax(NO_COLON)));
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn push(&mut self, mark: Mark, kind: Kind<'a>) {
        // An indicator is pushed before it is passed, a scalar after: with the blanks behind it.
        let end = self.cursor.end_of_text(mark.at).max(mark.at + 1);
        self.tokens.push_back(Token { at: mark.at, end, kind });
    }

    fn column(&self) -> isize {
        signed(self.cursor.mark.column)
    }
}

const NO_COLON: &str = "a line without the `:` of a key";

/// Columns are compared with an indentation that starts at -1.
pub(super) fn signed(column: usize) -> isize {
    isize::try_from(column).unwrap_or(isize::MAX)
}
