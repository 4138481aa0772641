//! A label selector in pieces.

use std::fmt;

/// One piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A key, a value, or an operator in letters.
    Word(String),
    /// `!`
    Not,
    /// `=` or `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// Nothing more.
    End,
}

/// How a message names it.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Word(text) => return write!(f, "{text:?}"),
            Self::Not => "!",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::Greater => ">",
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => "a comma",
            Self::End => "the end",
        })
    }
}

/// The pieces of a text. The longest operator wins; blanks only part words.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let (mut found, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start_matches(BLANKS);
        let Some(first) = rest.chars().next() else { return found };
        let two = OPERATORS.iter().find(|(spelling, _)| rest.starts_with(spelling));
        let (length, token) = match two {
            Some((spelling, token)) => (spelling.len(), token.clone()),
            None => match symbol(first) {
                Some(token) => (first.len_utf8(), token),
                None => word(rest),
            },
        };
        found.push(token);
        rest = &rest[length..];
    }
}

fn symbol(c: char) -> Option<Token> {
    Some(match c {
        '!' => Token::Not,
        '=' => Token::Equal,
        '<' => Token::Less,
        '>' => Token::Greater,
        '(' => Token::Open,
        ')' => Token::Close,
        ',' => Token::Comma,
        _ => return None,
    })
}

fn word(rest: &str) -> (usize, Token) {
    let end = rest.find(|c| BLANKS.contains(&c) || symbol(c).is_some()).unwrap_or(rest.len());
    (end, Token::Word(rest[..end].to_owned()))
}

static OPERATORS: [(&str, Token); 2] = [("==", Token::Equal), ("!=", Token::NotEqual)];
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
