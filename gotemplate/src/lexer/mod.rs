//! Template text cut into tokens, on demand.

mod action;
mod number;

use crate::unicode;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The text cannot be read on; says why.
    Error(&'static str),
    /// A field, a variable or a function with a character that no name has.
    BadName,
    Eof,
    Text,
    LeftDelim,
    RightDelim,
    Space,
    LeftParen,
    RightParen,
    Pipe,
    Assign,
    Declare,
    /// Any other printable ASCII character; only the comma has a use.
    Char,
    Bool,
    Nil,
    Dot,
    Field,
    Variable,
    Identifier,
    CharConstant,
    Complex,
    Number,
    String,
    RawString,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Reads tokens from the text of a template.
#[derive(Debug)]
pub(crate) struct Lexer<'t> {
    text: &'t str,
    /// Where the current token begins.
    start: usize,
    at: usize,
    in_action: bool,
    parens: usize,
    failed: Option<Token>,
}

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
/// What trim markers take away; Go leaves other white space alone.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, start: 0, at: 0, in_action: false, parens: 0, failed: None }
    }

    /// The next token; after an error always that error.
    pub(crate) fn next(&mut self) -> Token {
        if let Some(token) = self.failed {
            return token;
        }
        let token = if self.in_action { self.action() } else { self.outside() };
        if matches!(token.kind, Kind::Error(_) | Kind::BadName) {
            self.failed = Some(token);
        }
        token
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn emit(&mut self, kind: Kind) -> Token {
        let token = Token { kind, start: self.start, end: self.at };
        self.start = self.at;
        token
    }

    fn error(&mut self, why: &'static str) -> Token {
        self.emit(Kind::Error(why))
    }

    /// Text up to the next action, or what begins that action; comments are passed over.
    fn outside(&mut self) -> Token {
        loop {
            let Some(len) = self.rest().find(LEFT) else {
                self.at = self.text.len();
                return if self.at > self.start { self.emit(Kind::Text) } else { self.emit(Kind::Eof) };
            };
            if len > 0 {
                let delim = self.at + len;
                let text = &self.text[self.start..delim];
                let kept = if has_left_marker(&self.text[delim + LEFT.len()..]) {
                    text.trim_end_matches(SPACES).len()
                } else {
                    text.len()
                };
                self.at = self.start + kept;
                let token = self.emit(Kind::Text);
                self.at = delim;
                self.start = delim;
                if kept > 0 {
                    return token;
                }
            }
            if let Some(token) = self.left_delim() {
                return token;
            }
        }
    }

    /// `{{` and its trim marker; `None` for a comment.
    fn left_delim(&mut self) -> Option<Token> {
        self.at += LEFT.len();
        let marker = usize::from(has_left_marker(self.rest()));
        let after = &self.rest()[marker..];
        let after = if marker == 1 { &after[1..] } else { after };
        if after.starts_with("/*") {
            self.at = self.text.len() - after.len();
            return self.comment();
        }
        let token = self.emit(Kind::LeftDelim);
        self.at = self.text.len() - after.len();
        self.start = self.at;
        self.in_action = true;
        self.parens = 0;
        Some(token)
    }

    fn comment(&mut self) -> Option<Token> {
        let Some(len) = self.rest()[2..].find("*/") else {
            return Some(self.error("unclosed comment"));
        };
        self.at += 2 + len + 2;
        let Some(trim) = self.at_right_delim() else {
            return Some(self.error("a comment must end right before the closing delimiter"));
        };
        self.pass_right_delim(trim);
        self.start = self.at;
        None
    }

    /// Whether a right delimiter begins here; `Some(true)` for one with a trim marker.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if has_right_marker(rest) && rest[2..].starts_with(RIGHT) {
            Some(true)
        } else {
            rest.starts_with(RIGHT).then_some(false)
        }
    }

    fn pass_right_delim(&mut self, trim: bool) {
        self.at += RIGHT.len() + if trim { 2 } else { 0 };
        if trim {
            self.at = self.text.len() - self.rest().trim_start_matches(SPACES).len();
        }
    }
}

fn is_space(c: char) -> bool {
    SPACES.contains(&c)
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || unicode::is_letter(c) || unicode::is_digit(c)
}

fn has_left_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [b'-', b' ' | b'\t' | b'\r' | b'\n', ..])
}

fn has_right_marker(text: &str) -> bool {
    matches!(text.as_bytes(), [b' ' | b'\t' | b'\r' | b'\n', b'-', ..])
}
