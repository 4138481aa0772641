//! Every text of `testdata/decode` is read, or refused, as the reference reads or refuses it.
//!
//! Where the reference loses input, hangs or changes a value (`reference-bug`), an error is right, or all that
//! stands in the text; `BETTER` names those cases with the reason.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod corpus;

use std::{fmt::Write as _, io::Write as _};

use golang::base64;
use sealed_secrets_core::{
    SealedSecret, Secret,
    manifest::{self, DecodeError, Format, Problem},
};
use serde_json::{Value, json};

#[test]
fn every_recorded_text_is_read_as_recorded() {
    let cases = corpus::cases("decode");
    // Ten thousand levels in a debug build.
    std::thread::Builder::new()
        .spawn(move || {
            corpus::run("decode", &cases, UNLIKE, judge);
            name_the_better(&cases);
        })
        .unwrap()
        .join()
        .unwrap();
}

/// Errors of the reference that are none here.
const UNLIKE: &[(&str, &str)] = &[
    ("encoding/utf16le-bom", "UTF-16 as Windows shells write it is decoded"),
    ("quoted/surrogate-pair", "what JSON writers make of an emoji is read in YAML's double quotes too"),
];

/// Cases of class `reference-bug`, by what is better here.
const BETTER: &[(&str, &[&str])] = &[
    (
        "a document that cannot be read is an error, not passed over",
        &[
            "documents/marker-text-later",
            "documents/marker-tag",
            "documents/marker-glued",
            "documents/broken-first",
            "documents/broken-middle",
            "documents/broken-last",
            "documents/scalar-then-good",
            "documents/number-then-good",
            "documents/type-error-then-good",
            "json-tail/tail-4",
            "json-tail/tail-5",
            "json-tail/tail-newline-3",
            "json-tail/tail-newline-4",
            "json/comma-between",
            "json/one-then-truncated",
            "json/one-then-garbage",
            "json/one-newline-bad-yaml",
            "json/two-then-number-then-good",
            "json/one-then-type-error-then-good",
            "sealed-secret/broken-second",
        ],
    ),
    (
        "as in the reference; `documents` opens lists",
        &["documents/list-of-secrets", "documents/secret-list-json"],
    ),
    (
        "text behind a document's end is an error, not passed over",
        &[
            "encoding/utf8-bom-json-two",
            "json/yaml-then-two-json",
            "json/marker-then-two-json",
            "json/comment-first-two",
            "layout/first-indented-only",
            "sealed-secret/dots-then-more",
        ],
    ),
    (
        "bytes that are not UTF-8, and half surrogate pairs, are refused, not replaced",
        &[
            "encoding/json-latin1",
            "encoding/json-truncated-utf8",
            "encoding/json-lone-surrogate",
            "sealed-secret/json-invalid-utf8",
            "tag/binary-non-utf8",
        ],
    ),
    (
        "as in the reference, since a drop-in must not seal another value silently: digits beyond seven are lost",
        &[
            "float/v3.14159265358979",
            "float/v1.5e300",
            "float/v123456789.123",
            "float/v16777217.0",
            "float/v0.30000000000000004",
        ],
    ),
    (
        "the reference never ends; here an error, or all objects where nothing is left over",
        &[
            "json-tail/tail-3",
            "json-tail/tail-space-3",
            "json-tail/tail-semicolon",
            "json-tail/tail-semicolon-newline",
            "json-tail/tail-comma",
            "json-tail/tail-comma-newline",
            "json-tail/tail-nul",
            "json-tail/tail-ctrl-z",
            "json-tail/two-tail-comment",
            "json-tail/two-tail-marker",
            "json-tail/short-broken",
            "json-tail/empty-object-tail",
            "json/two-json-then-yaml",
            "json/two-then-truncated",
            "json/one-then-brace",
            "json/two-then-garbage",
            "json/two-then-brace",
            "json/one-then-invalid-utf8",
            "json/two-then-invalid-utf8",
            "json/only-brace",
            "sealed-secret/json-trailing-garbage",
        ],
    ),
    ("a second document is an error where a single object is expected", &["sealed-secret/two-documents"]),
    (
        "no object is an error, not an empty object",
        &[
            "sealed-secret/empty",
            "sealed-secret/only-marker",
            "sealed-secret/null",
            "sealed-secret/empty-map",
            "sealed-secret/empty-json",
        ],
    ),
];

const BUG: &str = "reference-bug";

fn judge(case: &Value) -> Result<(), String> {
    let results = case["results"].as_object().unwrap();
    for (reader, expected) in results {
        let mut class = expected["class"].as_str().unwrap();
        if reader == "yaml-to-json" && results.values().any(|result| result["class"] == BUG) {
            // The bare conversion is the first step of the others: what they refuse it refuses.
            class = BUG;
        }
        judge_reader(&input(case), reader, class, expected).map_err(|why| format!("{reader}: {why}"))?;
    }
    Ok(())
}

fn input(case: &Value) -> Vec<u8> {
    match case["input"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64::decode(case["input_b64"].as_str().unwrap().as_bytes()).unwrap(),
    }
}

