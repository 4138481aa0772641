//! The command line and the environment, read as the reference's flag library reads them.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{
    duration,
    flag::{Default, Flag, Origin, Value},
    flag_error::FlagError,
    words::Word,
};

/// Values of all flags; `given` names those that were given.
#[derive(Debug)]
pub(super) struct Values {
    by_name: BTreeMap<&'static str, Value>,
    given: Vec<&'static str>,
    /// What the user should hear: deprecated names, environment values that do not parse.
    pub(super) notices: Vec<String>,
    /// What is neither a flag nor its value.
    pub(super) words: Vec<Word>,
}

/// Reads environment and arguments (without the program's name) over the defaults of `table`.
pub(super) fn read(
    table: &'static [Flag],
    args: &[String],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Values, FlagError> {
    let mut values = Values {
        by_name: table.iter().map(|f| (f.name, f.default.value())).collect(),
        given: vec![],
        notices: vec![],
        words: vec![],
    };
    values.read_environment(table, env)?;
    let mut rest = args.iter();
    // A switch that was given without a value: the word behind it may be meant as one.
    let mut switch = None;
    while let Some(arg) = rest.next() {
        let before = switch.take();
        if arg == "--" {
            values.words.extend(rest.map(|text| Word { text: text.clone(), switch: None }));
            break;
        }
        if let Some(long) = arg.strip_prefix("--") {
            switch = values.long(table, long, &mut rest)?;
        } else if arg.len() > 1 && arg.starts_with('-') {
            let cluster = &arg[1..];
            return Err(match cluster.chars().next() {
                Some('h') | None => FlagError::Help,
                Some(letter) => FlagError::Shorthand { letter, cluster: cluster.to_owned() },
            });
        } else {
            values.words.push(Word { text: arg.clone(), switch: before });
        }
    }
    Ok(values)
}

impl Values {
    fn read_environment(
        &mut self,
        table: &'static [Flag],
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), FlagError> {
        for flag in table {
            let variable = flag.variable();
            let Some(text) = env(&variable) else { continue };
            match (flag.default.parse(&text), flag.origin) {
                (Ok(value), _) => self.set(flag.name, value),
                (Err(reason), Origin::Ours) => {
                    return Err(FlagError::Variable { variable, value: text, reason });
                }
                // Compat: the reference starts with its default; we do too, but say so.
                (Err(reason), Origin::Reference | Origin::WithoutEffect) => self.notices.push(format!(
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
        Ok(())
    }

    /// Reads a long flag; gives its name if it is a switch without a value.
    fn long<'a>(
        &mut self,
        table: &'static [Flag],
        arg: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<Option<&'static str>, FlagError> {
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
        let (text, switch) = match (inline, flag.default) {
            (Some(value), _) => (value, None),
            (None, Default::Bool(_)) => ("true".to_owned(), Some(flag.name)),
            (None, _) => (rest.next().cloned().ok_or(FlagError::NeedsArgument(flag.name))?, None),
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
        Ok(switch)
    }

    fn set(&mut self, name: &'static str, value: Value) {
        self.by_name.insert(name, value);
        self.given.push(name);
    }

    /// Whether a flag was given on the command line or in the environment.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.given.contains(&name)
    }

    /// The value of a switch.
    pub(super) fn bool(&self, name: &str) -> bool {
        matches!(self.by_name.get(name), Some(Value::Bool(true)))
    }

    /// A whole number.
    pub(super) fn int(&self, name: &str) -> i64 {
        match self.by_name.get(name) {
            Some(Value::Int(n)) => *n,
            _ => 0,
        }
    }

    /// A floating-point number.
    pub(super) fn float(&self, name: &str) -> f32 {
        match self.by_name.get(name) {
            Some(Value::Float(x)) => *x,
            _ => 0.0,
        }
    }

    /// A length of time.
    pub(super) fn duration(&self, name: &str) -> SignedDuration {
        match self.by_name.get(name) {
            Some(Value::Duration(d)) => *d,
            _ => SignedDuration::ZERO,
        }
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> &str {
        match self.by_name.get(name) {
            Some(Value::Text(t)) => t,
            _ => "",
        }
    }
}
