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
    let argv = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let outcome = match args::parse(argv, |name| env::var(name).ok()) {
        Err(error) => Outcome::Usage(error),
        Ok(parsed) => match execute(parsed) {
            Ok(()) => Outcome::Done,
            Err(problem) => Outcome::Failed(problem),
        },
    };
    ExitCode::from(report(&outcome))
}

fn execute(parsed: Parsed) -> Result<(), Problem> {
    let Parsed { args, notices, bad_variable } = parsed;
    style::set(args.color);
    for notice in &notices {
        report::say(notice);
    }
    if let Some(variable) = bad_variable.filter(|_| !args.help && !args.version) {
        return Err(Problem::Variable(variable));
    }
    let meant = words::Meant::of(&args);
    let notes = notes(&args);
    let job = Job::try_from(args)?;
    if !matches!(job, Job::Help | Job::Version | Job::Completion(_) | Job::Names(_) | Job::Man) {
        for note in &notes {
            report::say(note);
        }
    }
    run::run(job).map_err(|problem| words::explained(problem, &meant))
}

/// What has no effect is told of, and is no error where the reference has none.
fn notes(args: &Args) -> Vec<String> {
    let mut notes = args::without_effect(args);
    notes.extend(words::notes(args));
    notes
}
