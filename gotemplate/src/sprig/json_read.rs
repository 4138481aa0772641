//! JSON read as Go reads it into `any`: numbers become floats, broken text U+FFFD.

use super::packages::unicode;
use crate::{
    context::Context,
    error::Failure,
    function::Outcome,
    strconv,
    value::{Map, Str, Value},
};

/// What was read of a text.
pub(super) enum Reading {
    /// A value; `exact` is false when a number in it was out of range and became nil.
    Value { value: Value, exact: bool },
    /// The text is no JSON; holds the byte where that shows.
    Invalid(usize),
}

impl Reading {
    /// Compat: no JSON is nil.
    pub(super) fn lenient(self) -> Value {
        match self {
            Self::Value { value, .. } => value,
            Self::Invalid(_) => Value::Nil,
        }
    }

    pub(super) fn strict(self) -> Outcome {
        match self {
            Self::Value { value, exact: true } => Ok(value),
            Self::Value { exact: false, .. } => {
                Err(Failure::new("a number in the JSON text is out of range"))
            }
            Self::Invalid(at) => {
                Err(Failure::with(format!("the text is not valid JSON, as byte {} shows", at + 1)))
            }
        }
    }
}

/// Reads a whole text; an error is a limit.
pub(super) fn read(ctx: &mut Context<'_>, text: &[u8]) -> Result<Reading, Failure> {
    ctx.charge(text.len())?;
    let mut reader = Reader { text, at: 0, exact: true };
    match reader.document(ctx) {
        Ok(value) => Ok(Reading::Value { value, exact: reader.exact }),
        Err(Stop::Syntax) => Ok(Reading::Invalid(reader.at)),
        Err(Stop::Limit(failure)) => Err(failure),
    }
}

enum Stop {
    Syntax,
    Limit(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Limit(failure)
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    exact: bool,
}

impl Reader<'_> {
    fn document(&mut self, ctx: &mut Context<'_>) -> Result<Value, Stop> {
        let value = self.value(ctx)?;
        self.blanks();
        if self.at == self.text.len() { Ok(value) } else { Err(Stop::Syntax) }
    }

    fn blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, wanted: &[u8]) -> bool {
        let found = self.text[self.at..].starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn expect(&mut self, wanted: &[u8]) -> Result<(), Stop> {
        if self.eat(wanted) { Ok(()) } else { Err(Stop::Syntax) }
    }

    fn value(&mut self, ctx: &mut Context<'_>) -> Result<Value, Stop> {
        ctx.charge_list(1)?;
        self.blanks();
        match self.text.get(self.at) {
            Some(b'{') => self.nested(ctx, Self::object),
            Some(b'[') => self.nested(ctx, Self::array),
            Some(b'"') => Ok(Value::Str(self.string(ctx)?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.expect(b"true").map(|()| Value::Bool(true)),
            Some(b'f') => self.expect(b"false").map(|()| Value::Bool(false)),
            Some(b'n') => self.expect(b"null").map(|()| Value::Nil),
            _ => Err(Stop::Syntax),
        }
    }

    fn nested(
        &mut self,
        ctx: &mut Context<'_>,
        read: fn(&mut Self, &mut Context<'_>) -> Result<Value, Stop>,
    ) -> Result<Value, Stop> {
        self.at += 1;
        self.blanks();
        ctx.deeper(|ctx| match read(self, ctx) {
            Err(Stop::Limit(failure)) => Err(failure),
            other => Ok(other),
        })?
    }

    fn array(&mut self, ctx: &mut Context<'_>) -> Result<Value, Stop> {
        let mut items = Vec::new();
        if self.eat(b"]") {
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(ctx)?);
            self.blanks();
            if self.eat(b"]") {
                return Ok(Value::list(items));
            }
            self.expect(b",")?;
        }
    }

    fn object(&mut self, ctx: &mut Context<'_>) -> Result<Value, Stop> {
        let map = Map::new([].into());
        if self.eat(b"}") {
            return Ok(map.into());
        }
        loop {
            self.blanks();
            if self.text.get(self.at) != Some(&b'"') {
                return Err(Stop::Syntax);
            }
            let key = self.string(ctx)?;
            self.blanks();
            self.expect(b":")?;
            let value = self.value(ctx)?;
            ctx.set(&map, key, value)?;
            self.blanks();
            if self.eat(b"}") {
                return Ok(map.into());
            }
            self.expect(b",")?;
        }
    }

    fn number(&mut self) -> Result<Value, Stop> {
        let start = self.at;
        self.eat(b"-");
        if !self.eat(b"0") {
            self.digits()?;
        }
        if self.eat(b".") {
            self.digits()?;
        }
        if self.eat(b"e") || self.eat(b"E") {
            if !self.eat(b"+") {
                self.eat(b"-");
            }
            self.digits()?;
        }
        // Compat: what no float can hold is nil, and an error for those who ask.
        Ok(strconv::parse_float(&self.text[start..self.at]).map_or_else(
            |_| {
                self.exact = false;
                Value::Nil
            },
            Value::Float,
        ))
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Stop::Syntax) }
    }

    fn string(&mut self, ctx: &mut Context<'_>) -> Result<Str, Stop> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let (rune, width) = unicode::decode(&self.text[self.at..]).ok_or(Stop::Syntax)?;
            match rune {
                '"' => {
                    self.at += 1;
                    ctx.charge(out.len())?;
                    return Ok(out.into());
                }
                '\\' => {
                    let escaped = self.escape().ok_or(Stop::Syntax)?;
                    out.push(escaped);
                }
                '\0'..='\u{1F}' => return Err(Stop::Syntax),
                _ => {
                    out.push(rune);
                    self.at += width;
                }
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let letter = *self.text.get(self.at + 1)?;
        self.at += 2;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.code_point(),
            _ => {
                self.at -= 1;
                return None;
            }
        })
    }

    /// `\u` and four hexadecimal digits, or a pair of these; half a pair is U+FFFD.
    fn code_point(&mut self) -> Option<char> {
        let first = self.hexadecimal()?;
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            // What follows is read again, so a broken escape is noticed then.
            match self.hexadecimal() {
                Some(second @ 0xDC00..0xE000) => {
                    return char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00));
                }
                _ => self.at = back,
            }
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let code =
            digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))?;
        self.at += 4;
        Some(code)
    }
}