fn judge_reader(input: &[u8], reader: &str, class: &str, expected: &Value) -> Result<(), String> {
    match (class, read(input, reader)) {
        (_, _) if expected["unstable"] == true => Ok(()),
        ("ok", Ok(found)) => same(&found, &wanted(reader, expected)),
        ("error", Err(error)) => {
            let kind = expected["error"]["kind"].as_str().unwrap();
            let found = kind_of(&error);
            (found == kind)
                .then_some(())
                .ok_or_else(|| format!("{kind} was expected, found {found}: {error}"))
        }
        // An error is right, and so is all that stands in the text.
        (BUG, Err(_)) => Ok(()),
        (BUG, Ok(found)) => nothing_is_lost(&found, reader, expected),
        (_, Ok(_)) => Err("is read, but an error was expected".to_owned()),
        (_, Err(error)) => Err(format!("is refused: {error}")),
    }
}

/// What the reference made of the text must be there, and more where it lost something.
fn nothing_is_lost(found: &Value, reader: &str, expected: &Value) -> Result<(), String> {
    let wanted =
        expected.get("objects_before").map_or_else(|| wanted(reader, expected), |list| tidy(list.clone()));
    let found = tidy(found.clone());
    let (Some(found), Some(wanted)) = (found.as_array(), wanted.as_array()) else {
        return same(&found, &wanted);
    };
    let skipped = expected["skipped"].as_array().map_or(0, Vec::len);
    if found.len() < wanted.len() + skipped {
        return Err("input is lost".to_owned());
    }
    Ok(())
}

fn read(input: &[u8], reader: &str) -> Result<Value, DecodeError> {
    match reader {
        "secrets" => Ok(manifest::secrets(input)?.iter().map(secret).collect()),
        "sealed-secrets" => Ok(manifest::sealed_secrets(input)?.iter().map(sealed).collect()),
        "codec" => manifest::sealed_secret(input).map(|object| sealed(&object)),
        "yaml-to-json" => manifest::yaml_to_json(input),
        other => panic!("a reader that this test does not know: {other}"),
    }
}

fn secret(object: &Secret) -> Value {
    let mut value = printed(&manifest::write_secrets(std::slice::from_ref(object), Format::Json));
    restore_type_fields(&mut value, &object.api_version, &object.kind);
    value
}

fn sealed(object: &SealedSecret) -> Value {
    let mut value = printed(&manifest::write_sealed_secrets(std::slice::from_ref(object), Format::Json));
    restore_type_fields(&mut value, &object.api_version, &object.kind);
    value
}

fn printed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The writer fills these in.
fn restore_type_fields(value: &mut Value, api_version: &str, kind: &str) {
    value["apiVersion"] = json!(api_version);
    value["kind"] = json!(kind);
}

fn wanted(reader: &str, expected: &Value) -> Value {
    let field = match reader {
        "codec" => "object",
        "yaml-to-json" => return expected["json"].clone(),
        _ => "objects",
    };
    tidy(expected[field].clone())
}

fn same(found: &Value, wanted: &Value) -> Result<(), String> {
    let (found, wanted) = (tidy(found.clone()), tidy(wanted.clone()));
    if found == wanted { Ok(()) } else { Err(format!("\n  found  {found}\n  wanted {wanted}")) }
}

/// Null and empty are the same in a printed object, and numbers are compared as numbers.
fn tidy(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(name, value)| (name, tidy(value)))
            .filter(|(name, value)| {
                !(value.is_null() || is_empty(value) && OPTIONAL.contains(&name.as_str()))
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(tidy).collect(),
        Value::Number(number) => json!(number.as_f64().unwrap()),
        // In `data` and `template.data` an empty value may have been a null.
        Value::Null => Value::String(String::new()),
        other => other,
    }
}

const OPTIONAL: &[&str] = &["apiVersion", "kind", "encryptedData", "lastTransitionTime", "lastUpdateTime"];

fn is_empty(value: &Value) -> bool {
    value == "" || value.as_object().is_some_and(serde_json::Map::is_empty)
}

fn kind_of(error: &DecodeError) -> &'static str {
    kind_of_problem(&error.problem)
}

fn kind_of_problem(problem: &Problem) -> &'static str {
    match problem {
        Problem::Encoding
        | Problem::Utf16WithoutMark
        | Problem::YamlSyntax(_)
        | Problem::Trailing
        | Problem::SeveralDocuments
        | Problem::NoObject => "yaml-syntax",
        Problem::JsonSyntax(_) => "json-syntax",
        Problem::Separator => "separator",
        Problem::UnsupportedKey => "unsupported-key",
        Problem::UnsupportedValue => "unsupported-value",
        Problem::Type { .. } => "type",
        Problem::Base64(_) => "base64",
        Problem::Time => "time",
        // No text of the corpus comes near the bounds of files.
        Problem::Bound { .. } => "bound",
        Problem::Depth => "depth",
        Problem::WrongKind { .. } => "wrong-kind",
        Problem::BadVersion => "bad-version",
        Problem::NoSecret { problem, .. } => kind_of_problem(problem),
    }
}

fn name_the_better(cases: &[Value]) {
    let is_bug =
        |case: &&Value| case["results"].as_object().unwrap().values().any(|result| result["class"] == BUG);
    let mut lines = String::new();
    for case in cases.iter().filter(is_bug) {
        let id = case["id"].as_str().unwrap();
        let reason = BETTER
            .iter()
            .find(|(_, names)| names.contains(&id))
            .map_or("read as the reason in its notes asks", |(reason, _)| reason);
        writeln!(lines, "decode: where the reference is wrong: {id}: {reason}").unwrap();
    }
    // Past the harness's capture: the names belong to the tally.
    std::io::stdout().write_all(lines.as_bytes()).unwrap();
}
