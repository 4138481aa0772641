//! JSON values one after the other, as Go's decoder reads them: strict, ten thousand levels deep, repeated
//! members kept. Not `serde_json`, because its errors and its depth differ and its values are not wiped.

use super::{
    error::{Fault, Problem},
    node::{Node, Tree, Value},
};

/// Go's limit.
const MAX_DEPTH: usize = 10_000;

/// Reads one value at the beginning of `text`; answers it and how many bytes it took.
///
/// `base` is where `text` begins in the whole input.
pub(super) fn value(text: &str, base: usize) -> Result<(Tree, usize), Fault> {
    let mut parser = Parser { bytes: text.as_bytes(), text, pos: 0, base };
    let mut tree = Tree { root: Node::default() };
    // On failure the half-built tree is wiped by its own drop.
    parser.document(&mut tree.root)?;
    Ok((tree, parser.pos))
}

struct Parser<'a> {
    bytes: &'a [u8],
    text: &'a str,
    pos: usize,
    base: usize,
}

/// A container that is still open.
enum Open {
    List(usize, Vec<Node>),
    Map(usize, Vec<(String, Node)>, String),
}

impl Parser<'_> {
    fn document(&mut self, root: &mut Node) -> Result<(), Fault> {
        let mut open: Vec<Open> = Vec::new();
        let outcome = self.run(&mut open);
        match outcome {
            Ok(node) => {
                *root = node;
                Ok(())
            }
            Err(fault) => {
                // Hand what was read to the tree, which wipes it.
                let items = open.into_iter().flat_map(Open::into_nodes).collect();
                *root = Node::new(0, Value::List(items));
                Err(fault)
            }
        }
    }

    fn run(&mut self, open: &mut Vec<Open>) -> Result<Node, Fault> {
        loop {
            self.skip_blanks();
            let at = self.here();
            let mut node = match self.peek() {
                Some(b'{') => {
                    self.pos += 1;
                    self.skip_blanks();
                    if self.eat(b'}') {
                        Node::new(at, Value::Map(Vec::new()))
                    } else {
                        let name = self.member_name()?;
                        self.push(open, Open::Map(at, Vec::new(), name))?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.pos += 1;
                    self.skip_blanks();
                    if self.eat(b']') {
                        Node::new(at, Value::List(Vec::new()))
                    } else {
                        self.push(open, Open::List(at, Vec::new()))?;
                        continue;
                    }
                }
                _ => Node::new(at, self.scalar()?),
            };
            loop {
                let Some(container) = open.last_mut() else { return Ok(node) };
                self.skip_blanks();
                match container {
                    Open::List(_, items) => items.push(node),
                    Open::Map(_, entries, name) => entries.push((std::mem::take(name), node)),
                }
                if self.eat(b',') {
                    if let Open::Map(_, _, name) = container {
                        self.skip_blanks();
                        *name = self.member_name()?;
                    }
                    break;
                }
                let closing = if matches!(container, Open::List(..)) { b']' } else { b'}' };
                if !self.eat(closing) {
                    return Err(self.syntax("expected a comma or the end of the list or object"));
                }
                node = match open.pop() {
                    Some(Open::List(at, items)) => Node::new(at, Value::List(items)),
                    Some(Open::Map(at, entries, _)) => Node::new(at, Value::Map(entries)),
                    None => return Err(self.syntax("unbalanced brackets")),
                };
            }
        }
    }

    fn push(&self, open: &mut Vec<Open>, container: Open) -> Result<(), Fault> {
        if open.len() >= MAX_DEPTH {
            return Err(Fault::new(self.here(), Problem::Depth));
        }
        open.push(container);
        Ok(())
    }

    fn member_name(&mut self) -> Result<String, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.syntax("expected a member name in double quotes"));
        }
        let name = self.string()?;
        self.skip_blanks();
        if !self.eat(b':') {
            return Err(self.syntax("expected a colon after a member name"));
        }
        Ok(name)
    }

    fn scalar(&mut self) -> Result<Value, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.syntax("expected a value")),
            None => Err(self.syntax("the text ends too early")),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Fault> {
        if !self.bytes[self.pos..].starts_with(word.as_bytes()) {
            return Err(self.syntax("expected a value"));
        }
        self.pos += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.pos;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        let mut whole = true;
        if self.eat(b'.') {
            whole = false;
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            whole = false;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            self.digits()?;
        }
        let literal = &self.text[start..self.pos];
        if whole {
            if let Ok(number) = literal.parse() {
                return Ok(Value::Int(number));
            }
            if let Ok(number) = literal.parse() {
                return Ok(Value::Uint(number));
            }
        }
        literal.parse().map(Value::Float).map_err(|_| self.syntax("not a number"))
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.pos;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.pos += 1;
        }
        if self.pos == start { Err(self.syntax("expected a digit")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.pos += 1;
        // Sized once: a growing buffer would leave copies of a secret behind.
        let length = self.bytes[self.pos..].iter().position(|byte| *byte == b'"').unwrap_or(0);
        let mut out = String::with_capacity(length);
        loop {
            let run =
                self.bytes[self.pos..].iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'));
            let Some(run) = run else {
                self.pos = self.bytes.len();
                return Err(self.syntax("the text ends inside a string"));
            };
            out.push_str(&self.text[self.pos..self.pos + run]);
            self.pos += run;
            match self.bytes[self.pos] {
                b'"' => {
                    self.pos += 1;
                    return Ok(out);
                }
                b'\\' => out.push(self.escape()?),
                _ => return Err(self.syntax("a control character inside a string")),
            }
        }
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

impl Open {
    fn into_nodes(self) -> Vec<Node> {
        match self {
            Self::List(_, items) => items,
            Self::Map(_, entries, _) => entries.into_iter().map(|(_, node)| node).collect(),
        }
    }
}
