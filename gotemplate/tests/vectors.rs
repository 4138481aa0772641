//! Every recorded template gives what Go and Sprig made of it.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic, a runner prints")]

mod corpus;

use base64::{Engine, prelude::BASE64_STANDARD};
use corpus::{Case, cases, files, render};
use gotemplate::{Error, ErrorKind};

/// Cases that are answered better than the reference does, with the reason.
const BETTER: &[(&str, &str)] = &[];

#[test]
fn every_recorded_template_renders_as_in_go() {
    let mut failed = 0;
    for file in files() {
        let (mut passed, mut bad) = (0, Vec::new());
        for case in cases(&file) {
            let outcome = render(&case.template, &case.data);
            if agrees(&case, &outcome) || BETTER.iter().any(|(id, _)| *id == case.id) {
                passed += 1;
            } else {
                bad.push(describe(&case, &outcome));
            }
        }
        told(&format!("{}: {passed} passed, {} failed", file.trim_end_matches(".jsonl"), bad.len()));
        for text in &bad {
            told(&format!("  {text}"));
        }
        failed += bad.len();
    }
    for (id, reason) in BETTER {
        told(&format!("better than the reference: {id}: {reason}"));
    }
    assert_eq!(failed, 0, "cases differ from the reference");
}

fn agrees(case: &Case, outcome: &Result<Vec<u8>, Error>) -> bool {
    let expect = &case.expect;
    match outcome {
        Ok(out) => {
            let wanted = match (&expect["out"], &expect["out_b64"]) {
                (serde_json::Value::String(text), _) => text.as_bytes().to_vec(),
                (_, serde_json::Value::String(text)) => BASE64_STANDARD.decode(text).unwrap(),
                _ => return false,
            };
            *out == wanted
        }
        Err(error) => match error.kind {
            ErrorKind::Parse => expect["error"] == "parse",
            ErrorKind::Exec => expect["error"] == "exec",
            ErrorKind::Limit(_) | ErrorKind::Interrupted => false,
        },
    }
}

fn describe(case: &Case, outcome: &Result<Vec<u8>, Error>) -> String {
    let got = match outcome {
        Ok(out) => format!("{:?}", String::from_utf8_lossy(out)),
        Err(error) => format!("{:?}: {error}", error.kind),
    };
    format!("{}: {:?}\n    wanted {}\n    got    {got}", case.id, case.template, case.expect)
}

/// Says it past the test harness, which swallows what a passing test prints.
fn told(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output takes text");
}
