//! The inputs of the demo, and what must come out of each: read from the files by this reader alone, so
//! that a mistake of kubeseal's cannot hide in the expectation.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// One Secret that the demo seals.
pub(super) struct Example {
    pub(super) namespace: String,
    pub(super) name: String,
    /// `type` of the Secret.
    pub(super) kind: String,
    /// Item name to value.
    pub(super) data: BTreeMap<String, Vec<u8>>,
    labels: Value,
    annotations: Value,
    immutable: bool,
}

/// The folder that holds the inputs.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/examples")
}

impl Example {
    /// Every Secret of a file, which is YAML or JSON.
    pub(super) fn read(path: &Path) -> io::Result<Vec<Self>> {
        let text = std::fs::read_to_string(path)?;
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(&text).map_err(|error| io::Error::other(error.to_string()))?;
        documents.iter().filter(|d| d.is_object()).map(Self::of).collect()
    }

    /// A Secret of one binary item.
    pub(super) fn of_bytes(namespace: &str, name: &str, item: &str, bytes: Vec<u8>) -> Self {
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            kind: "Opaque".to_owned(),
            data: BTreeMap::from([(item.to_owned(), bytes)]),
            labels: json!({}),
            annotations: json!({}),
            immutable: false,
        }
    }

    fn of(document: &Value) -> io::Result<Self> {
        let text =
            |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let items = |field: &str| document[field].as_object().cloned().unwrap_or_default();
        let mut data = BTreeMap::new();
        for (name, value) in items("data") {
            let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).map_err(io::Error::other)?;
            data.insert(name, bytes);
        }
        for (name, value) in items("stringData") {
            data.insert(name, value.as_str().unwrap_or_default().as_bytes().to_vec());
        }
        let map = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_else(|| json!({}));
        let kind = text("/type");
        Ok(Self {
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name"),
            kind: if kind.is_empty() { "Opaque".to_owned() } else { kind },
            data,
            labels: map("/metadata/labels"),
            annotations: map("/metadata/annotations"),
            immutable: document["immutable"] == true,
        })
    }

    /// Whether a text gives away any value of some length, as it is or in base64.
    pub(super) fn is_visible_in(&self, text: &str) -> bool {
        self.data.values().filter(|value| value.len() >= 8).any(|value| {
            std::str::from_utf8(value).is_ok_and(|value| text.contains(value))
                || text.contains(&STANDARD.encode(value))
        })
    }

    /// What about a Secret of the cluster is not as it should be; empty when all is.
    pub(super) fn differences(&self, secret: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let items = secret["data"].as_object().cloned().unwrap_or_default();
        for (name, value) in &self.data {
            let is = items.get(name).and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
            if is.as_ref() != Some(value) {
                found.push(format!("item {name} differs"));
            }
        }
        found.extend(
            items.keys().filter(|name| !self.data.contains_key(*name)).map(|n| format!("item {n} is new")),
        );
        let same = |what: &str, is: &Value, wanted: &Value| {
            let is = if is.is_null() { &json!({}) } else { is };
            (is != wanted).then(|| format!("{what} is {is}, not {wanted}"))
        };
        found.extend(same("type", &secret["type"], &json!(self.kind)));
        found.extend(same("labels", &secret["metadata"]["labels"], &self.labels));
        found.extend(same("annotations", &secret["metadata"]["annotations"], &self.annotations));
        if (secret["immutable"] == true) != self.immutable {
            found.push("immutable is not as asked for".to_owned());
        }
        found
    }
}

/// The items of a Secret with their sizes: all that is ever shown of them.
pub(super) fn sizes(secret: &Value) -> String {
    let items = secret["data"].as_object().into_iter().flatten();
    let lines = items.map(|(name, value)| {
        let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).map_or(0, |b| b.len());
        format!("{name:<24}{bytes:>8} bytes")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn every_example_is_read_with_all_its_items() {
        let names = |file: &str| {
            let read = Example::read(&folder().join(file)).unwrap();
            read.iter().map(|e| (e.name.clone(), e.data.len())).collect::<Vec<_>>()
        };
        assert_eq!(names("database.yaml"), [("database".to_owned(), 4)]);
        assert_eq!(names("registry-login.json"), [("registry-login".to_owned(), 1)]);
        assert_eq!(names("tls.yaml"), [("shop-tls".to_owned(), 2)]);
        assert_eq!(
            names("several.yaml"),
            [("payment-provider".to_owned(), 2), ("feature-flags".to_owned(), 2)]
        );
        assert_eq!(std::fs::metadata(folder().join("truststore.bin")).unwrap().len(), 100 * 1024);
    }

    #[test]
    fn a_changed_value_a_lost_item_and_a_lost_label_are_each_seen() {
        let example =
            Example::of(&json!({"metadata": {"name": "x", "labels": {"a": "b"}}, "stringData": {"k": "v"}}))
                .unwrap();
        let good = json!({"type": "Opaque", "metadata": {"labels": {"a": "b"}}, "data": {"k": "dg=="}});
        assert_eq!(example.differences(&good), [] as [String; 0]);
        let bad = json!({"type": "Opaque", "metadata": {}, "data": {"k": "dw==", "l": ""}});
        assert_eq!(example.differences(&bad).len(), 3, "{:?}", example.differences(&bad));
    }

    #[test]
    fn a_value_is_found_in_the_open_and_in_base64() {
        let example = Example::of_bytes("n", "x", "k", b"correct horse".to_vec());
        assert!(example.is_visible_in("… correct horse …") && example.is_visible_in("Y29ycmVjdCBob3JzZQ=="));
        assert!(!example.is_visible_in("AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq"));
    }
}
