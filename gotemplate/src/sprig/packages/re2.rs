//! Go's regular expressions (RE2 syntax) rewritten for the `regex` crate.
//!
//! Both engines are linear and prefer the same match; their syntax differs. Everything is parsed
//! here by Go's rules and written anew with all literals escaped, so that nothing the other engine
//! would understand differently slips through.

use super::{
    re2_class,
    re2_group::{Count, Group},
};

/// What is wrong with a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("a group of the regular expression is not closed")]
    MissingParen,
    #[error("the regular expression closes a group that is not open")]
    UnexpectedParen,
    #[error("a character class of the regular expression is not closed or has a wrong range")]
    Class,
    #[error("the regular expression has an escape that RE2 does not know")]
    Escape,
    #[error("the regular expression has a repetition of nothing")]
    NothingToRepeat,
    #[error("the regular expression repeats a repetition; put the inner one into a group")]
    NestedRepeat,
    #[error("the regular expression repeats more than 1000 times")]
    RepeatSize,
    #[error("the regular expression has a group that RE2 does not know (no lookaround, no (?x))")]
    Group,
    #[error("the regular expression has a group name that is empty or not of letters and digits")]
    GroupName,
    #[error("the regular expression is nested too deeply")]
    Depth,
    #[error("the regular expression is not valid UTF-8")]
    Utf8,
    #[error("the regular expression is too large")]
    TooLarge,
}

/// A pattern in the syntax of the `regex` crate.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) pattern: String,
    /// Name of each group from 1, empty where it has none.
    pub(crate) names: Vec<String>,
    /// About how many bytes the pattern takes when it is compiled.
    pub(crate) weight: u64,
}

/// Groups inside groups; each costs stack when the pattern is compiled.
const MAX_DEPTH: usize = 250;

/// Rewrites `pattern`, or says why Go refuses it.
pub(crate) fn translate(pattern: &[u8]) -> Result<Translated, PatternError> {
    let text = std::str::from_utf8(pattern).map_err(|_| PatternError::Utf8)?;
    let mut parser = Parser {
        rest: text,
        out: String::with_capacity(text.len() * 2),
        names: Vec::new(),
        groups: vec![Group::default()],
        flags: String::new(),
    };
    while let Some(next) = parser.rest.chars().next() {
        parser.step(next)?;
    }
    let top = parser.groups.pop().unwrap_or_default();
    if !parser.groups.is_empty() {
        return Err(PatternError::MissingParen);
    }
    Ok(Translated { pattern: parser.out, names: parser.names, weight: top.weight() })
}

struct Parser<'p> {
    rest: &'p str,
    out: String,
    names: Vec<String>,
    groups: Vec<Group>,
    /// Flags that hold from the next item on. A repetition after them is still of the item before.
    flags: String,
}

