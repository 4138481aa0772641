//! `kubeseal`: the command line of Sealed Secrets.
//!
//! ```text
//! ● argv, environment ▶ ◇ args ▶ ◇ job ▶ ● run (certificate, input, output) ▶ ● report
//! ```

mod args;
mod cert_source;
mod cluster;
mod hint;
mod input;
mod job;
mod output;
mod problem;
mod report;
mod run;
mod style;
mod words;

use std::{env, process::ExitCode};

use args::{Args, Parsed};
use job::Job;
use problem::Problem;
use report::{Outcome, report};

fn main() -> ExitCode {
    // A variable that is no text is not passed over: another scope than the one that was meant might be used.
    let variable = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let outcome = match args::texts(env::args_os().skip(1)).and_then(|argv| args::parse(argv, variable)) {
        Err(error) => Outcome::Usage(error),
        Ok(parsed) => match execute(parsed) {
            Ok(()) => Outcome::Done,
            Err(problem) => Outcome::Failed(problem),
        },
    };
    let code = report(&outcome);
    if matches!(outcome, Outcome::Failed(Problem::Interrupted)) {
        interrupt();
    }
    ExitCode::from(code)
}

/// Ends as the keys would have ended it without a prompt, so that a shell's loop stops as well.
#[cfg(unix)]
fn interrupt() {
    use rustix::process::{Signal, getpid, kill_process};
    let _ = kill_process(getpid(), Signal::INT);
}

#[cfg(not(unix))]
fn interrupt() {}

fn execute(parsed: Parsed) -> Result<(), Problem> {
    let Parsed { args, notices, bad_variable } = parsed;
    style::set(args.color);
    for notice in &notices {
        report::say(notice);
    }
    let meant = words::Meant::of(&args);
    let notes = notes(&args);
    let job = match (Job::try_from(args), bad_variable) {
        // What only prints a text has no use for variables.
        (Ok(job), _) if job.is_text() => return run::run(job),
        (Err(problem @ (Problem::Shell(_) | Problem::Surplus { .. })), _) => return Err(problem),
        (_, Some(variable)) => return Err(Problem::Variable(variable)),
        (job, None) => job?,
    };
    for note in &notes {
        report::say(note);
    }
    run::run(job).map_err(|problem| words::explained(problem, &meant))
}

/// What has no effect is told of, and is no error where the reference has none.
fn notes(args: &Args) -> Vec<String> {
    let mut notes = args::without_effect(args);
    notes.extend(words::notes(args));
    notes
}
