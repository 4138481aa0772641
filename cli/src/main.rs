//! `kubeseal`: the command line of Sealed Secrets.
//!
//! ```text
//! ● argv, environment ▶ ◇ args ▶ ◇ job ▶ ● run (certificate, input, output) ▶ ● report
//! ```

mod args;
mod cert_source;
mod cluster;
mod input;
mod job;
mod output;
mod problem;
mod report;
mod run;

use std::{env, process::ExitCode};

use report::{Outcome, report};

fn main() -> ExitCode {
    let argv = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let outcome = match args::parse(argv, |name| env::var(name).ok()) {
        Err(error) => Outcome::Usage(error),
        Ok(parsed) => {
            parsed.notices.iter().for_each(|notice| report::say(notice));
            match job::Job::try_from(parsed.args).and_then(run::run) {
                Ok(()) => Outcome::Done,
                Err(problem) => Outcome::Failed(problem),
            }
        }
    };
    ExitCode::from(report(&outcome))
}
