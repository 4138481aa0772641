//! argv by pflag's rules, which scripts rely on to the letter.

use std::ffi::OsString;

use super::{
    Args, ValueError, check,
    environment::{self, Refused},
    suggest,
    table::{FLAGS, Flag, Type},
};

/// What a command line comes to.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) args: Args,
    /// Deprecated flags that were used, and variables that were not understood.
    pub(crate) notices: Vec<String>,
    /// A variable that would decide what is done, with a value that makes no sense.
    pub(crate) bad_variable: Option<Refused>,
}

/// A command line that cannot be read.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum UsageError {
    /// The text is not shown: it might be anything.
    #[error("argument {0} is not UTF-8")]
    NotUtf8(usize),
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    #[error("unknown flag: --{name}")]
    Unknown { name: String, nearest: Option<&'static str> },
    /// `is_long`: with two dashes it would be a flag.
    #[error("unknown shorthand flag: {short:?} in -{group}")]
    UnknownShort { short: char, group: String, is_long: bool },
    #[error("flag needs an argument: {0}")]
    NoValue(String),
    #[error("flag needs an argument: {short:?} in -{group}")]
    NoShortValue { short: char, group: String },
    #[error("invalid argument {shown:?} for \"{flag}\" flag: {error}")]
    Value {
        shown: String,
        flag: String,
        #[source]
        error: ValueError,
    },
}

impl UsageError {
    /// What to do next.
    pub(crate) fn hint(&self) -> String {
        match self {
            Self::NotUtf8(_) => {
                "write it in UTF-8; a file with such a name is renamed, or given as stdin".to_owned()
            }
            Self::Unknown { nearest: Some(meant), .. } => format!("did you mean --{meant}? {LIST}"),
            Self::UnknownShort { group, is_long: true, .. } => {
                format!("long flags take two dashes: --{group}")
            }
            Self::Unknown { nearest: None, .. }
            | Self::UnknownShort { is_long: false, .. }
            | Self::Syntax(_)
            | Self::NoValue(_)
            | Self::NoShortValue { .. }
            | Self::Value { .. } => LIST.to_owned(),
        }
    }
}

const LIST: &str = "kubeseal --help lists the flags";

/// The arguments as texts: none is changed without a word, since it may name what is sealed.
pub(crate) fn texts(argv: impl IntoIterator<Item = OsString>) -> Result<Vec<String>, UsageError> {
    let texts = argv.into_iter().enumerate();
    texts.map(|(index, text)| text.into_string().map_err(|_| UsageError::NotUtf8(index + 1))).collect()
}

