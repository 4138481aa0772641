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
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    pub(super) required: bool,
    pub(super) token: usize,
    pub(super) mark: Mark,
}

/// The scanner; `next` and `peek` hand out tokens whose meaning is settled.
pub(super) struct Scanner<'a> {
    pub(super) cursor: Cursor<'a>,
    /// Texts of scalars that differ from the source.
    pub(super) decoded: Decoded,
    pub(super) tokens: VecDeque<Token<'a>>,
    /// How many tokens have left the queue: token numbers are absolute.
    pub(super) taken: usize,
    /// Whether the head of the queue can no longer become a key: asked several times for each token.
    settled: bool,
    pub(super) ended: bool,
    /// Where the text of the last token that was handed out ends.
    last_end: usize,
    indent: isize,
    indents: Vec<isize>,
    pub(super) simple_key_allowed: bool,
    /// One per flow level, the first for block context.
    pub(super) simple_keys: Vec<SimpleKey>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Fault> {
        Ok(Self {
            cursor: Cursor::new(text)?,
            decoded: Decoded::default(),
            tokens: VecDeque::new(),
            taken: 0,
            settled: false,
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
        self.settled = false;
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
    #[inline]
    fn settle(&mut self) -> Result<(), Fault> {
        if self.settled { Ok(()) } else { self.fetch_until_settled() }
    }

    fn fetch_until_settled(&mut self) -> Result<(), Fault> {
        while !self.settled {
            if !self.tokens.is_empty() {
                // Token numbers grow with the level, so the key that is the head of the queue is soon found.
                let level = self.simple_keys.partition_point(|key| key.token < self.taken);
                let is_head = self.simple_keys.get(level).is_some_and(|key| key.token == self.taken);
                if !is_head || !self.is_valid(level)? {
                    self.settled = true;
                    break;
                }
            }
            self.fetch()?;
        }
        Ok(())
    }

    /// Opens a block collection if this column is further right than the last.
    pub(super) fn roll_indent(
        &mut self,
        mark: Mark,
        place: Option<usize>,
        kind: Kind<'a>,
    ) -> Result<(), Fault> {
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
    pub(super) fn unroll_indent(&mut self, column: isize) {
        if self.flow_level() > 0 {
            return;
        }
        while self.indent > column {
            self.push(self.cursor.mark, Kind::BlockEnd);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    pub(super) fn save_simple_key(&mut self) -> Result<(), Fault> {
        let level = self.flow_level();
        let required = level == 0 && self.indent == self.column();
        if self.simple_key_allowed {
            self.remove_simple_key()?;
            let token = self.taken + self.tokens.len();
            self.simple_keys[level] = SimpleKey { possible: true, required, token, mark: self.cursor.mark };
        }
        Ok(())
    }

    pub(super) fn remove_simple_key(&mut self) -> Result<(), Fault> {
        let level = self.flow_level();
        let key = &mut self.simple_keys[level];
        if key.possible && key.required {
            return Err(Fault::new(key.mark.at, Problem::YamlSyntax(NO_COLON)));
        }
        key.possible = false;
        Ok(())
    }

    /// Whether the key of this level can still be one: same line, not too long.
    pub(super) fn is_valid(&mut self, level: usize) -> Result<bool, Fault> {
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

    pub(super) fn push(&mut self, mark: Mark, kind: Kind<'a>) {
        // An indicator is pushed before it is passed, a scalar after: with the blanks behind it.
        let passed = self.cursor.mark.at > mark.at;
        let end = if passed { self.cursor.end_of_text(mark.at).max(mark.at + 1) } else { mark.at + 1 };
        self.tokens.push_back(Token { at: mark.at, end, kind });
    }

    pub(super) fn column(&self) -> isize {
        signed(self.cursor.mark.column)
    }
}

const NO_COLON: &str = "a line without the `:` of a key";

/// Columns are compared with an indentation that starts at -1.
pub(super) fn signed(column: usize) -> isize {
    isize::try_from(column).unwrap_or(isize::MAX)
}
