//! Why a command line or a variable was refused, and what to do about it.

use golang::duration::DurationError;
use sealed_secrets_core::nearest::nearest;

use super::{
    duration::BadDuration,
    flag::{Flag, Malformed},
    table::FLAGS,
};

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
        reason: Malformed,
    },
    /// The same, in a variable of a flag that the reference lacks: nobody relies on its being ignored.
    #[error("invalid value {value:?} of the variable {variable}: {reason}")]
    Variable {
        /// The variable.
        variable: String,
        /// The value as given.
        value: String,
        /// Why it does not parse.
        reason: Malformed,
    },
}

impl FlagError {
    /// The next step, as a sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Help => LISTED.to_owned(),
            Self::Unknown(name) => match unknown(name) {
                Some(meant) => format!("{meant} {LISTED}"),
                None => LISTED.to_owned(),
            },
            Self::Shorthand { cluster, .. } => {
                let name = cluster.split('=').next().unwrap_or(cluster);
                match find(name) {
                    Some(_) => format!("long flags take two dashes: --{cluster}"),
                    None => format!("-h is the only short flag; {LISTED}"),
                }
            }
            Self::NeedsArgument(name) => match find(name).map(Flag::default_text) {
                Some(default) if !default.is_empty() => format!("write for example --{name}={default}"),
                _ => format!("write --{name}=VALUE; {LISTED}"),
            },
            Self::Syntax(_) => format!("a flag is written --name=value; {LISTED}"),
            Self::Invalid { reason, .. } | Self::Variable { reason, .. } => malformed(reason),
        }
    }
}

fn find(name: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.name == name)
}

/// What was meant by a flag that does not exist.
fn unknown(name: &str) -> Option<String> {
    if name == "kubeconfig" {
        return Some("the variable KUBECONFIG names the file;".to_owned());
    }
    let spelt = name.replace('_', "-");
    nearest(&spelt, FLAGS.iter().map(|flag| flag.name)).map(|meant| format!("did you mean --{meant}?"))
}

fn malformed(reason: &Malformed) -> String {
    match reason {
        Malformed::Bool(_) => "write true or false".to_owned(),
        Malformed::Int(_) => "write a whole number".to_owned(),
        Malformed::Float(_) => "write a number, as 7 or 0.5".to_owned(),
        Malformed::Duration(bad) => no_duration(bad),
    }
}

fn no_duration(bad: &BadDuration) -> String {
    let text = &bad.text;
    match bad.reason {
        DurationError::Invalid => {
            format!("{UNITS}, and together they reach to 292 years: write for example 720h or 1h30m")
        }
        DurationError::MissingUnit => format!("{UNITS}: write for example {text}h or {text}s"),
        DurationError::UnknownUnit { .. } => match bad.unit().and_then(|unit| in_hours(unit, text)) {
            Some(hours) => format!("{UNITS}: write {hours}h"),
            None => format!("{UNITS}, and a day is 24h"),
        },
    }
}

/// Days and weeks as hours, where the text holds nothing else.
fn in_hours(unit: &str, text: &str) -> Option<i64> {
    let each = match unit {
        "d" | "day" | "days" => 24,
        "w" | "week" | "weeks" => 168,
        _ => return None,
    };
    text.strip_suffix(unit)?.parse::<i64>().ok()?.checked_mul(each)
}

const LISTED: &str = "controller --help lists the flags";
const UNITS: &str = "the units are h, m, s, ms, us and ns";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_do() {
        let duration = |text: &str| {
            let reason = super::super::duration::parse(text).expect_err("no duration");
            FlagError::Invalid { flag: "key-ttl".into(), value: text.into(), reason: reason.into() }
        };
        for (error, hint) in [
            (FlagError::Unknown("update-statos".into()), "did you mean --update-status? controller --help"),
            (FlagError::Unknown("all_namespaces".into()), "did you mean --all-namespaces?"),
            (FlagError::Unknown("kubeconfig".into()), "the variable KUBECONFIG names the file"),
            (FlagError::Unknown("nosuch".into()), "controller --help lists the flags"),
            (
                FlagError::Shorthand { letter: 'k', cluster: "key-size=2048".into() },
                "long flags take two dashes: --key-size=2048",
            ),
            (FlagError::Shorthand { letter: 'x', cluster: "x".into() }, "-h is the only short flag"),
            (FlagError::NeedsArgument("key-size"), "--key-size=4096"),
            (FlagError::NeedsArgument("my-cn"), "--my-cn=VALUE"),
            (duration("30d"), "write 720h"),
            (duration("2w"), "write 336h"),
            (duration("1d12h"), "a day is 24h"),
            (duration("5"), "write for example 5h or 5s"),
            (duration("never"), "write for example 720h"),
        ] {
            assert!(error.hint().contains(hint), "{error}: {}", error.hint());
        }
    }
}
