//! The only place that words errors for people and picks the exit code.

use std::io::{self, Write as _};

use crate::{args::UsageError, hint::hint, problem::Problem, style};

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
        Outcome::Failed(Problem::Interrupted) => interrupted(),
        Outcome::Failed(problem) => {
            let mut hints = Vec::new();
            tell(problem, &mut hints);
            for hint in hints {
                say(&format!("hint: {hint}"));
            }
            1
        }
    }
}

/// Ends as the keys would have ended it without a prompt, so that a shell's loop stops as well.
fn interrupted() -> u8 {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::INT);
    }
    INTERRUPTED
}

/// What shells give for a program that SIGINT ended.
const INTERRUPTED: u8 = 130;

/// Every problem on a line of its own; a hint that fits several is told once.
fn tell(problem: &Problem, hints: &mut Vec<String>) {
    if let Problem::Several(problems) = problem {
        return problems.iter().for_each(|problem| tell(problem, hints));
    }
    say(&format!("error: {problem}"));
    if let Some(hint) = hint(problem).filter(|hint| !hints.contains(hint)) {
        hints.push(hint);
    }
}

/// One line on stderr; a stderr that is gone is no reason to fail.
pub(crate) fn say(line: &str) {
    let line = style::labelled(line, style::on_stderr());
    let _ = writeln!(io::stderr().lock(), "{line}");
}
