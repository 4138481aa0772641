//! Every function in scope is there and has recorded cases; no other is.
#![allow(clippy::disallowed_methods, reason = "tests read their cases from files")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic, a runner prints")]

mod corpus;

use std::{collections::BTreeSet, fs};

use gotemplate::{ErrorKind, Template};
use serde_json::Value;

fn listed() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(corpus::folder().join("functions.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let names = |field: &str| {
        let list = json[field].as_array().unwrap().iter();
        list.map(|entry| entry["name"].as_str().or(entry.as_str()).unwrap().to_owned()).collect()
    };
    ["sprig_functions", "builtin_functions", "removed"].map(|field| (field.to_owned(), names(field))).into()
}

/// The names that some case calls.
fn calls(case: &corpus::Case) -> BTreeSet<String> {
    let words = case.template.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.map(str::to_owned).chain([case.function.clone()]).collect()
}

#[test]
fn every_function_is_registered_and_has_three_cases() {
    let own = corpus::cases_of(&corpus::folder().join("../templates-own/functions.jsonl"));
    let cases: Vec<_> = corpus::files().iter().flat_map(|file| corpus::cases(file)).chain(own).collect();
    let uses: Vec<_> = cases.iter().map(calls).collect();
    let mut poor = Vec::new();
    let mut in_scope = BTreeSet::new();
    for (field, names) in listed() {
        told(&format!("{field}: {} functions", names.len()));
        for name in names {
            let known = match Template::parse("t", &format!("{{{{ {name} }}}}")) {
                Ok(_) => true,
                Err(error) => !error.message.contains("not defined"),
            };
            assert_eq!(known, field != "removed", "{name}");
            let count = uses.iter().filter(|words| words.contains(&name)).count();
            if field != "removed" {
                if count < 3 {
                    poor.push(format!("{name} ({count})"));
                }
                in_scope.insert(name);
            }
        }
    }
    let registered: BTreeSet<String> = gotemplate::function_names().map(str::to_owned).collect();
    assert_eq!(registered, in_scope);
    assert!(poor.is_empty(), "fewer than three cases: {poor:?}");
}

#[test]
fn what_is_not_registered_is_refused_with_its_name() {
    let error = Template::parse("t", "\n{{ required \"x\" .a }}").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Parse);
    assert_eq!(
        error.to_string(),
        "template: t:2:4: function \"required\" not defined: it belongs to Helm, not to templates in general"
    );
}

/// Says it past the test harness, which swallows what a passing test prints.
fn told(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output takes text");
}
