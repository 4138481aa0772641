//! JSON values one after the other, as Go's decoder reads them: strict, ten thousand levels deep, repeated
//! members kept. Not `serde_json`, because its errors and its depth differ and its values are not wiped.

use super::{
    bounds::{Allowance, Bound, MOST_NODES},
    error::{Fault, Problem},
    tree::{Decoded, Dialect, Kind, Special, Tag, Text, Tree},
};

/// Go's limit.
const MAX_DEPTH: usize = 10_000;

/// Reads one value at the beginning of `text`; answers it and how many bytes it took.
///
/// `base` is where `text` begins in the whole input.
pub(super) fn value<'t>(
    text: &'t str,
    base: usize,
    allowance: &Allowance,
) -> Result<(Tree<'t>, usize), Fault> {
    let tree = Tree::new(text, base, Dialect::Json)?;
    let mut parser =
        Parser { bytes: text.as_bytes(), text, pos: 0, base, tree, decoded: Decoded::default(), allowance };
    parser.run()?;
    parser.tree.set_decoded(parser.decoded);
    Ok((parser.tree, parser.pos))
}

struct Parser<'t, 'a> {
    bytes: &'t [u8],
    text: &'t str,
    pos: usize,
    base: usize,
    tree: Tree<'t>,
    decoded: Decoded,
    allowance: &'a Allowance,
}

/// A container that is still open.
struct Open {
    id: usize,
    kind: Kind,
}

impl Parser<'_, '_> {
    fn run(&mut self) -> Result<(), Fault> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'{') => {
                    let id = self.begin(Kind::Map)?;
                    if !self.eat(b'}') {
                        self.member_name()?;
                        self.open(&mut open, Open { id, kind: Kind::Map })?;
                        continue;
                    }
                }
                Some(b'[') => {
                    let id = self.begin(Kind::List)?;
                    if !self.eat(b']') {
                        self.open(&mut open, Open { id, kind: Kind::List })?;
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            loop {
                let Some(Open { id, kind }) = open.last() else { return Ok(()) };
                self.skip_blanks();
                if self.eat(b',') {
                    if kind.is_map() {
                        self.skip_blanks();
                        self.member_name()?;
                    }
                    break;
                }
                let closing = if kind.is_map() { b'}' } else { b']' };
                if !self.eat(closing) {
                    return Err(self.syntax("expected a comma or the end of the list or object"));
                }
                self.tree.close(*id, self.pos, *kind);
                open.pop();
            }
        }
    }

    /// Adds a container, empty so far, and passes the blanks behind its bracket.
    fn begin(&mut self, kind: Kind) -> Result<usize, Fault> {
        let id = self.add(self.pos, kind, 0)?;
        self.tree.close(id, self.pos, kind);
        self.pos += 1;
        self.skip_blanks();
        Ok(id)
    }

    fn open(&self, open: &mut Vec<Open>, container: Open) -> Result<(), Fault> {
        if open.len() >= MAX_DEPTH {
            return Err(Fault::new(self.here(), Problem::Depth));
        }
        self.allowance.level(open.len(), self.pos).map_err(|fault| self.shifted(fault))?;
        open.push(container);
        Ok(())
    }

    fn add(&mut self, at: usize, kind: Kind, payload: usize) -> Result<usize, Fault> {
        let added = self.tree.push((at, self.pos), kind, payload, self.allowance);
        added.map_err(|fault| self.shifted(fault))
    }

    fn shifted(&self, mut fault: Fault) -> Fault {
        fault.at += self.base;
        fault
    }

    fn member_name(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.syntax("expected a member name in double quotes"));
        }
        self.string()?;
        self.skip_blanks();
        if !self.eat(b':') {
            return Err(self.syntax("expected a colon after a member name"));
        }
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            Some(b'n') => self.word("null", Kind::Null),
            Some(_) => Err(self.syntax("expected a value")),
            None => Err(self.syntax("the text ends too early")),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<(), Fault> {
        if !self.bytes[self.pos..].starts_with(word.as_bytes()) {
            return Err(self.syntax("expected a value"));
        }
        self.add(self.pos, kind, word.len())?;
        self.pos += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.pos;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            // An exponent may be too large for a float.
            self.tree.odd_numbers = true;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        let length = self.pos - start;
        self.tree.odd_numbers |= length > SHORT_NUMBER;
        if length > MOST_NODES {
            return Err(self.too_long());
        }
        self.add(start, Kind::Number, length).map(|_| ())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.pos;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.pos += 1;
        }
        if self.pos == start { Err(self.syntax("expected a digit")) } else { Ok(()) }
    }

    /// Text without escapes stands in the source as it is meant.
    fn string(&mut self) -> Result<(), Fault> {
        let at = self.pos;
        self.pos += 1;
        let (mut taken, mut decoded) = (self.pos, None);
        loop {
            let run =
                self.bytes[self.pos..].iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
            let Some(run) = run else {
                self.pos = self.bytes.len();
                return Err(self.syntax("the text ends inside a string"));
            };
            self.pos += run;
            match self.bytes[self.pos] {
                b'"' => break,
                b'\\' => {
                    decoded.get_or_insert(self.decoded.len());
                    self.decoded.push_str(&self.text[taken..self.pos]);
                    let character = self.escape()?;
                    self.decoded.push(character);
                    taken = self.pos;
                }
                _ => return Err(self.syntax("a control character inside a string")),
            }
        }
        let end = self.pos;
        self.pos += 1;
        let text = match decoded {
            None if end - taken <= MOST_NODES => return self.add(at, Kind::Quoted, end - taken).map(|_| ()),
            None => Text::of_source(taken, end),
            Some(start) => {
                self.decoded.push_str(&self.text[taken..end]);
                self.decoded.since(start)
            }
        };
        let special = Special { text: text.ok_or_else(|| self.too_long())?, tag: Tag::None, implicit: false };
        let added = self.tree.push_special((at, self.pos), special, self.allowance);
        added.map(|_| ()).map_err(|fault| self.shifted(fault))
    }

    fn too_long(&self) -> Fault {
        Fault::new(self.here(), Problem::Bound { bound: Bound::Bytes, most: Text::LONGEST })
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let simple = match self.bytes.get(self.pos + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.syntax("an unknown escape inside a string")),
        };
        self.pos += 2;
        Ok(simple)
    }

    /// Half a surrogate pair is refused: Go puts U+FFFD in its place and so changes the value.
    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let first = self.hex4()?;
        let code = match first {
            0xd800..0xdc00 => {
                if !self.bytes[self.pos..].starts_with(b"\\u") {
                    return Err(self.syntax("half a surrogate pair inside a string"));
                }
                let second = self.hex4()?;
                if !(0xdc00..0xe000).contains(&second) {
                    return Err(self.syntax("half a surrogate pair inside a string"));
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.syntax("half a surrogate pair inside a string"))
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let digits = self
            .text
            .get(self.pos + 2..self.pos + 6)
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.syntax("expected four hexadecimal digits"))?;
        self.pos += 6;
        Ok(code)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.pos += usize::from(found);
        found
    }

    fn here(&self) -> usize {
        self.base + self.pos
    }

    fn syntax(&self, what: &'static str) -> Fault {
        Fault::new(self.here(), Problem::JsonSyntax(what))
    }
}

/// Numbers of so many digits and no exponent are never infinite.
const SHORT_NUMBER: usize = 300;
