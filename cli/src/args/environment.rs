//! `SEALED_SECRETS_*`: applied before the arguments, so that these win and lists append.

use super::{
    Args, ValueError,
    table::{FLAGS, Group},
};

/// A variable whose value makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{variable} {error}")]
pub(crate) struct Refused {
    pub(crate) flag: &'static str,
    pub(crate) variable: String,
    #[source]
    pub(crate) error: ValueError,
}

impl Refused {
    /// Whether it would decide what is done, or where or how something is sealed: then it is not ignored, since
    /// nobody who asked for another scope wants the default one.
    pub(crate) fn decides(&self) -> bool {
        DECIDING.contains(&self.flag)
    }
}

/// Sets flags from their variables; returns those that make no sense and change nothing.
pub(crate) fn apply(args: &mut Args, variable: impl Fn(&str) -> Option<String>) -> Vec<Refused> {
    let mut refused = Vec::new();
    for flag in FLAGS.iter().filter(|flag| flag.group != Group::Log) {
        let name = name_of(flag.name);
        let Some(value) = variable(&name) else { continue };
        if let Err(error) = (flag.set)(args, &value) {
            refused.push(Refused { flag: flag.name, variable: name, error });
        }
    }
    refused
}

const DECIDING: &[&str] =
    &["scope", "raw", "trim", "validate", "re-encrypt", "rotate", "recovery-unseal", "fetch-cert"];

/// The variable that stands for a flag.
pub(crate) fn name_of(flag: &str) -> String {
    format!("SEALED_SECRETS_{}", flag.replace('-', "_").to_uppercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::super::parse::{Parsed, parse};

    fn read(argv: &[&str], variables: &[(&str, &str)]) -> Parsed {
        parse(argv.iter().map(|&arg| arg.to_owned()), |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
        .unwrap()
    }

    #[test]
    fn flags_win_over_variables_and_lists_append() {
        let variables = [("SEALED_SECRETS_CERT", "a"), ("SEALED_SECRETS_RECOVERY_PRIVATE_KEY", "k1,k2")];
        let args = read(&["--cert", "b", "--recovery-private-key", "k3"], &variables).args;
        assert_eq!(args.cert, "b");
        assert_eq!(args.recovery_private_key, ["k1", "k2", "k3"]);
    }

    #[test]
    fn a_value_that_makes_no_sense_is_named_and_changes_nothing() {
        let parsed = read(&[], &[("SEALED_SECRETS_ALLOW_EMPTY_DATA", "maybe")]);
        assert_eq!(parsed.args, super::Args::default());
        assert!(parsed.notices[0].contains("SEALED_SECRETS_ALLOW_EMPTY_DATA is ignored"));
        assert!(parsed.bad_variable.is_none());
    }

    #[test]
    fn a_value_that_would_decide_is_not_ignored_unless_its_flag_does() {
        let variables = [("SEALED_SECRETS_SCOPE", "galaxy-wide")];
        let bad = read(&[], &variables).bad_variable.unwrap().to_string();
        assert!(bad.starts_with("SEALED_SECRETS_SCOPE must be one of"), "{bad}");
        assert!(read(&["--scope", "strict"], &variables).bad_variable.is_none());
    }

    #[test]
    fn log_flags_have_no_variables() {
        assert!(read(&[], &[("SEALED_SECRETS_V", "x")]).notices.is_empty());
    }
}
