//! No function panics, whatever it is called with.
#![allow(clippy::disallowed_methods, reason = "tests read the list of functions from a file")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a failed test may panic, a runner prints")]

mod corpus;

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde_json::Value;

/// Values of every type, and the odd ones of each.
const ARGUMENTS: &[&str] = &[
    "0",
    "1",
    "-1",
    "7",
    "9223372036854775807",
    "-9223372036854775808",
    "1000000",
    "1.5",
    "-0.0",
    "1e308",
    "(float64 \"NaN\")",
    "(float64 \"-Inf\")",
    "1i",
    "(int64 3)",
    "(index \"a\" 0)",
    "(semver \"1.2.3\").Major",
    "true",
    "false",
    "nil",
    ".missing",
    "\"\"",
    "\"a\"",
    "\"é日😀\"",
    "\"a\\xffb\\xed\\xa0\\x80\"",
    "\"%s%!d%999999s\"",
    "\"a(b|c)*[d-e]{2,3}\"",
    "\"((((\"",
    "\"$1${x}$\"",
    "\"2006-01-02T15:04:05.999Z07:00\"",
    "\"1.2.x || >=3 <4\"",
    "\"http://u:p@[::1]:80/%41?q#f\"",
    "\"{\\\"a\\\":[1,{\\\"b\\\":null}]}\"",
    "\"-5h30m\"",
    "\"long\"",
    ".big",
    "(list)",
    "(list nil 1 \"a\" (list))",
    "(until 3)",
    "(until 0)",
    "(splitList \",\" \"b,a\")",
    "(chunk 1 (list 1 2))",
    "(rest (list))",
    "(list \"10.0.0.1\" \"::1\")",
    "(dict)",
    "(dict \"a\" (dict \"b\" nil) \"scheme\" \"x\")",
    "(split \",\" \"a,b\")",
    "(fromJson \"null\")",
    ".",
    "$self",
    "(now)",
    "(toDate \"2006\" \"bad\")",
    "(semver \"1.2.3-rc.1+b\")",
    "(now).Month",
    "((now).Sub (now))",
    ".key",
    "(b64enc .key)",
];

/// Functions that make keys or passwords slowly.
const SLOW: &[&str] =
    &["bcrypt", "derivePassword", "genCA", "genPrivateKey", "genSelfSignedCert", "genSignedCert", "htpasswd"];

/// A dict that contains itself.
const PRELUDE: &str = "{{ $self := dict \"a\" 1 }}{{ $_ := set $self \"self\" $self }}";

/// splitmix64, so that each run makes the same calls.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from(mixed >> 33).unwrap() % bound
    }
}

/// Name, number of parameters and whether more may follow.
fn functions() -> Vec<(String, usize, bool)> {
    let text = fs::read_to_string(corpus::folder().join("functions.json")).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let read = |entry: &Value| {
        let signature = entry["signature"].as_str()?;
        let inside = signature.strip_prefix("func(")?.split_once(") ")?.0;
        let count = if inside.is_empty() { 0 } else { inside.split(", ").count() };
        let variadic = entry["variadic"] == true;
        Some((entry["name"].as_str()?.to_owned(), count - usize::from(variadic), variadic))
    };
    json["sprig_functions"].as_array().unwrap().iter().filter_map(read).collect()
}

fn data() -> BTreeMap<String, Vec<u8>> {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIIi4kYqnMOyTSzBHiGTTjm1RKxyhRkHG1uzcm6OBVXN0\n-----END PRIVATE KEY-----\n";
    BTreeMap::from([("big".to_owned(), b"Ab \n\xff".repeat(2_000)), ("key".to_owned(), key.into())])
}

#[test]
fn no_argument_makes_a_function_panic() {
    let (data, mut dice, mut calls, mut bad) = (data(), Dice(1), 0, Vec::new());
    let functions = functions();
    assert!(functions.len() > 200, "{}", functions.len());
    for (name, fixed, variadic) in functions {
        let rounds = if SLOW.contains(&name.as_str()) { 6 } else { 60 };
        for _ in 0..rounds {
            let count = fixed + if variadic { dice.below(4) } else { 0 };
            let arguments: Vec<&str> = (0..count).map(|_| ARGUMENTS[dice.below(ARGUMENTS.len())]).collect();
            let call = format!("{name} {}", arguments.join(" "));
            let template = format!("{PRELUDE}{{{{ $x := {call} }}}}{{{{ toJson $x }}}}{{{{ quote $x }}}}");
            calls += 1;
            if catch_unwind(AssertUnwindSafe(|| corpus::render(&template, &data))).is_err() {
                bad.push(call);
            }
        }
    }
    told(&format!("arguments: {} passed, {} failed", calls - bad.len(), bad.len()));
    assert!(bad.is_empty(), "these panic: {bad:#?}");
}

/// Says it past the test harness, which swallows what a passing test prints.
fn told(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output takes text");
}
