//! Bytes that a SealedSecret takes in memory: added up without a copy, as every sighting is weighed.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta, OwnerReference};
use sealed_secrets_core::{SealedSecret, sealed_secret::Condition};
use serde_json::Value;

/// About how many bytes an object takes: those of every text that its author chooses, and some for each of them.
pub fn of(object: &SealedSecret) -> usize {
    let spec = &object.spec;
    let items = sum(&spec.encrypted_data, |(name, text)| PER_VALUE + name.len() + text.len());
    let templates = sum(&spec.template.data, |(name, text)| {
        PER_VALUE + name.len() + text.as_ref().map_or(0, String::len)
    });
    let status = object.status.as_ref().map_or(0, |status| sum(&status.conditions, condition));
    let flaws = sum(&object.flaws, |flaw| PER_VALUE + flaw.path.len());
    let texts = len(&spec.data) + len(&spec.template.r#type) + object.api_version.len() + object.kind.len();
    ALL_ELSE
        + metadata(&object.metadata)
        + metadata(&spec.template.metadata)
        + items
        + templates
        + status
        + flaws
        + texts
}

fn metadata(meta: &ObjectMeta) -> usize {
    let texts = [
        &meta.name,
        &meta.namespace,
        &meta.generate_name,
        &meta.resource_version,
        &meta.self_link,
        &meta.uid,
    ];
    let maps = [&meta.labels, &meta.annotations];
    sum(texts, len)
        + sum(maps.into_iter().flatten(), map)
        + sum(meta.finalizers.iter().flatten(), |text| PER_VALUE + text.len())
        + sum(meta.owner_references.iter().flatten(), owner)
        + sum(meta.managed_fields.iter().flatten(), managed)
}

fn map(map: &BTreeMap<String, String>) -> usize {
    sum(map, |(name, text)| PER_VALUE + name.len() + text.len())
}

fn owner(owner: &OwnerReference) -> usize {
    2 * PER_VALUE + owner.api_version.len() + owner.kind.len() + owner.name.len() + owner.uid.len()
}

fn managed(entry: &ManagedFieldsEntry) -> usize {
    let texts =
        [&entry.api_version, &entry.fields_type, &entry.manager, &entry.operation, &entry.subresource];
    3 * PER_VALUE + sum(texts, len) + entry.fields_v1.as_ref().map_or(0, |fields| value(&fields.0))
}

fn value(json: &Value) -> usize {
    PER_VALUE
        + match json {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(values) => sum(values, value),
            Value::Object(fields) => sum(fields, |(name, field)| name.len() + value(field)),
        }
}

fn condition(condition: &Condition) -> usize {
    let texts = [&condition.reason, &condition.message];
    4 * PER_VALUE + condition.type_.len() + condition.status.len() + sum(texts, len)
}

fn len<'a>(text: impl IntoIterator<Item = &'a String>) -> usize {
    sum(text, String::len)
}

fn sum<T>(all: impl IntoIterator<Item = T>, bytes: impl Fn(T) -> usize) -> usize {
    all.into_iter().map(bytes).sum()
}

/// Two texts of a map, beside what stands in them.
const PER_VALUE: usize = 64;
/// Everything of a fixed size.
const ALL_ELSE: usize = 1024;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_a_tenant_can_make_large_counts_and_an_ordinary_object_is_small() {
        let long = "x".repeat(100_000);
        let meta = |field: &str, value: &Value| json!({ field: value });
        let names: Value =
            (0..2_000).map(|n| (format!("{n:050}"), Value::Null)).collect::<serde_json::Map<_, _>>().into();
        let fields = [
            ("labels", json!({ "a": long })),
            ("annotations", json!({ "a": long })),
            ("finalizers", json!([long])),
            ("ownerReferences", json!([{ "apiVersion": "v1", "kind": "K", "name": long, "uid": "u" }])),
            ("managedFields", json!([{ "fieldsV1": { "f:a": { long.clone(): [long] } } }])),
            ("generateName", json!(long)),
        ];
        let mut all: Vec<Value> = vec![
            json!({ "spec": { "encryptedData": { "a": long } } }),
            json!({ "spec": { "encryptedData": {}, "data": long } }),
            json!({ "spec": { "encryptedData": {}, "template": { "type": long } } }),
            json!({ "spec": { "encryptedData": {}, "template": { "data": { "a": long } } } }),
            json!({ "spec": { "encryptedData": {}, "template": { "data": names } } }),
            json!({ "spec": { "encryptedData": {} }, "status": { "conditions": [{ "type": "X", "status": "True", "message": long }] } }),
        ];
        for (field, value) in &fields {
            all.push(json!({ "metadata": meta(field, value), "spec": { "encryptedData": {} } }));
            all.push(
                json!({ "spec": { "encryptedData": {}, "template": { "metadata": meta(field, value) } } }),
            );
        }
        for json in all {
            let object: SealedSecret = serde_json::from_value(json.clone()).expect("an object");
            assert!(object.flaws.is_empty(), "{:?}", object.flaws);
            let (weight, short) = (of(&object), json.to_string().chars().take(120).collect::<String>());
            assert!((100_000..400_000).contains(&weight), "{weight}: {short}");
        }
        let ordinary = json!({
            "metadata": { "name": "app", "namespace": "ns", "labels": { "app": "x" } },
            "spec": { "encryptedData": { "a": "x".repeat(700), "b": "x".repeat(700), "c": "x".repeat(700) } },
        });
        let object = serde_json::from_value(ordinary).expect("an object");
        assert!(of(&object) < 4_096);
    }
}
