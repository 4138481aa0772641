//! End to end: both binaries against both backends, as processes, over the network.
//!
//! `SANDBOX=memory` or `SANDBOX=kubernetes` chooses one backend; without it every test runs on both. A
//! test's name begins with its backend's. Arguments are those of Rust's own test harness, so a part of a
//! name after `--` chooses tests. Tests run beside each other, each alone on a backend.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod bad_input;
mod churn;
mod faults;
mod http_cases;
mod installs;
mod journeys;
mod key_planting;
mod kubectl;
mod leaders;
mod lists;
mod matrix;
mod memory_image;
mod no_words;
mod permissions;
mod pool;
mod refusals;
mod reports;
mod scenarios;
mod stage;
mod stop;
mod tally;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use pool::Pool;
use sandbox::backend::{Entered, Kind, enter};
use tally::Tally;

fn main() -> ExitCode {
    let kinds = match Kind::asked_for() {
        Ok(kinds) => kinds,
        Err(error) => return fail(&error),
    };
    match enter(&kinds) {
        Ok(Entered::Ended(code)) => return code,
        Ok(Entered::GoOn) => {}
        Err(error) => return fail(&error),
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let runtime = Arc::new(tokio::runtime::Runtime::new().expect("the system lets us make threads"));
    let tally = Tally::default();
    let trials = kinds.iter().flat_map(|kind| trials(&Pool::new(*kind, &runtime), &tally)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    tally.print();
    conclusion.exit_code()
}

/// Every test, on one backend.
fn trials(pool: &Pool, tally: &Tally) -> Vec<Trial> {
    [
        journeys::trials(pool),
        faults::trials(pool),
        churn::trials(pool),
        key_planting::trials(pool),
        kubectl::trials(pool),
        memory_image::trials(pool),
        no_words::trials(pool),
        bad_input::trials(pool),
        lists::trials(pool),
        matrix::trials(pool),
        leaders::trials(pool),
        installs::trials(pool),
        refusals::trials(pool),
        reports::trials(pool),
        stop::trials(pool),
        permissions::trials(pool),
        scenarios::trials(pool, tally),
        http_cases::trials(pool, tally),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    eprintln!("end_to_end: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// Most of a test is waiting, so more of them than cores; each has an API server of its own.
const AT_ONCE: usize = 4;
