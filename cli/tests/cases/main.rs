//! Every recorded command line of `testdata/cli` and every one of ours in `testdata/cli-own`, run against the binary.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod answered;
mod case;
mod documents;
mod execute;
mod judge;
mod server;

use std::{
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use case::Case;
use judge::{Keys, Verdict};

#[test]
fn every_recorded_command_line_is_answered_as_recorded_or_better() {
    run("cli", &testdata("cli"), answered::BETTER, answered::CHANGED, answered::OWNERLESS);
}

#[test]
fn every_command_line_of_our_own_is_answered_as_written() {
    run("cli-own", &testdata("cli-own"), &[], &[], ("", &[]));
}

/// Names of cases, each with the reason why it is answered otherwise.
type Reasons = [(&'static str, &'static str)];

/// The same, each with what changes in what is expected: a JSON merge patch.
type Changes = [(&'static str, &'static str, &'static str)];

fn testdata(name: &str) -> String {
    format!("{}/../testdata/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Runs all cases of a folder on a few threads; a case that is listed must be answered as listed.
fn run(
    title: &str,
    folder: &str,
    better: &'static Reasons,
    changed: &'static Changes,
    ownerless: (&str, &[&str]),
) {
    let mut cases = case::load(Path::new(folder));
    assert!(!cases.is_empty(), "{folder} has no cases");
    for (id, _) in better {
        assert!(cases.iter().any(|case| case.id == *id), "{id} is listed and is no case");
    }
    for (id, why, patch) in changed {
        let case = cases.iter_mut().find(|case| case.id == *id);
        let case = case.unwrap_or_else(|| panic!("{id} is listed and is no case"));
        case.change(patch);
        told(&format!("{title}: changed: {id}: {why}"));
    }
    for case in cases.iter_mut().filter(|case| ownerless.1.contains(&case.id.as_str())) {
        told(&format!("{title}: changed: {}: {}", case.id, ownerless.0));
        case.without_owners();
    }
    let keys = Keys::load(&testdata("keys"));
    let verdicts = verdicts(&cases, &keys);
    let mut failures = Vec::new();
    for (case, verdict) in cases.iter().zip(verdicts) {
        let listed = better.iter().find(|(id, _)| *id == case.id).map(|(_, why)| *why);
        match (verdict, listed) {
            (Verdict::AsRecorded, None) => {}
            (Verdict::AsRecorded, Some(_)) => {
                failures.push(format!("{}: listed, but answered as recorded", case.id));
            }
            (Verdict::Better, listed) => {
                let why = listed.or(case.raw["notes"].as_str()).unwrap_or("the case itself accepts it");
                told(&format!("{title}: better: {}: {why}", case.id));
            }
            (Verdict::Wrong(problems), _) => {
                failures.push(format!("{}: {}\n    {}", case.id, case.name, problems.join("\n    ")));
            }
        }
    }
    told(&format!("{title}: {} passed, {} failed", cases.len() - failures.len(), failures.len()));
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn verdicts(cases: &[Case], keys: &Keys) -> Vec<Verdict> {
    let slots: Vec<Mutex<Option<Verdict>>> = cases.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(2, |cores| cores.get() * 2);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((case, slot)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(index).zip(slots.get(index))
                } {
                    let outcome = execute::execute(case, keys.folder());
                    *slot.lock().unwrap() = Some(judge::judge(case, &outcome, keys));
                }
            });
        }
    });
    slots.into_iter().map(|slot| slot.into_inner().unwrap().unwrap()).collect()
}

/// Says it past the test harness, which swallows what a passing test prints.
fn told(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output takes text");
}