/// Reads the environment, then the arguments after the program's name.
pub(crate) fn parse(
    argv: impl IntoIterator<Item = String>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Parsed, UsageError> {
    let mut values = Args::default();
    let refused = environment::apply(&mut values, variable);
    let mut parser = Parser { args: values, notices: Vec::new(), rest: argv.into_iter() };
    while let Some(argument) = parser.rest.next() {
        match argument.as_bytes() {
            [b'-', b'-'] => {
                parser.args.positionals.extend(parser.rest.by_ref());
            }
            [b'-', b'-', ..] => parser.long(&argument)?,
            [b'-', _, ..] => {
                if parser.shorts(&argument)? == Stop::Help {
                    // `-h` is no flag of the reference: its parser stops there, whatever follows.
                    parser.args.help = true;
                    break;
                }
            }
            _ => parser.args.positionals.push(argument),
        }
    }
    let Parser { args, mut notices, .. } = parser;
    let mut bad_variable = None;
    for variable in refused.into_iter().filter(|variable| !args.given.contains(variable.flag)) {
        if variable.decides() {
            bad_variable = Some(variable);
        } else {
            notices.push(format!("warning: {} is ignored: it {}", variable.variable, variable.error));
        }
    }
    Ok(Parsed { args, notices, bad_variable })
}

#[derive(PartialEq)]
enum Stop {
    No,
    Help,
}

struct Parser<I> {
    args: Args,
    notices: Vec<String>,
    rest: I,
}

impl<I: Iterator<Item = String>> Parser<I> {
    /// `--name`, `--name=value`, `--name value`.
    fn long(&mut self, argument: &str) -> Result<(), UsageError> {
        let body = &argument[2..];
        if body.starts_with(['-', '=']) {
            return Err(UsageError::Syntax(argument.to_owned()));
        }
        let (name, given) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (body, None),
        };
        let flag = FLAGS.iter().find(|flag| flag.name == name).ok_or_else(|| unknown(name))?;
        let value = match given {
            Some(value) => value,
            None if flag.kind == Type::Bool => "true".to_owned(),
            None => self.rest.next().ok_or_else(|| UsageError::NoValue(argument.to_owned()))?,
        };
        self.set(flag, &value)
    }

    /// `-n x`, `-nx`, `-n=x`, and switches in a row.
    fn shorts(&mut self, argument: &str) -> Result<Stop, UsageError> {
        let group = &argument[1..];
        let mut rest = group;
        while let Some(short) = rest.chars().next() {
            let after = &rest[short.len_utf8()..];
            let Some(flag) = FLAGS.iter().find(|flag| flag.short == Some(short)) else {
                return match short {
                    'h' => Ok(Stop::Help),
                    _ => Err(unknown_short(short, group)),
                };
            };
            let value = match after.strip_prefix('=') {
                Some(value) if !value.is_empty() => value.to_owned(),
                _ if flag.kind == Type::Bool => {
                    self.set(flag, "true")?;
                    rest = after;
                    continue;
                }
                _ if !after.is_empty() => after.to_owned(),
                _ => self
                    .rest
                    .next()
                    .ok_or_else(|| UsageError::NoShortValue { short, group: rest.to_owned() })?,
            };
            self.set(flag, &value)?;
            break;
        }
        Ok(Stop::No)
    }

    fn set(&mut self, flag: &Flag, value: &str) -> Result<(), UsageError> {
        let is_first = !self.args.given.contains(flag.name);
        if is_first && flag.name == "secret-file" {
            // Flags win over their variables, also where they may be repeated.
            self.args.secret_file.clear();
        }
        (flag.set)(&mut self.args, value).map_err(|error| {
            let shown = if flag.kind == Type::Credential { "…" } else { value };
            UsageError::Value { shown: shown.to_owned(), flag: flag.spelling(), error }
        })?;
        let mut on = true;
        if flag.kind == Type::Bool {
            // The setter has accepted the value already.
            let _ = check::boolean(&mut on, value);
        }
        if on {
            self.args.given.insert(flag.name);
        } else {
            self.args.given.remove(flag.name);
        }
        if let Some(instead) = flag.deprecated {
            self.notices
                .push(format!("Flag --{} has been deprecated, please use {instead} instead", flag.name));
        }
        Ok(())
    }
}

fn unknown(name: &str) -> UsageError {
    UsageError::Unknown { name: name.to_owned(), nearest: suggest::nearest(name) }
}

