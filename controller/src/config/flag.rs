//! What a flag is: its name, what it holds, and how a text becomes that.

use jiff::SignedDuration;

use super::duration::{self, BadDuration};

/// One flag: its name, what it holds and what it is for.
pub struct Flag {
    /// Name without dashes.
    pub name: &'static str,
    /// Type and default.
    pub default: Default,
    /// Whose it is.
    pub origin: Origin,
    /// One sentence for the help text.
    pub help: &'static str,
}

/// Whose flag it is, and whether it does anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The reference has it.
    Reference,
    /// The reference has it, and here it changes nothing.
    WithoutEffect,
    /// The reference lacks it.
    Ours,
}

/// Type and default of a flag.
#[derive(Clone, Copy)]
pub enum Default {
    /// A switch.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f32),
    /// Seconds.
    Duration(i64),
    /// Any text.
    Text(&'static str),
}

/// A value that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A switch.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f32),
    /// A length of time.
    Duration(SignedDuration),
    /// Any text.
    Text(String),
}

/// A text that is no value of a flag's type, in the words of Go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not a switch.
    #[error("strconv.ParseBool: parsing {0:?}: invalid syntax")]
    Bool(String),
    /// Not a whole number.
    #[error("strconv.ParseInt: parsing {0:?}: invalid syntax")]
    Int(String),
    /// Not a number.
    #[error("strconv.ParseFloat: parsing {0:?}: invalid syntax")]
    Float(String),
    /// Not a duration.
    #[error(transparent)]
    Duration(#[from] BadDuration),
}

impl Flag {
    /// The variable that stands for it.
    pub fn variable(&self) -> String {
        format!("SEALED_SECRETS_{}", self.name.to_uppercase().replace('-', "_"))
    }

    /// What it is for, and whether the reference lacks it.
    pub fn meaning(&self) -> String {
        match self.origin {
            Origin::Reference | Origin::WithoutEffect => self.help.to_owned(),
            Origin::Ours => format!("{} (not in the reference)", self.help),
        }
    }

    /// What holds when it is not given; empty for a switch that is off and for no text.
    pub fn default_text(&self) -> String {
        match self.default {
            Default::Bool(false) => String::new(),
            Default::Bool(true) => "true".to_owned(),
            Default::Int(n) => n.to_string(),
            Default::Float(x) => x.to_string(),
            Default::Duration(s) => duration::format(SignedDuration::from_secs(s)),
            Default::Text(text) => text.to_owned(),
        }
    }
}

impl Default {
    /// The default as a value.
    pub(super) fn value(self) -> Value {
        match self {
            Self::Bool(b) => Value::Bool(b),
            Self::Int(n) => Value::Int(n),
            Self::Float(x) => Value::Float(x),
            Self::Duration(s) => Value::Duration(SignedDuration::from_secs(s)),
            Self::Text(t) => Value::Text(t.to_owned()),
        }
    }

    /// How the help names the type, behind the flag.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Bool(_) => "",
            Self::Int(_) => " int",
            Self::Float(_) => " float32",
            Self::Duration(_) => " duration",
            Self::Text(_) => " string",
        }
    }

    /// Reads a text as this type.
    pub(super) fn parse(self, text: &str) -> Result<Value, Malformed> {
        match self {
            Self::Bool(_) => match text {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
                _ => Err(Malformed::Bool(text.to_owned())),
            },
            Self::Int(_) => go_int(text).map(Value::Int).ok_or_else(|| Malformed::Int(text.to_owned())),
            Self::Float(_) => text.parse().map(Value::Float).map_err(|_| Malformed::Float(text.to_owned())),
            Self::Duration(_) => Ok(duration::parse(text).map(Value::Duration)?),
            Self::Text(_) => Ok(Value::Text(text.to_owned())),
        }
    }
}

/// Go's `ParseInt(text, 0, 64)`: decimal, `0x`, `0o` (or a leading `0`), `0b`, underscores between digits.
fn go_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = if let Some(hex) = lower.strip_prefix("0x") {
        (16, hex)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if body.starts_with(['+', '-']) || (radix == 10 && body.contains('_')) {
        return None;
    }
    let value = i64::from_str_radix(&body.replace('_', ""), radix).ok()?;
    Some(if negative { -value } else { value })
}
