//! The test keys: their Secrets, what is sealed to them, and what new keys must look like.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sandbox::objects::name_of;
use sealed_secrets_core::keys::{Certificate, SealingKey};
use sealed_secrets_core::names::{KEY_ACTIVE, KEY_LABEL};
use sealed_secrets_core::{KeyPair, Label};
use serde_json::{Value, json};

use super::file::{FullKey, Key, KeyShape, Rotated};

/// The Secret of a test key, as an administrator would bring it along.
pub(crate) fn secret(key: &Key, namespace: &str) -> Value {
    let full = match key {
        Key::Letter(letter) => FullKey { key: letter.clone(), ..FullKey::default() },
        Key::Full(full) => full.clone(),
    };
    let state = full.state.unwrap_or_else(|| KEY_ACTIVE.to_owned());
    let labels = full.labels.unwrap_or_else(|| BTreeMap::from([(KEY_LABEL.to_owned(), state)]));
    json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"namespace": namespace, "name": full.name.unwrap_or_else(|| format!("test-key-{}", full.key)),
            "labels": labels, "annotations": full.annotations},
        "data": {"tls.key": STANDARD.encode(private_pem(&full.key)),
            "tls.crt": STANDARD.encode(certificate_pem(full.cert.as_ref().unwrap_or(&full.key)))}})
}

pub(crate) fn certificate_pem(name: &str) -> Vec<u8> {
    read(&format!("controller/certs/{name}.crt"))
}

/// Whether this is the certificate of a test key.
pub(super) fn is_known(certificate: &[u8]) -> bool {
    ["a", "b", "c", "c-tie"].iter().any(|name| words(&certificate_pem(name)) == words(certificate))
}

/// Equal but for white space.
pub(crate) fn same_pem(one: &[u8], other: &[u8]) -> bool {
    words(one) == words(other)
}

