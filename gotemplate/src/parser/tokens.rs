//! A window on the tokens, for looking ahead.

use std::collections::VecDeque;

use crate::lexer::{Kind, Lexer, Token};

pub(super) struct Tokens<'t> {
    lexer: Lexer<'t>,
    ahead: VecDeque<Token>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lexer: Lexer::new(text), ahead: VecDeque::with_capacity(4) }
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Token {
        self.ahead.pop_front().unwrap_or_else(|| self.lexer.next())
    }

    /// Looks at the next token.
    pub(super) fn peek(&mut self) -> Token {
        self.look(0)
    }

    /// Takes the next token that is not space.
    pub(super) fn next_word(&mut self) -> Token {
        self.skip_space();
        self.next()
    }

    /// Looks at the next token that is not space, and drops the space before it.
    pub(super) fn peek_word(&mut self) -> Token {
        self.skip_space();
        self.peek()
    }

    /// Looks at the first token after the next one that is not space.
    pub(super) fn second_word(&mut self) -> Token {
        let mut at = 1;
        while self.look(at).kind == Kind::Space {
            at += 1;
        }
        self.look(at)
    }

    fn look(&mut self, at: usize) -> Token {
        while self.ahead.len() <= at {
            let token = self.lexer.next();
            self.ahead.push_back(token);
        }
        self.ahead[at]
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.next();
        }
    }
}
