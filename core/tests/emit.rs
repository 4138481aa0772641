//! Every object and text of `testdata/emit` is printed so that it reads back: JSON to the byte as the reference
//! prints it, YAML through this crate's reader of YAML 1.1 (judged by `testdata/decode`).
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod corpus;

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Format},
};
use serde_json::{Value, json};

#[test]
fn every_recorded_object_and_text_is_printed_so_that_it_reads_back() {
    corpus::run("emit", &corpus::cases("emit"), &[], |case| {
        if case["string"].is_string() {
            judge_text(case["string"].as_str().unwrap())
        } else {
            judge_object(case)
        }
    });
}

fn judge_object(case: &Value) -> Result<(), String> {
    let input = case["object"].to_string();
    let print = |format| match case["kind"].as_str().unwrap() {
        "Secret" => {
            manifest::write_secrets(&manifest::secrets(input.as_bytes()).unwrap(), format).to_string()
        }
        _ => manifest::write_sealed_secrets(&manifest::sealed_secrets(input.as_bytes()).unwrap(), format),
    };
    let recorded = case["json"].as_str().unwrap();
    let json = print(Format::Json);
    // A null in `data` is an empty value here, and no `encryptedData` an empty map.
    let holds_null = recorded.contains(": null");
    if json != recorded && !holds_null {
        return Err(format!("another JSON:\n{json}"));
    }
    let recorded: Value = serde_json::from_str(recorded).unwrap();
    same("the JSON", &serde_json::from_str(&json).unwrap(), &recorded)?;
    let yaml = print(Format::Yaml);
    if !yaml.starts_with("---\n") || !yaml.ends_with('\n') {
        return Err("a document begins with --- and ends with a newline".to_owned());
    }
    let read =
        manifest::yaml_to_json(yaml.as_bytes()).map_err(|error| format!("the YAML is refused: {error}"))?;
    same("the YAML", &read, &recorded)
}

/// As a value and as a key, alone and beside others.
fn judge_text(text: &str) -> Result<(), String> {
    let mut object = SealedSecret::default();
    object.spec.encrypted_data.insert(text.to_owned(), "AgA=".to_owned());
    object.spec.template.data.insert(text.to_owned(), Some(text.to_owned()));
    object.spec.template.data.insert("other".to_owned(), Some(text.to_owned()));
    object.metadata.annotations =
        Some([("a".to_owned(), text.to_owned())].into()).filter(|_| !text.is_empty());
    for format in [Format::Yaml, Format::Json] {
        let printed = manifest::write_sealed_secrets(std::slice::from_ref(&object), format);
        let read =
            manifest::sealed_secret(printed.as_bytes()).map_err(|error| format!("{error}:\n{printed}"))?;
        if read.spec != object.spec || read.metadata != object.metadata {
            return Err(format!("reads back as another text:\n{printed}"));
        }
    }
    Ok(())
}

fn same(what: &str, found: &Value, recorded: &Value) -> Result<(), String> {
    let (found, recorded) = (without_nulls(found), without_nulls(recorded));
    (found == recorded).then_some(()).ok_or_else(|| format!("{what} reads back as {found}, not {recorded}"))
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let is_absent = |name: &str, value: &Value| match value {
                Value::Null => name != "a",
                Value::Object(map) => name == "encryptedData" && map.is_empty(),
                _ => false,
            };
            let kept = map.iter().filter(|(name, value)| !is_absent(name, value));
            kept.map(|(name, value)| (name.clone(), without_nulls(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::Null => json!(""),
        other => other.clone(),
    }
}