/// Replaces each string `seal-fill:KEY:LABEL:CHAR:COUNT` by a fresh ciphertext of CHAR, COUNT times.
pub(super) fn expand(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), expand(v))).collect(),
        Value::Array(items) => items.iter().map(expand).collect(),
        Value::String(text) => {
            text.strip_prefix("seal-fill:").map_or_else(|| value.clone(), |rest| fill(rest).into())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// What is wrong with the answer of `/v1/rotate`.
pub(crate) fn check_rotated(body: &[u8], wanted: &Rotated) -> Vec<String> {
    let Ok(object) = serde_json::from_slice::<Value>(body) else {
        return vec!["the rotated answer is not JSON".to_owned()];
    };
    let pair = KeyPair::from_private_pem(&private_pem(&wanted.key)).unwrap();
    let label = Label::from(wanted.label.clone());
    let mut bad = Vec::new();
    for (item, value) in &wanted.data {
        let sealed = object["spec"]["encryptedData"][item].as_str().unwrap_or_default();
        match STANDARD.decode(sealed).ok().and_then(|bytes| pair.open(&label, &bytes).ok()) {
            Some(opened) if opened.expose() == value.as_bytes() => {}
            Some(_) => bad.push(format!("rotated {item} opens to something else")),
            None => bad.push(format!("rotated {item} does not open with key {}", wanted.key)),
        }
    }
    for (path, value) in &wanted.fields {
        let found = object.pointer(&format!("/{path}")).unwrap_or(&Value::Null);
        if found != value {
            bad.push(format!("rotated {path}: {found}, expected {value}"));
        }
    }
    bad
}

/// What is wrong with a key Secret that the controller made.
pub(super) fn check_shape(secret: &Value, shape: &KeyShape) -> Vec<String> {
    let mut bad = Vec::new();
    let metadata = &secret["metadata"];
    let mut differs = |what: &str, found: &Value, wanted: Option<Value>| {
        if let Some(wanted) = wanted.filter(|wanted| wanted != found) {
            bad.push(format!("key {what}: {found}, expected {wanted}"));
        }
    };
    differs("type", &secret["type"], shape.type_.clone().map(Value::from));
    differs("labels", &or_empty(&metadata["labels"]), shape.labels.clone());
    differs("annotations", &or_empty(&metadata["annotations"]), shape.annotations.clone());
    let data = decoded(secret);
    differs(
        "data",
        &data.keys().cloned().collect::<Vec<_>>().into(),
        shape.data_keys.clone().map(|mut keys| {
            keys.sort();
            keys.into()
        }),
    );
    let blocks: BTreeMap<&String, Vec<String>> = data.iter().map(|(k, v)| (k, pem_labels(v))).collect();
    differs("PEM blocks", &json!(blocks), shape.pem_blocks.as_ref().map(|wanted| json!(wanted)));
    if let Some(pattern) = &shape.name_pattern {
        let whole = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
        if !whole.is_match(name_of(secret)) {
            bad.push(format!("key name {}, expected {pattern}", name_of(secret)));
        }
    }
    bad.extend(check_pair(&data, shape));
    bad
}

fn check_pair(data: &BTreeMap<String, Vec<u8>>, shape: &KeyShape) -> Vec<String> {
    let (Some(key), Some(certificate)) = (data.get("tls.key"), data.get("tls.crt")) else {
        return vec!["the key Secret lacks tls.key or tls.crt".to_owned()];
    };
    let pair = match KeyPair::from_pem(key, certificate) {
        Ok(pair) => pair,
        Err(error) => return vec![format!("the new key does not parse: {error}")],
    };
    let Ok(certificate) = pair.sealing_key().map(SealingKey::certificate) else {
        return vec!["the new certificate is not of the new key".to_owned()];
    };
    let mut bad = Vec::new();
    if shape.rsa_bits.is_some_and(|bits| bits != pair.bits()) {
        bad.push(format!("key size {}", pair.bits()));
    }
    if let Some(wanted) = shape.valid_seconds {
        let lifetime = certificate.not_after().duration_since(certificate.not_before()).as_secs_f64();
        if (lifetime - wanted).abs() > shape.valid_tolerance.unwrap_or(5.0) {
            bad.push(format!("validity {lifetime} s, expected {wanted} s"));
        }
    }
    if let Some(wanted) = &shape.subject_cn {
        let found = common_name(certificate);
        if found != *wanted {
            bad.push(format!("common name {found:?}, expected {wanted:?}"));
        }
    }
    bad
}

fn common_name(certificate: &Certificate) -> String {
    let (_, pem) = x509_parser::pem::parse_x509_pem(certificate.pem().as_bytes()).unwrap();
    let parsed = pem.parse_x509().unwrap();
    let name = parsed.subject().iter_common_name().next();
    name.and_then(|name| name.as_str().ok()).unwrap_or_default().to_owned()
}

fn fill(rest: &str) -> String {
    let parts: Vec<&str> = rest.split(':').collect();
    let [key, label, text, count] = parts.as_slice() else { panic!("seal-fill:{rest} has not four parts") };
    seal(key, label, text.repeat(count.parse().unwrap()).as_bytes())
}

/// A value sealed to a test key.
pub(crate) fn seal(key: &str, label: &str, value: &[u8]) -> String {
    let certificate = Certificate::from_pem(&certificate_pem(key)).unwrap();
    SealingKey::new(certificate).unwrap().seal_to_text(&Label::from(label.to_owned()), value)
}

/// `data` of a Secret, decoded.
pub(crate) fn decoded(secret: &Value) -> BTreeMap<String, Vec<u8>> {
    let data = secret["data"].as_object().into_iter().flatten();
    data.map(|(k, v)| (k.clone(), STANDARD.decode(v.as_str().unwrap_or_default()).unwrap_or_default()))
        .collect()
}

/// The object, or an empty one when there is none.
pub(super) fn or_empty(value: &Value) -> Value {
    if value.is_null() { json!({}) } else { value.clone() }
}

fn pem_labels(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .filter_map(|line| Some(line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?.to_owned()))
        .collect()
}

fn words(text: &[u8]) -> Vec<&[u8]> {
    text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect()
}

fn private_pem(key: &str) -> Vec<u8> {
    read(&format!("keys/{key}.key"))
}

fn read(path: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
