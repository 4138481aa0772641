//! Colour: one palette, on terminals only, and never against the wish of the one who looks.

use std::{
    env,
    io::{self, IsTerminal as _},
    sync::OnceLock,
};

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum When {
    /// On terminals, unless `NO_COLOR` is set, `CLICOLOR` is 0 or the terminal is dumb.
    #[default]
    Auto,
    Always,
    Never,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Heading,
    Flag,
    Error,
    Warning,
    Note,
    Hint,
}

static WHEN: OnceLock<When> = OnceLock::new();

/// Settles it for the whole run.
pub(crate) fn set(when: When) {
    let _ = WHEN.set(when);
}

/// Whether what goes to stderr has colour.
pub(crate) fn on_stderr() -> bool {
    is_on(io::stderr().is_terminal())
}

/// Whether what goes to stdout has colour.
pub(crate) fn on_stdout() -> bool {
    is_on(io::stdout().is_terminal())
}

fn is_on(is_terminal: bool) -> bool {
    decide(WHEN.get().copied().unwrap_or_default(), is_terminal, |name| env::var(name).ok())
}

fn decide(when: When, is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            is_terminal
                && variable("NO_COLOR").is_none_or(|value| value.is_empty())
                && variable("CLICOLOR").is_none_or(|value| value != "0")
                && variable("TERM").is_none_or(|value| value != "dumb")
        }
    }
}

/// A text in the colour of its role.
pub(crate) fn paint(role: Role, text: &str, on: bool) -> String {
    let code = match role {
        Role::Heading => "1",
        Role::Flag => "36",
        Role::Error => "1;31",
        Role::Warning => "33",
        Role::Note => "2",
        Role::Hint => "1;36",
    };
    if on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// A line for stderr, the word before its colon in colour.
pub(crate) fn labelled(line: &str, on: bool) -> String {
    let roles =
        [("error", Role::Error), ("warning", Role::Warning), ("note", Role::Note), ("hint", Role::Hint)];
    for (label, role) in roles {
        if let Some(rest) = line.strip_prefix(label).filter(|rest| rest.starts_with(':')) {
            return format!("{}{rest}", paint(role, label, on));
        }
    }
    line.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let none = |_: &str| None;
        let set = |wanted: &'static str, value: &'static str| {
            move |name: &str| (name == wanted).then(|| value.to_owned())
        };
        assert!(decide(When::Auto, true, none) && !decide(When::Auto, false, none));
        assert!(
            !decide(When::Auto, true, set("NO_COLOR", "1")) && decide(When::Auto, true, set("NO_COLOR", ""))
        );
        assert!(
            !decide(When::Auto, true, set("CLICOLOR", "0")) && !decide(When::Auto, true, set("TERM", "dumb"))
        );
        assert!(decide(When::Always, false, set("NO_COLOR", "1")) && !decide(When::Never, true, none));
    }

    #[test]
    fn only_the_label_has_colour() {
        assert_eq!(labelled("error: x: y", true), "\x1b[1;31merror\x1b[0m: x: y");
        assert_eq!(labelled("error: x", false), "error: x");
        assert_eq!(labelled("errors: x", true), "errors: x");
    }
}