impl Parser<'_> {
    fn step(&mut self, next: char) -> Result<(), PatternError> {
        match next {
            '(' => self.open(),
            ')' => self.close(),
            '|' => {
                self.take(1);
                self.out.push('|');
                self.group().alternative();
                Ok(())
            }
            '*' | '+' | '?' => {
                self.take(1);
                self.repeat(&next.to_string(), Count::Open)
            }
            '{' => self.counted(),
            '[' => {
                let (class, rest) = re2_class::bracketed(self.rest)?;
                self.rest = rest;
                self.item(&class, re2_class::weight(&class));
                Ok(())
            }
            '\\' => self.escape(),
            '.' | '^' | '$' => {
                self.take(1);
                self.item(&next.to_string(), re2_class::ANY);
                Ok(())
            }
            _ => {
                self.take(next.len_utf8());
                self.item(&re2_class::literal(u32::from(next)), re2_class::ONE);
                Ok(())
            }
        }
    }

    fn take(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn item(&mut self, text: &str, weight: u64) {
        self.out.push_str(&std::mem::take(&mut self.flags));
        self.out.push_str(text);
        self.group().item(weight);
    }

    fn begin_group(&mut self, text: &str) {
        self.out.push_str(&std::mem::take(&mut self.flags));
        self.out.push_str(text);
        self.groups.push(Group::default());
    }

    fn open(&mut self) -> Result<(), PatternError> {
        if self.groups.len() > MAX_DEPTH {
            return Err(PatternError::Depth);
        }
        if !self.rest.starts_with("(?") {
            self.take(1);
            self.names.push(String::new());
            self.begin_group("(");
            return Ok(());
        }
        let named = ["(?P<", "(?<"].iter().find_map(|start| self.rest.strip_prefix(start));
        match named {
            Some(rest) => self.open_named(rest.len()),
            None => self.open_flags(),
        }
    }

    fn open_named(&mut self, left: usize) -> Result<(), PatternError> {
        let rest = &self.rest[self.rest.len() - left..];
        let (name, rest) = rest.split_once('>').ok_or(PatternError::GroupName)?;
        let fits = !name.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        // Compat: two groups may have the same name.
        if !fits {
            return Err(PatternError::GroupName);
        }
        self.names.push(name.to_owned());
        self.rest = rest;
        self.begin_group("(");
        Ok(())
    }

    /// `(?flags)` and `(?flags:`.
    fn open_flags(&mut self) -> Result<(), PatternError> {
        let end = self.rest.find([':', ')']).ok_or(PatternError::Group)?;
        let flags = &self.rest[2..end];
        let (on, off) = flags.split_once('-').map_or((flags, None), |(on, off)| (on, Some(off)));
        let known = |flags: &str| flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | 'U'));
        if !known(on) || off.is_some_and(|off| off.is_empty() || !known(off)) {
            return Err(PatternError::Group);
        }
        // The other engine refuses a flag that is named twice.
        let off: String = "imsU".chars().filter(|flag| off.is_some_and(|off| off.contains(*flag))).collect();
        let on: String = "imsU".chars().filter(|flag| on.contains(*flag) && !off.contains(*flag)).collect();
        let minus = if off.is_empty() { "" } else { "-" };
        let opens = self.rest.as_bytes()[end] == b':';
        self.take(end + 1);
        if opens {
            self.begin_group(&format!("(?{on}{minus}{off}:"));
        } else if !flags.is_empty() {
            self.flags.extend(["(?", &on, minus, &off, ")"]);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), PatternError> {
        self.take(1);
        if self.groups.len() < 2 {
            return Err(PatternError::UnexpectedParen);
        }
        let inner = self.groups.pop().unwrap_or_default();
        self.flags.clear();
        self.out.push(')');
        self.group().close(&inner);
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else is text.
    fn counted(&mut self) -> Result<(), PatternError> {
        let Some((count, length)) = Count::read(self.rest)? else {
            self.take(1);
            self.item(&re2_class::literal(u32::from('{')), re2_class::ONE);
            return Ok(());
        };
        self.take(length);
        self.repeat(&count.to_string(), count)
    }

    fn repeat(&mut self, operator: &str, count: Count) -> Result<(), PatternError> {
        self.group().repeat(count)?;
        self.out.push_str(operator);
        if self.rest.starts_with('?') {
            self.take(1);
            self.out.push('?');
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), PatternError> {
        let mut after = self.rest.chars();
        after.next();
        match after.next() {
            Some('A') => self.assertion("\\A"),
            Some('z') => self.assertion("\\z"),
            Some('b') => self.assertion("(?-u:\\b)"),
            Some('B') => self.assertion("(?-u:\\B)"),
            Some('Q') => {
                let text = &self.rest[2..];
                let (quoted, rest) = text.split_once("\\E").unwrap_or((text, ""));
                self.rest = rest;
                for letter in quoted.chars() {
                    self.item(&re2_class::literal(u32::from(letter)), re2_class::ONE);
                }
            }
            _ => {
                let (class, rest) = if let Some((class, rest)) = re2_class::escaped_class(self.rest)? {
                    (format!("[{class}]"), rest)
                } else {
                    let (code, rest) = re2_class::escaped_char(self.rest)?;
                    (re2_class::literal(code), rest)
                };
                self.rest = rest;
                self.item(&class, re2_class::weight(&class));
            }
        }
        Ok(())
    }

    fn assertion(&mut self, text: &str) {
        self.take(2);
        self.item(text, re2_class::ANY);
    }
}
