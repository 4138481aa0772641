//! SealedSecrets of every kind that an attack or an honest user needs.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sealed_secrets_core::{Label, SealingKey, names};
use serde_json::{Map, Value, json};

/// A SealedSecret of these items and this template.
pub(super) fn sealed(namespace: &str, name: &str, items: Map<String, Value>, template: Value) -> Value {
    let spec = [("encryptedData".to_owned(), Value::Object(items)), ("template".to_owned(), template)];
    let mut object = json!({"apiVersion": names::API_VERSION, "kind": names::KIND,
        "metadata": {"namespace": namespace, "name": name}});
    object["spec"] = Map::from_iter(spec).into();
    object
}

/// An ordinary SealedSecret of `count` values, sealed on all cores when there are many.
pub(super) fn valid(key: &SealingKey, namespace: &str, name: &str, count: usize) -> Value {
    sealed(namespace, name, valid_items(key, namespace, name, count), json!({}))
}

/// One with a template of these items, and a value `a`.
pub(super) fn templated(key: &SealingKey, namespace: &str, name: &str, data: Map<String, Value>) -> Value {
    let label = Label::from(format!("{namespace}/{name}"));
    let items = Map::from_iter([("a".to_owned(), key.seal_to_text(&label, b"value").into())]);
    sealed(namespace, name, items, Map::from_iter([("data".to_owned(), data.into())]).into())
}

/// `count` template items `item-0`, `item-1` … of the same text.
pub(super) fn same(count: usize, text: &str) -> Map<String, Value> {
    (0..count).map(|i| (format!("item-{i}"), text.into())).collect()
}

/// The value of item `item-NUMBER` of every valid SealedSecret.
pub(super) fn value(number: usize) -> String {
    format!("value {number}")
}

/// Whether a Secret holds what [`valid`] has sealed.
pub(super) fn is_right(secret: &Value, count: usize) -> bool {
    (0..count).all(|i| secret["data"][format!("item-{i}")] == STANDARD.encode(value(i)))
}

/// Items `item-0`, `item-1` …, sealed strictly.
pub(super) fn valid_items(key: &SealingKey, namespace: &str, name: &str, count: usize) -> Map<String, Value> {
    let label = Label::from(format!("{namespace}/{name}"));
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return done;
            }
            let sealed = key.seal_to_text(&label, value(number).as_bytes());
            done.push((format!("item-{number}"), Value::from(sealed)));
        }
    };
    if count < 8 {
        return worker().into_iter().collect();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("sealing does not panic")).collect()
    })
}

/// `count` items of the right form that no key opens: each costs the attempt.
pub(super) fn junk_items(count: usize) -> Map<String, Value> {
    (0..count).map(|number| (format!("junk-{number}"), junk(number).into())).collect()
}

/// Length, a number below every modulus of 4096 bits, a body.
fn junk(seed: usize) -> String {
    let mut state = u32::try_from(seed).unwrap_or_default().wrapping_mul(2_654_435_761) | 1;
    let mut bytes = vec![2, 0];
    bytes.extend((0..540).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    }));
    bytes[2] = 0;
    STANDARD.encode(bytes)
}

/// A SealedSecret as a request of verify or rotate.
pub(super) fn body(sealed: &Value) -> Vec<u8> {
    sealed.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_has_the_form_of_a_sealed_value_and_each_is_another() {
        let bytes = STANDARD.decode(junk(7)).expect("it is base64");
        assert_eq!((bytes.len(), &bytes[..3]), (542, &[2_u8, 0, 0][..]));
        assert_ne!(junk(7), junk(8));
    }
}
