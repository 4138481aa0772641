//! The command line and the environment, read as the reference's flag library reads them.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::SignedDuration;

use super::duration;

/// One flag: its name, what it holds and what it is for.
pub struct Flag {
    /// Name without dashes.
    pub name: &'static str,
    /// Type and default.
    pub default: Default,
    /// One line for the help text.
    pub help: &'static str,
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
pub enum Value {
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

/// Values of all flags; `set` names those that were given.
#[derive(Debug)]
pub struct Values {
    by_name: BTreeMap<&'static str, Value>,
    given: Vec<&'static str>,
    /// What the user should hear: deprecated names, environment values that do not parse.
    pub notices: Vec<String>,
}

/// Why the command line was refused, or that help was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// `-h`, `--help`.
    #[error("help requested")]
    Help,
    /// A long flag that does not exist.
    #[error("unknown flag: --{0}")]
    Unknown(String),
    /// A short flag that does not exist.
    #[error("unknown shorthand flag: {letter:?} in -{cluster}")]
    Shorthand {
        /// The letter.
        letter: char,
        /// All letters of the argument.
        cluster: String,
    },
    /// A flag at the end that wants a value.
    #[error("flag needs an argument: --{0}")]
    NeedsArgument(&'static str),
    /// `--=x` and the like.
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    /// A value that does not parse.
    #[error("invalid argument {value:?} for \"--{flag}\" flag: {reason}")]
    Invalid {
        /// The flag.
        flag: String,
        /// The value as given.
        value: String,
        /// Why it does not parse.
        reason: String,
    },
}

/// Reads environment and arguments (without the program's name) over the defaults of `table`.
pub fn read(
    table: &'static [Flag],
    args: &[String],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Values, FlagError> {
    let mut values = Values {
        by_name: table.iter().map(|f| (f.name, f.default.value())).collect(),
        given: vec![],
        notices: vec![],
    };
    values.read_environment(table, env);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == "--" {
            break;
        }
        if let Some(long) = arg.strip_prefix("--") {
            values.long(table, long, &mut rest)?;
        } else if arg.len() > 1 && arg.starts_with('-') {
            let cluster = &arg[1..];
            return Err(match cluster.chars().next() {
                Some('h') | None => FlagError::Help,
                Some(letter) => FlagError::Shorthand { letter, cluster: cluster.to_owned() },
            });
        }
    }
    Ok(values)
}

/// The help text: one line per flag.
pub fn usage(program: &str, table: &[Flag]) -> String {
    let mut text = format!("Usage of {program}:\n");
    for flag in table {
        let left = format!("      --{}{}", flag.name, flag.default.type_name());
        let default = match (flag.default, flag.default_text()) {
            (_, default) if default.is_empty() => String::new(),
            (Default::Text(text), _) => format!(" (default {text:?})"),
            (_, default) => format!(" (default {default})"),
        };
        let _infallible = writeln!(text, "{left:<46} {}{default}", flag.help);
    }
    text
}

impl Flag {
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

impl Values {
    fn read_environment(&mut self, table: &'static [Flag], env: &dyn Fn(&str) -> Option<String>) {
        for flag in table {
            let variable = format!("SEALED_SECRETS_{}", flag.name.to_uppercase().replace('-', "_"));
            let Some(text) = env(&variable) else { continue };
            match flag.default.parse(&text) {
                Ok(value) => self.set(flag.name, value),
                // Compat: the reference starts with its default; we do too, but say so.
                Err(reason) => self.notices.push(format!(
                    "{variable}: {reason}; the value is ignored and the default of --{} applies",
                    flag.name
                )),
            }
        }
        // The old name of --key-renew-period.
        if let Some(text) = env("SEALED_SECRETS_ROTATE_PERIOD") {
            match duration::parse(&text) {
                Ok(value) => self.set("key-renew-period", Value::Duration(value)),
                Err(reason) => self.notices.push(format!("SEALED_SECRETS_ROTATE_PERIOD: {reason}; ignored")),
            }
        }
    }

    fn long<'a>(
        &mut self,
        table: &'static [Flag],
        arg: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), FlagError> {
        let (name, inline) = match arg.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (arg, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(FlagError::Syntax(format!("--{arg}")));
        }
        let real = if name == "rotate-period" { "key-renew-period" } else { name };
        let Some(flag) = table.iter().find(|flag| flag.name == real) else {
            return Err(if name == "help" { FlagError::Help } else { FlagError::Unknown(name.to_owned()) });
        };
        let text = match (inline, flag.default) {
            (Some(value), _) => value,
            (None, Default::Bool(_)) => "true".to_owned(),
            (None, _) => rest.next().cloned().ok_or(FlagError::NeedsArgument(flag.name))?,
        };
        let value = flag.default.parse(&text).map_err(|reason| FlagError::Invalid {
            flag: name.to_owned(),
            value: text,
            reason,
        })?;
        self.set(flag.name, value);
        if name == "rotate-period" {
            self.notices.push(
                "Flag --rotate-period has been deprecated, please use key-renew-period instead".to_owned(),
            );
        }
        Ok(())
    }

    fn set(&mut self, name: &'static str, value: Value) {
        self.by_name.insert(name, value);
        self.given.push(name);
    }

    /// Whether a flag was given on the command line or in the environment.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.contains(&name)
    }

    /// The value of a switch.
    pub fn bool(&self, name: &str) -> bool {
        matches!(self.by_name.get(name), Some(Value::Bool(true)))
    }

    /// A whole number.
    pub fn int(&self, name: &str) -> i64 {
        match self.by_name.get(name) {
            Some(Value::Int(n)) => *n,
            _ => 0,
        }
    }

    /// A floating-point number.
    pub fn float(&self, name: &str) -> f32 {
        match self.by_name.get(name) {
            Some(Value::Float(x)) => *x,
            _ => 0.0,
        }
    }

    /// A length of time.
    pub fn duration(&self, name: &str) -> SignedDuration {
        match self.by_name.get(name) {
            Some(Value::Duration(d)) => *d,
            _ => SignedDuration::ZERO,
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> &str {
        match self.by_name.get(name) {
            Some(Value::Text(t)) => t,
            _ => "",
        }
    }
}

impl Default {
    fn value(self) -> Value {
        match self {
            Self::Bool(b) => Value::Bool(b),
            Self::Int(n) => Value::Int(n),
            Self::Float(x) => Value::Float(x),
            Self::Duration(s) => Value::Duration(SignedDuration::from_secs(s)),
            Self::Text(t) => Value::Text(t.to_owned()),
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Self::Bool(_) => "",
            Self::Int(_) => " int",
            Self::Float(_) => " float32",
            Self::Duration(_) => " duration",
            Self::Text(_) => " string",
        }
    }

    fn parse(self, text: &str) -> Result<Value, String> {
        let syntax = |function: &str| format!("strconv.{function}: parsing {text:?}: invalid syntax");
        match self {
            Self::Bool(_) => match text {
                "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
                "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
                _ => Err(syntax("ParseBool")),
            },
            Self::Int(_) => go_int(text).map(Value::Int).ok_or_else(|| syntax("ParseInt")),
            Self::Float(_) => text.parse().map(Value::Float).map_err(|_| syntax("ParseFloat")),
            Self::Duration(_) => duration::parse(text).map(Value::Duration).map_err(|e| e.to_string()),
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
