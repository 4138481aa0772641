//! `manifests/base/crd.yaml` is the published definition, and the Rust types have its fields, no more and no less.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{collections::BTreeSet, fs, path::Path};

use sealed_secrets_core::{SealedSecret, names};
use serde_json::{Value, json};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The definition that is installed, without its descriptions, which are free.
fn installed() -> Value {
    let mut crd: Value = serde_saphyr::from_str(&read("manifests/base/crd.yaml")).unwrap();
    strip_descriptions(&mut crd);
    crd
}

fn strip_descriptions(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("description").is_some_and(Value::is_string) {
                map.remove("description");
            }
            map.values_mut().for_each(strip_descriptions);
        }
        Value::Array(list) => list.iter_mut().for_each(strip_descriptions),
        _ => {}
    }
}

#[test]
fn the_installed_definition_is_the_published_one() {
    let (installed, published) =
        (installed(), serde_json::from_str::<Value>(&read("testdata/crd/structure.json")).unwrap());
    for field in ["apiVersion", "kind", "spec"] {
        let text = |value: &Value| serde_json::to_string_pretty(&value[field]).unwrap();
        assert_eq!(text(&installed), text(&published), "{field}");
    }
}

#[test]
fn names_are_those_of_the_definition() {
    let installed = installed();
    let spec = &installed["spec"];
    assert_eq!(installed["metadata"]["name"], format!("{}.{}", names::PLURAL, names::GROUP));
    assert_eq!(spec["group"], names::GROUP);
    assert_eq!(spec["names"]["kind"], names::KIND);
    assert_eq!(spec["names"]["plural"], names::PLURAL);
    assert_eq!(spec["versions"][0]["name"], names::VERSION);
    assert_eq!(names::API_VERSION, format!("{}/{}", names::GROUP, names::VERSION));
}

/// An object in which every field of the definition is set.
fn full() -> Value {
    json!({
        "apiVersion": names::API_VERSION,
        "kind": names::KIND,
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {
            "data": "AQ==",
            "encryptedData": {"item": "AQ=="},
            "template": {
                "data": {"text": "x", "kept out": null},
                "immutable": true,
                "metadata": {
                    "annotations": {"a": "b"}, "finalizers": ["c"], "labels": {"d": "e"},
                    "name": "a", "namespace": "b",
                },
                "type": "Opaque",
            },
        },
        "status": {
            "conditions": [{
                "lastTransitionTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-01-01T00:00:00Z",
                "message": "m", "reason": "r", "status": "True", "type": "Synced",
            }],
            "observedGeneration": 3,
        },
    })
}

#[test]
fn the_types_keep_every_field_of_the_definition() {
    let object = SealedSecret::from_value(full());
    assert_eq!(object.flaws, []);
    assert_eq!(object.to_value(), full());
}

#[test]
fn the_definition_has_every_field_of_the_types() {
    let schema = &installed()["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let mut declared = BTreeSet::new();
    fields_of_schema(schema, "", &mut declared);
    let mut written = BTreeSet::new();
    fields_of_value(&SealedSecret::from_value(full()).to_value(), schema, "", &mut written);
    assert_eq!(written, declared);
}

fn fields_of_schema(schema: &Value, path: &str, fields: &mut BTreeSet<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        fields_of_schema(property, &path, fields);
        fields_of_schema(&property["items"], &path, fields);
        fields.insert(path);
    }
}

/// Fields that the schema names one by one; what is inside an open map is data.
fn fields_of_value(value: &Value, schema: &Value, path: &str, fields: &mut BTreeSet<String>) {
    let closed = schema["properties"].is_object();
    for (name, value) in value.as_object().into_iter().flatten().filter(|_| closed) {
        let path = format!("{path}.{name}");
        let property = &schema["properties"][name];
        fields_of_value(value, property, &path, fields);
        for element in value.as_array().into_iter().flatten() {
            fields_of_value(element, &property["items"], &path, fields);
        }
        fields.insert(path);
    }
}