fn unknown_short(short: char, group: &str) -> UsageError {
    let is_long = FLAGS.iter().any(|flag| flag.name == group.split('=').next().unwrap_or(group));
    UsageError::UnknownShort { short, group: group.to_owned(), is_long }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn read(argv: &[&str]) -> Result<Parsed, UsageError> {
        parse(argv.iter().map(|&arg| arg.to_owned()), |_| None)
    }

    #[track_caller]
    fn refuses(argv: &[&str], message: &str) {
        let error = read(argv).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn a_value_follows_after_an_equals_sign_or_a_space() {
        for argv in [&["--cert=x"][..], &["--cert", "x"]] {
            assert_eq!(read(argv).unwrap().args.cert, "x");
        }
        for argv in [&["-o=yaml"][..], &["-oyaml"], &["-o", "yaml"]] {
            assert_eq!(read(argv).unwrap().args.format, "yaml");
        }
        assert_eq!(read(&["-o="]).unwrap().args.format, "=", "pflag takes a lone equals sign as the value");
    }

    #[test]
    fn a_switch_takes_no_following_argument() {
        let args = read(&["--raw", "false", "--raw=true", "-", "--", "--raw=false"]).unwrap().args;
        assert!(args.raw);
        assert_eq!(args.positionals, ["false", "-", "--raw=false"]);
    }

    #[test]
    fn lists_split_on_commas_and_groups_do_not() {
        let args =
            read(&["--from-file", "a,\"b,c\"", "--from-file=d", "--as-group", "x,y", "--as-group", "z"]);
        let args = args.unwrap().args;
        assert_eq!(args.from_file, ["a", "b,c", "d"]);
        assert_eq!(args.connection.impersonate_groups, ["x,y", "z"]);
    }

    #[test]
    fn mistakes_are_named_as_the_reference_names_them() {
        refuses(&["--bogus"], "unknown flag: --bogus");
        refuses(&["-x"], "unknown shorthand flag: 'x' in -x");
        refuses(&["-cert", "x"], "unknown shorthand flag: 'c' in -cert");
        refuses(&["---x"], "bad flag syntax: ---x");
        refuses(&["--=x"], "bad flag syntax: --=x");
        refuses(&["--cert"], "flag needs an argument: --cert");
        refuses(&["-o"], "flag needs an argument: 'o' in -o");
        refuses(&["-v", "x"], "invalid argument \"x\" for \"-v, --v\" flag");
        refuses(&["--raw="], "invalid argument \"\" for \"--raw\" flag");
    }

    #[cfg(unix)]
    #[test]
    fn an_argument_that_is_no_text_is_named_by_its_place() {
        use std::os::unix::ffi::OsStringExt as _;
        let argv = [OsString::from("--raw"), OsString::from_vec(b"hunter2\xff".to_vec())];
        let error = texts(argv).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), &error),
            ("argument 2 is not UTF-8", &UsageError::NotUtf8(2))
        );
    }

    #[test]
    fn every_usage_error_names_its_step() {
        let text = || "cert".to_owned();
        for (error, step) in [
            (UsageError::NotUtf8(1), "UTF-8"),
            (UsageError::Syntax(text()), "--help"),
            (UsageError::Unknown { name: text(), nearest: None }, "--help"),
            (UsageError::Unknown { name: text(), nearest: Some("raw") }, "--raw"),
            (UsageError::UnknownShort { short: 'c', group: text(), is_long: true }, "two dashes: --cert"),
            (UsageError::UnknownShort { short: 'c', group: text(), is_long: false }, "--help"),
            (UsageError::NoValue(text()), "--help"),
            (UsageError::NoShortValue { short: 'o', group: text() }, "--help"),
            (UsageError::Value { shown: text(), flag: text(), error: ValueError::Switch }, "--help"),
        ] {
            assert!(error.hint().contains(step), "{error:?}: {}", error.hint());
        }
    }

    #[test]
    fn a_short_h_stops_the_reading() {
        assert!(read(&["-h", "--bogus"]).unwrap().args.help);
        refuses(&["--help", "--bogus"], "unknown flag: --bogus");
    }

    #[test]
    fn rotate_is_re_encrypt_with_a_notice() {
        let parsed = read(&["--rotate"]).unwrap();
        assert!(parsed.args.re_encrypt);
        assert_eq!(parsed.notices, ["Flag --rotate has been deprecated, please use --re-encrypt instead"]);
    }

    #[test]
    fn credentials_are_not_shown() {
        let args = read(&["--token", "s3cr3t", "--password=s3cr3t"]).unwrap().args;
        assert!(!format!("{args:?}").contains("s3cr3t"));
    }
}
