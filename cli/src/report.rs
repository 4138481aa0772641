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
        Outcome::Failed(Problem::Interrupted) => INTERRUPTED,
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

/// What shells give for a program that SIGINT ended.
const INTERRUPTED: u8 = 130;

/// Every problem on a line of its own; a hint that fits several is told once.
fn tell(problem: &Problem, hints: &mut Vec<String>) {
    if let Problem::Several(problems) = problem {
        return problems.iter().for_each(|problem| tell(problem, hints));
    }
    if has_lines(problem) {
        say_lines(&format!("error: {problem}"));
    } else {
        say(&format!("error: {problem}"));
    }
    if let Some(hint) = hint(problem).filter(|hint| !hints.contains(hint)) {
        hints.push(hint);
    }
}

/// Whether the text of a problem has lines of its own: one for each item that does not open.
fn has_lines(problem: &Problem) -> bool {
    match problem {
        Problem::In { problem, .. } => has_lines(problem),
        problem => matches!(problem, Problem::Unseal { .. }),
    }
}

/// One line on stderr; a stderr that is gone is no reason to fail.
pub(crate) fn say(line: &str) {
    let line = style::labelled(&visible(line), style::on_stderr());
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn say_lines(text: &str) {
    text.split('\n').for_each(say);
}

/// A text in which names, kinds and answers of others move no cursor, begin no line and change no order: what does so
/// is escaped.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let is_tab = character == '\t';
        let turns = matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if (character.is_control() && !is_tab) || turns {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_there() {
        for (text, shown) in [
            ("a\u{1b}[2Kb", "a\\u{1b}[2Kb"),
            ("a\r\nerror: b", "a\\r\\nerror: b"),
            ("\u{9b}2J\u{7f}\0", "\\u{9b}2J\\u{7f}\\u{0}"),
            ("a\u{202e}b\u{2028}c", "a\\u{202e}b\\u{2028}c"),
            ("ä\t… `x` \"y\"", "ä\t… `x` \"y\""),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
