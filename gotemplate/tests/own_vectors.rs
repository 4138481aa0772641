//! Cases of our own: what Go's standard library makes of them, and what the documentation promises.
#![allow(clippy::disallowed_methods, reason = "tests read their cases from files")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic, a runner prints")]

mod corpus;

use std::{fs, path::PathBuf};

use base64::{Engine, prelude::BASE64_STANDARD};
use corpus::{Case, cases_of, folder, render};
use gotemplate::{Error, ErrorKind};

fn files() -> Vec<PathBuf> {
    let folder = folder().join("../templates-own");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "jsonl"));
    files.sort();
    files
}

fn agrees(case: &Case, outcome: &Result<Vec<u8>, Error>) -> bool {
    match (outcome, &case.expect["out"], &case.expect["out_b64"]) {
        (Ok(out), serde_json::Value::String(text), _) => *out == text.as_bytes(),
        (Ok(out), _, serde_json::Value::String(text)) => *out == BASE64_STANDARD.decode(text).unwrap(),
        (Ok(_), ..) => false,
        (Err(error), ..) => match error.kind {
            ErrorKind::Parse => case.expect["error"] == "parse",
            ErrorKind::Exec => case.expect["error"] == "exec",
            ErrorKind::Limit(_) => case.expect["limit"] == true,
            ErrorKind::Interrupted => false,
        },
    }
}

#[test]
fn every_own_template_renders_as_it_should() {
    let mut failed = 0;
    for path in files() {
        let cases = cases_of(&path);
        let mut bad = Vec::new();
        for case in &cases {
            let outcome = render(&case.template, &case.data);
            if !agrees(case, &outcome) {
                let got = outcome.map(|out| String::from_utf8_lossy(&out).into_owned());
                bad.push(format!(
                    "{}: {:?}\n    wanted {}\n    got    {got:?}",
                    case.id, case.template, case.expect
                ));
            }
        }
        let name = path.file_stem().unwrap().to_string_lossy();
        told(&format!("{name}: {} passed, {} failed", cases.len() - bad.len(), bad.len()));
        for text in &bad {
            told(&format!("  {text}"));
        }
        failed += bad.len();
    }
    assert_eq!(failed, 0, "cases are answered differently");
}

/// Says it past the test harness, which swallows what a passing test prints.
fn told(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output takes text");
}
