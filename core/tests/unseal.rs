//! Every SealedSecret of `testdata/unseal` gives the recorded Secret, or errors that name the same items.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod corpus;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use sealed_secrets_core::{
    KeyPair, KeyRing, SealedSecret, Secret,
    unseal::{BlobError, Options, UnsealError, unseal},
};
use serde_json::{Value, json};

const UNLIKE: &[(&str, &str)] = &[
    (
        "template-data/template-null-value",
        "a null in template.data keeps the item out of the Secret (since v0.40); the older reference wrote it empty",
    ),
    (
        "raw-text/yaml-binary-tag",
        "bytes that are no text are refused where they stand; the reference puts U+FFFD for them",
    ),
];

#[test]
fn every_recorded_object_gives_its_secret_or_its_errors() {
    let cases = corpus::cases("unseal");
    let keys = keys(&cases);
    corpus::run("unseal", &cases, UNLIKE, |case| judge(case, &keys));
}

fn keys(cases: &[Value]) -> BTreeMap<String, Arc<KeyPair>> {
    let names = cases.iter().flat_map(|case| case["keys"].as_array().unwrap());
    let load = |name: &str| {
        let pem = fs::read(corpus::folder("keys").join(format!("{name}.key"))).unwrap();
        (name.to_owned(), Arc::new(KeyPair::from_private_pem(&pem).unwrap()))
    };
    names.map(|name| load(name.as_str().unwrap())).collect()
}

fn judge(case: &Value, keys: &BTreeMap<String, Arc<KeyPair>>) -> Result<(), String> {
    let names = case["keys"].as_array().unwrap();
    let ring = KeyRing::new(names.iter().map(|name| keys[name.as_str().unwrap()].clone()).collect());
    let sealed = match read(case["input"].as_str().unwrap()) {
        Ok(sealed) => sealed,
        Err(_) if case["stage"] == "decode" => return Ok(()),
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let env = gotemplate::Env {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        random: &|bytes: &mut [u8]| bytes.fill(4),
        limits: gotemplate::Limits::default(),
    };
    let accept_v1_data = case["accept_v1_data"] == true;
    let unsealed = unseal(&sealed, &ring, &Options { accept_v1_data, first: &[], env: &env });
    match (unsealed, case["error"].as_str()) {
        (Ok(secret), None) => same_secret(&secret, &case["secret"]),
        (Err(error), Some(kind)) => same_error(&error, kind, case),
        (Ok(_), Some(kind)) => Err(format!("unseals, but {kind} was expected")),
        (Err(error), None) => Err(format!("should unseal: {error}")),
    }
}

fn read(input: &str) -> Result<SealedSecret, String> {
    sealed_secrets_core::manifest::sealed_secret(input.as_bytes()).map_err(|error| error.to_string())
}

fn same_secret(secret: &Secret, expected: &Value) -> Result<(), String> {
    let mut found = secret.to_api_value();
    for (field, given) in [("apiVersion", &secret.api_version), ("kind", &secret.kind)] {
        if given.is_empty() {
            found.as_object_mut().unwrap().remove(field);
        }
    }
    let mut expected = expected.clone();
    for value in expected["data"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        if value.is_null() {
            *value = json!("");
        }
    }
    if expected["data"].is_null() {
        expected.as_object_mut().unwrap().remove("data");
    }
    (found == expected).then_some(()).ok_or_else(|| format!("{found}\n  instead of {expected}"))
}

fn same_error(error: &UnsealError, kind: &str, case: &Value) -> Result<(), String> {
    let same_kind = match error {
        UnsealError::Items { .. } => kind == "items",
        UnsealError::Malformed(_) => kind == "type",
        UnsealError::DeprecatedData => kind == "deprecated-data-refused",
        UnsealError::BothData => kind == "both-data-and-encrypted-data",
        UnsealError::Blob(_) => kind == "no-key",
        UnsealError::BlobContents(BlobError::NotAnObject) => kind == "inner-type",
        UnsealError::BlobContents(BlobError::OtherKind) => kind == "inner-wrong-kind",
        UnsealError::BlobContents(BlobError::Value { .. }) => kind == "inner-base64",
        UnsealError::BlobContents(BlobError::TooManyValues { .. } | BlobError::TooLarge { .. })
        | UnsealError::TooCostly { .. }
        | UnsealError::Interrupted => false,
    };
    if !same_kind {
        return Err(format!("{error:?}, but {kind} was expected"));
    }
    same_parts(error, &case["parts"])
}

/// The items of each kind of failure. Messages of base64 and templates are free in their wording.
fn same_parts(error: &UnsealError, parts: &Value) -> Result<(), String> {
    let Some(parts) = parts.as_array() else { return Ok(()) };
    let UnsealError::Items { items, templates } = error else { return Err("no items".to_owned()) };
    let text = error.to_string();
    let named = |kind: &str| -> BTreeSet<&str> {
        let of_kind = parts.iter().filter(|part| family(part["message"].as_str().unwrap()) == kind);
        of_kind.flat_map(|part| part["keys"].as_array().unwrap()).map(|key| key.as_str().unwrap()).collect()
    };
    let of_family = |wanted: &str| -> BTreeSet<&str> {
        items
            .iter()
            .filter(|(_, error)| family(&error.to_string()) == wanted)
            .map(|(item, _)| item.as_str())
            .collect()
    };
    let same = named("no-key") == of_family("no-key")
        && named("base64") == of_family("base64")
        && named("template") == templates.keys().map(String::as_str).collect();
    let worded = parts.iter().all(|part| {
        let message = part["message"].as_str().unwrap();
        let keys: Vec<_> = part["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
        family(message) != "no-key" || text.contains(&format!("{message} ({})", keys.join(", ")))
    });
    (same && worded).then_some(()).ok_or_else(|| format!("{text}\n  instead of {parts:?}"))
}

fn family(message: &str) -> &'static str {
    match message {
        text if text.starts_with("no key could decrypt secret") => "no-key",
        text if text.starts_with("illegal base64 data") => "base64",
        _ => "template",
    }
}
