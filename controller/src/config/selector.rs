//! Label selectors, read by Kubernetes' grammar: the API server would refuse every list with another one, and the
//! controller would look ready and see nothing.
//!
//! ```text
//! selector    = [ requirement { "," requirement } ]
//! requirement = [ "!" ] key | key ( "=" | "==" | "!=" ) [ value ] | key ( "in" | "notin" ) set | key ( "<" | ">" ) number
//! set         = "(" [ value ] { "," [ value ] } ")"
//! ```

use super::{
    names::{self, NameError},
    tokens::{Token, tokens},
};

/// Why a text is no label selector.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Something else should stand there.
    #[error("{found} stands where {expected} is expected")]
    Unexpected {
        /// What stands there.
        found: Token,
        /// What should.
        expected: &'static str,
    },
    /// The key is none.
    #[error("{key:?} is no key of a label: {reason}")]
    Key {
        /// The key.
        key: String,
        /// Why.
        reason: NameError,
    },
    /// The value is none.
    #[error("{value:?} is no value of a label: {reason}")]
    Value {
        /// The value.
        value: String,
        /// Why.
        reason: NameError,
    },
    /// What `<` and `>` compare with.
    #[error("{0:?} is no whole number, and < and > compare with one")]
    Number(String),
    /// `in ()`.
    #[error("the parentheses hold no value")]
    Empty,
}

/// Whether the API server takes this as a label selector.
pub(super) fn check(text: &str) -> Result<(), SelectorError> {
    let all = tokens(text);
    let mut rest = Rest(&all);
    if rest.first() == Token::End {
        return Ok(());
    }
    loop {
        rest.requirement()?;
        match rest.next() {
            Token::End => return Ok(()),
            Token::Comma => {}
            found => return Err(SelectorError::Unexpected { found, expected: "a comma or the end" }),
        }
    }
}

/// The tokens that are left.
struct Rest<'a>(&'a [Token]);

impl Rest<'_> {
    fn first(&self) -> Token {
        self.0.first().cloned().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token {
        let first = self.first();
        self.0 = self.0.get(1..).unwrap_or_default();
        first
    }

    fn requirement(&mut self) -> Result<(), SelectorError> {
        let is_absence = self.first() == Token::Not;
        if is_absence {
            self.next();
        }
        match self.next() {
            Token::Word(key) => {
                names::label_key(&key).map_err(|reason| SelectorError::Key { key, reason })?;
            }
            found => return Err(SelectorError::Unexpected { found, expected: "the key of a label" }),
        }
        if is_absence || matches!(self.first(), Token::End | Token::Comma) {
            return Ok(());
        }
        match self.next() {
            Token::Equal | Token::NotEqual => self.one(),
            Token::Word(word) if word == "in" || word == "notin" => self.set(),
            Token::Less | Token::Greater => self.number(),
            found => Err(SelectorError::Unexpected { found, expected: "=, ==, !=, in, notin, < or >" }),
        }
    }

    fn one(&mut self) -> Result<(), SelectorError> {
        match self.first() {
            Token::End | Token::Comma => Ok(()),
            Token::Word(text) => {
                self.next();
                value(text)
            }
            found => Err(SelectorError::Unexpected { found, expected: "a value" }),
        }
    }

    fn number(&mut self) -> Result<(), SelectorError> {
        match self.next() {
            Token::Word(text) if text.parse::<i64>().is_ok() => value(text),
            Token::Word(text) => Err(SelectorError::Number(text)),
            found => Err(SelectorError::Unexpected { found, expected: "a whole number" }),
        }
    }

    /// Values between commas; between two commas, and beside a parenthesis, one may be missing.
    fn set(&mut self) -> Result<(), SelectorError> {
        match self.next() {
            Token::Open => {}
            found => return Err(SelectorError::Unexpected { found, expected: "an opening parenthesis" }),
        }
        if self.first() == Token::Close {
            return Err(SelectorError::Empty);
        }
        loop {
            if let Token::Word(text) = self.first() {
                self.next();
                value(text)?;
            }
            match self.next() {
                Token::Comma if self.first() == Token::Comma => {
                    // Between two commas a value may be missing, and then one has to follow.
                    self.next();
                    if !matches!(self.first(), Token::Word(_)) {
                        return Err(SelectorError::Unexpected { found: self.next(), expected: "a value" });
                    }
                }
                Token::Comma => {}
                Token::Close => return Ok(()),
                found => {
                    return Err(SelectorError::Unexpected {
                        found,
                        expected: "a comma or a closing parenthesis",
                    });
                }
            }
        }
    }
}

fn value(text: String) -> Result<(), SelectorError> {
    names::label_value(&text).map_err(|reason| SelectorError::Value { value: text, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_takes_is_taken() {
        for text in [
            "",
            " ",
            "a",
            "!a",
            "a,b",
            "a=b",
            "a==b",
            "a = b , c != d",
            "a=",
            "a!=",
            "a=,b",
            "a in (b)",
            "a in (b, c)",
            "a notin (b,c),d",
            "a in (,)",
            "a in (b,)",
            "a in (,b)",
            "a in(b)",
            "x.io/a in (b),!c",
            "in in (in, notin)",
            "notin",
            "a>1",
            "a < 2",
            "a=in",
            "pick=me",
            "! a",
        ] {
            assert_eq!(check(text), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn what_kubernetes_refuses_is_refused_with_the_place() {
        for (text, words) in [
            ("a in", "the end stands where an opening parenthesis is expected"),
            ("a in (", "the end stands where a comma or a closing parenthesis is expected"),
            ("a in (b", "the end stands where a comma or a closing parenthesis is expected"),
            ("a in ()", "the parentheses hold no value"),
            ("a in (b c)", "\"c\" stands where a comma or a closing parenthesis is expected"),
            ("a b", "\"b\" stands where =, ==, !=, in, notin, < or > is expected"),
            ("a,", "the end stands where the key of a label is expected"),
            (",a", "a comma stands where the key of a label is expected"),
            ("=a", "= stands where the key of a label is expected"),
            ("!a=b", "= stands where a comma or the end is expected"),
            ("a=b=c", "= stands where a comma or the end is expected"),
            ("a=b c", "\"c\" stands where a comma or the end is expected"),
            ("a=(b)", "( stands where a value is expected"),
            ("a!b", "! stands where =, ==, !=, in, notin, < or > is expected"),
            ("!", "the end stands where the key of a label is expected"),
            ("a>b", "\"b\" is no whole number, and < and > compare with one"),
            ("a<-2", "\"-2\" is no value of a label: it must begin and end with a letter or a digit"),
            ("-a", "\"-a\" is no key of a label: it must begin and end with a letter or a digit"),
            (
                "a=b/c",
                "\"b/c\" is no value of a label: it holds '/', and only letters, digits, -, _ and . may be used",
            ),
        ] {
            assert_eq!(check(text).map_err(|error| error.to_string()), Err(words.to_owned()), "{text:?}");
        }
    }
}
