//! Inside an action: words, operators, quoted text.

use super::{Kind, Lexer, RIGHT, Token, has_right_marker, is_alphanumeric, is_space};

impl Lexer<'_> {
    /// The next token of an action.
    pub(super) fn action(&mut self) -> Token {
        if let Some(trim) = self.at_right_delim() {
            if self.parens > 0 {
                return self.error("unclosed left parenthesis");
            }
            return self.right_delim(trim);
        }
        match self.bump() {
            None => self.error("unclosed action"),
            Some(c) if is_space(c) => self.space(),
            Some('=') => self.emit(Kind::Assign),
            Some(':') if self.bump() == Some('=') => self.emit(Kind::Declare),
            Some(':') => self.error("expected \":=\""),
            Some('|') => self.emit(Kind::Pipe),
            Some('"') => self.quoted('"', Kind::String, "unterminated quoted string"),
            Some('`') => self.raw_string(),
            Some('$') => self.word(Kind::Variable, Kind::Variable),
            Some('\'') => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            Some('.') if !self.peek().is_some_and(|c| c.is_ascii_digit()) && self.peek().is_some() => {
                self.word(Kind::Field, Kind::Dot)
            }
            Some('.' | '+' | '-' | '0'..='9') => self.number(),
            Some('(') => {
                self.parens += 1;
                self.emit(Kind::LeftParen)
            }
            Some(')') if self.parens == 0 => self.error("unexpected right parenthesis"),
            Some(')') => {
                self.parens -= 1;
                self.emit(Kind::RightParen)
            }
            Some(c) if is_alphanumeric(c) => self.identifier(),
            Some(' '..='~') => self.emit(Kind::Char),
            Some(_) => self.error("unrecognized character in action"),
        }
    }

    fn right_delim(&mut self, trim: bool) -> Token {
        let token = Token { kind: Kind::RightDelim, start: self.at, end: self.at + RIGHT.len() };
        self.pass_right_delim(trim);
        self.start = self.at;
        self.in_action = false;
        token
    }

    /// A run of spaces, of which the first is past, less the one that belongs to a trim marker.
    fn space(&mut self) -> Token {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        if has_right_marker(&self.text[self.at - 1..]) && self.text[self.at + 1..].starts_with(RIGHT) {
            self.at -= 1;
            if self.at == self.start {
                if self.parens > 0 {
                    return self.error("unclosed left parenthesis");
                }
                return self.right_delim(true);
            }
        }
        self.emit(Kind::Space)
    }

    /// A field or a variable after its `.` or `$`.
    fn word(&mut self, kind: Kind, alone: Kind) -> Token {
        if self.at_terminator() {
            return self.emit(alone);
        }
        self.pass_word();
        if self.at_terminator() { self.emit(kind) } else { self.emit(Kind::BadName) }
    }

    fn pass_word(&mut self) {
        while self.peek().is_some_and(is_alphanumeric) {
            self.bump();
        }
    }

    fn identifier(&mut self) -> Token {
        self.pass_word();
        if !self.at_terminator() {
            return self.emit(Kind::BadName);
        }
        let kind = match &self.text[self.start..self.at] {
            "true" | "false" => Kind::Bool,
            "nil" => Kind::Nil,
            "block" => Kind::Block,
            "break" => Kind::Break,
            "continue" => Kind::Continue,
            "define" => Kind::Define,
            "else" => Kind::Else,
            "end" => Kind::End,
            "if" => Kind::If,
            "range" => Kind::Range,
            "template" => Kind::Template,
            "with" => Kind::With,
            _ => Kind::Identifier,
        };
        self.emit(kind)
    }

    /// Whether a name may end here: `$x+2` is no expression.
    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.rest().starts_with(RIGHT),
        }
    }

    /// A literal up to its closing quote, on one line.
    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &'static str) -> Token {
        loop {
            match self.bump() {
                Some('\\') if !matches!(self.bump(), None | Some('\n')) => {}
                None | Some('\n' | '\\') => return self.error(unterminated),
                Some(c) if c == quote => return self.emit(kind),
                Some(_) => {}
            }
        }
    }

    fn raw_string(&mut self) -> Token {
        match self.rest().find('`') {
            Some(len) => {
                self.at += len + 1;
                self.emit(Kind::RawString)
            }
            None => self.error("unterminated raw quoted string"),
        }
    }
}
