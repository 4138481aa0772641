//! `SEALED_SECRETS_*`: applied before the arguments, so that these win and lists append.

use super::{
    Args,
    table::{FLAGS, Group},
};

/// Sets flags from their variables; returns a notice for each value that makes no sense.
pub(crate) fn apply(args: &mut Args, variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut notices = Vec::new();
    for flag in FLAGS.iter().filter(|flag| flag.group != Group::Log) {
        let name = name_of(flag.name);
        let Some(value) = variable(&name) else { continue };
        if let Err(reason) = (flag.set)(args, &value) {
            notices.push(format!("warning: {name} is ignored: it {reason}"));
        }
    }
    notices
}

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
        let parsed = read(&[], &[("SEALED_SECRETS_SCOPE", "galaxy-wide"), ("SEALED_SECRETS_RAW", "maybe")]);
        assert_eq!(parsed.args, super::Args::default());
        assert_eq!(parsed.notices.len(), 2);
        assert!(parsed.notices.iter().any(|notice| notice.contains("SEALED_SECRETS_SCOPE")));
    }

    #[test]
    fn log_flags_have_no_variables() {
        assert!(read(&[], &[("SEALED_SECRETS_V", "x")]).notices.is_empty());
    }
}
