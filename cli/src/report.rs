//! The only place that words errors for people and picks the exit code.

use std::io::{self, Write as _};

use crate::{args::UsageError, problem::Problem};

/// What the program ends with.
pub(crate) enum Outcome {
    /// All done.
    Done,
    /// A command line that cannot be read.
    Usage(UsageError),
    /// Something that did not work out.
    Failed(Problem),
}

/// Says what happened, and returns the exit code.
pub(crate) fn report(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Done => 0,
        Outcome::Usage(error) => {
            say(&format!("error: {error}"));
            say(&format!("hint: {}", error.hint()));
            2
        }
        Outcome::Failed(problem) => {
            say(&format!("error: {problem}"));
            if let Some(hint) = problem.hint() {
                say(&format!("hint: {hint}"));
            }
            1
        }
    }
}

/// One line on stderr; a stderr that is gone is no reason to fail.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
