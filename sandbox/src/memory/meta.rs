//! The fields of `metadata` that the server reads and writes.

use aws_lc_rs::rand;
use jiff::Timestamp;
use serde_json::Value;

use super::store::Key;

/// A text of `metadata`; empty when absent.
pub(super) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

pub(super) fn name(object: &Value) -> &str {
    text(object, "name")
}

pub(super) fn namespace(object: &Value) -> &str {
    text(object, "namespace")
}

pub(super) fn key(object: &Value) -> Key {
    (namespace(object).to_owned(), name(object).to_owned())
}

/// A list of `metadata`; empty when absent.
pub(super) fn list<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    object["metadata"][field].as_array().map_or(&[], Vec::as_slice)
}

/// Whether the object waits for its finalizers to go.
pub(super) fn is_terminating(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

pub(super) fn has_finalizer(object: &Value, finalizer: &str) -> bool {
    list(object, "finalizers").iter().any(|f| f == finalizer)
}

/// Sets a field of `metadata`, or takes it away.
pub(super) fn set(object: &mut Value, field: &str, value: Option<Value>) {
    let metadata = &mut object["metadata"];
    match (value, metadata.as_object_mut()) {
        (Some(value), _) => metadata[field] = value,
        (None, Some(fields)) => drop(fields.remove(field)),
        (None, None) => {}
    }
}

/// An instant as the API writes it: whole seconds, UTC.
pub(super) fn instant(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

/// A random version 4 UUID.
pub(super) fn new_uid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Five letters and digits that spell no word, for `generateName`.
pub(super) fn name_suffix() -> String {
    random::<5>().iter().map(|b| char::from(NAME_ALPHABET[usize::from(*b) % NAME_ALPHABET.len()])).collect()
}

/// A bearer token that nobody guesses.
pub(super) fn new_token() -> String {
    hex(&random::<32>())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The API server's own alphabet: no vowels, no digits that look like letters.
const NAME_ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
