//! Secrets: their defaults, what each type demands, and what may no longer change.

use std::collections::BTreeMap;

use base64::{DecodeError, Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::status::{FieldError, Refusal};

/// Folds `stringData` into `data` and gives the default type; values that are no base64 are refused.
pub(super) fn normalize(secret: &mut Value) -> Result<(), Refusal> {
    let taken = secret.as_object_mut().and_then(|fields| fields.remove("stringData"));
    if let Some(data) = secret.get_mut("data").and_then(Value::as_object_mut) {
        for value in data.values_mut() {
            let text = value.as_str().unwrap_or_default().replace(['\r', '\n'], "");
            let bytes = LENIENT.decode(&text).map_err(|error| not_base64(&error))?;
            *value = STANDARD.encode(bytes).into();
        }
    }
    for (name, value) in taken.iter().filter_map(Value::as_object).flatten() {
        let value = value.as_str().unwrap_or_default();
        secret["data"][name] = STANDARD.encode(value).into();
    }
    if secret["type"].as_str().unwrap_or_default().is_empty() {
        secret["type"] = "Opaque".into();
    }
    Ok(())
}

fn not_base64(error: &DecodeError) -> Refusal {
    let at = match error {
        DecodeError::InvalidByte(at, _)
        | DecodeError::InvalidLastSymbol(at, _)
        | DecodeError::InvalidLength(at) => *at,
        DecodeError::InvalidPadding => 0,
    };
    Refusal::bad_request(format!(
        "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte {at}"
    ))
}

/// What is wrong with a Secret by itself.
pub(super) fn errors(secret: &Value) -> Vec<FieldError> {
    let data = data(secret);
    let mut found = Vec::new();
    for name in data.keys() {
        found.extend(key_error(name));
    }
    if data.values().map(Vec::len).sum::<usize>() > MAX_BYTES {
        found.push(FieldError::too_long("data", MAX_BYTES));
    }
    found.extend(type_errors(secret, &data));
    found
}

/// What may not differ between two states of a Secret.
pub(super) fn change_errors(old: &Value, new: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    if old["type"] != new["type"] {
        let value = new["type"].as_str().unwrap_or_default();
        found.push(FieldError::invalid("type", value, "field is immutable"));
    }
    if old["immutable"] == true {
        let why = "field is immutable when `immutable` is set";
        if new["immutable"] != true {
            found.push(FieldError::forbidden("immutable", why));
        }
        if data(old) != data(new) {
            found.push(FieldError::forbidden("data", why));
        }
    }
    found
}

fn data(secret: &Value) -> BTreeMap<&str, Vec<u8>> {
    let items = secret["data"].as_object().into_iter().flatten();
    items
        .map(|(name, v)| (name.as_str(), STANDARD.decode(v.as_str().unwrap_or_default()).unwrap_or_default()))
        .collect()
}

fn key_error(name: &str) -> Option<FieldError> {
    let field = format!("data[{name}]");
    let legal = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let why = match name {
        "." => "must not be '.'",
        ".." => "must not be '..'",
        _ if name.starts_with("..") => "must not start with '..'",
        _ if name.is_empty() || !name.chars().all(legal) => BAD_KEY,
        _ if name.len() > 253 => "must be no more than 253 characters",
        _ => return None,
    };
    Some(FieldError::invalid(field, name, why))
}

fn type_errors(secret: &Value, data: &BTreeMap<&str, Vec<u8>>) -> Vec<FieldError> {
    let needs = |names: &[&str]| -> Vec<FieldError> {
        let missing = names.iter().filter(|n| !data.contains_key(*n));
        missing.map(|n| FieldError::required(format!("data[{n}]"), "")).collect()
    };
    match secret["type"].as_str().unwrap_or_default() {
        "kubernetes.io/tls" => needs(&["tls.crt", "tls.key"]),
        "kubernetes.io/ssh-auth" => match data.get("ssh-privatekey") {
            Some(key) if !key.is_empty() => Vec::new(),
            _ => vec![FieldError::required("data[ssh-privatekey]", "")],
        },
        "kubernetes.io/basic-auth" if data.contains_key("username") || data.contains_key("password") => {
            Vec::new()
        }
        "kubernetes.io/basic-auth" => needs(&["username", "password"]),
        "kubernetes.io/dockercfg" => docker_errors(data, ".dockercfg"),
        "kubernetes.io/dockerconfigjson" => docker_errors(data, ".dockerconfigjson"),
        "kubernetes.io/service-account-token" => {
            let account = &secret["metadata"]["annotations"]["kubernetes.io/service-account.name"];
            let missing = account.as_str().unwrap_or_default().is_empty();
            let field = "metadata.annotations[kubernetes.io/service-account.name]";
            if missing { vec![FieldError::required(field, "")] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

fn docker_errors(data: &BTreeMap<&str, Vec<u8>>, name: &str) -> Vec<FieldError> {
    let field = format!("data[{name}]");
    match data.get(name) {
        None => vec![FieldError::required(field, "")],
        Some(bytes) => match serde_json::from_slice::<BTreeMap<String, Value>>(bytes) {
            Ok(_) => Vec::new(),
            Err(_) => vec![FieldError::invalid(field, "<secret contents redacted>", &go_json_error(bytes))],
        },
    }
}

/// Compat: the real server redacts the value, and then quotes the byte at which Go's reader stumbled.
fn go_json_error(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.trim_start().chars().next() {
        None => "unexpected end of JSON input".to_owned(),
        Some(first) if "{[\"-0123456789tfn".contains(first) => "json: cannot read it as a map".to_owned(),
        Some(first) => format!("invalid character {first:?} looking for beginning of value"),
    }
}

/// The columns that `kubectl get secrets` shows.
pub(super) fn table_cells(secret: &Value) -> Vec<Value> {
    vec![secret["type"].clone(), json!(secret["data"].as_object().map_or(0, serde_json::Map::len))]
}

/// Compat: Go's reader lets the unused bits of the last character be anything.
const LENIENT: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);
const MAX_BYTES: usize = 1_048_576;
const BAD_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &Value, fields: &[&str]) {
        let mut secret = secret.clone();
        normalize(&mut secret).expect("the test's base64 is good");
        let found: Vec<String> = errors(&secret).into_iter().map(|e| e.field).collect();
        assert_eq!(found, fields);
    }

    #[test]
    fn each_type_demands_its_items() {
        check(&json!({"type": "kubernetes.io/tls", "data": {"tls.crt": "YQ=="}}), &["data[tls.key]"]);
        check(
            &json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "YQ=="}}),
            &["data[.dockerconfigjson]"],
        );
        check(&json!({"type": "kubernetes.io/basic-auth"}), &["data[username]", "data[password]"]);
        check(&json!({"data": {"a b": ""}}), &["data[a b]"]);
        check(&json!({"data": {}}), &[]);
    }

    #[test]
    fn string_data_wins_and_disappears() {
        let mut secret = json!({"data": {"a": "YQ=="}, "stringData": {"a": "b"}});
        normalize(&mut secret).expect("good base64");
        assert_eq!(secret, json!({"data": {"a": "Yg=="}, "type": "Opaque"}));
    }

    #[test]
    fn an_immutable_secret_keeps_its_data_but_not_its_labels() {
        let old = json!({"type": "Opaque", "immutable": true, "data": {"a": "YQ=="}});
        let mut new = old.clone();
        new["metadata"] = json!({"labels": {"a": "b"}});
        assert_eq!(change_errors(&old, &new), []);
        new["data"]["a"] = "Yg==".into();
        assert_eq!(change_errors(&old, &new)[0].field, "data");
    }
}
