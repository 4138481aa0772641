//! Structural schemas of custom resources: what is not described is pruned, nulls that are not allowed
//! go away, and the rest is checked type by type.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::status::FieldError;

/// Drops what the schema does not describe, and nulls where it allows none; `metadata` of the object stays.
pub(super) fn prune(object: &mut Value, schema: &Value) {
    let Some(fields) = object.as_object_mut() else { return };
    let own = ["apiVersion", "kind", "metadata"].map(|name| (name, fields.remove(name)));
    prune_value(object, schema);
    for (name, value) in own {
        if let Some(value) = value {
            object[name] = value;
        }
    }
}

/// Every field that contradicts the schema.
pub(super) fn errors(object: &Value, schema: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("metadata");
    }
    check(&object, schema, "", &mut found);
    found
}

fn prune_value(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            let keep_unknown = schema["x-kubernetes-preserve-unknown-fields"] == true;
            fields.retain(|name, value| match described(schema, name) {
                Some(of_field) => {
                    prune_value(value, of_field);
                    !value.is_null() || of_field["nullable"] == true || !of_field.is_object()
                }
                None => keep_unknown,
            });
        }
        Value::Array(items) => items.iter_mut().for_each(|item| prune_value(item, &schema["items"])),
        _ => {}
    }
}

/// The schema of a field, by its name or for all names.
fn described<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let additional = || schema.get("additionalProperties").filter(|s| *s != &Value::Bool(false));
    schema["properties"].get(name).or_else(additional)
}

fn check(value: &Value, schema: &Value, path: &str, found: &mut Vec<FieldError>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if let Some(wanted) = schema["type"].as_str()
        && !is_of_type(value, wanted)
    {
        found.push(wrong_type(path, wanted, value));
        return;
    }
    if let Some(format) = schema["format"].as_str()
        && value.as_str().is_some_and(|text| !is_of_format(text, format))
    {
        let why = format!("{path} in body must be of type {format}: {value}");
        found.push(FieldError::invalid(path, value.as_str().unwrap_or_default(), &why));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let list: Vec<String> = allowed.iter().map(Value::to_string).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", list.join(", "));
        found.push(FieldError { reason: "FieldValueNotSupported", field: path.to_owned(), message });
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            found.push(FieldError::required(joined(path, name), ""));
        }
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(of_field) = described(schema, name) {
                    check(value, of_field, &joined(path, name), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check(item, &schema["items"], &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn is_of_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    }
}

fn is_of_format(text: &str, format: &str) -> bool {
    match format {
        "byte" => STANDARD.decode(text.replace(['\r', '\n'], "")).is_ok(),
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        _ => true,
    }
}

fn wrong_type(path: &str, wanted: &str, value: &Value) -> FieldError {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let why = format!("{path} in body must be of type {wanted}: {found:?}");
    let mut error = FieldError::invalid(path, found, &why);
    error.reason = "FieldValueTypeInvalid";
    error
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "required": ["spec"], "properties": {
            "spec": {"type": "object", "required": ["encryptedData"], "properties": {
                "data": {"type": "string", "format": "byte"},
                "encryptedData": {"type": "object", "additionalProperties": {"type": "string"},
                    "x-kubernetes-preserve-unknown-fields": true},
                "template": {"type": "object", "properties": {
                    "immutable": {"type": "boolean"},
                    "data": {"type": "object", "nullable": true,
                        "additionalProperties": {"type": "string", "nullable": true}}}}}}}})
    }

    #[test]
    fn what_the_schema_does_not_describe_is_pruned() {
        let mut object = json!({"kind": "K", "metadata": {"any": 1}, "extra": 1,
            "spec": {"encryptedData": {"a": "x"}, "oops": true, "template": {"unknown": {}, "immutable": true}}});
        prune(&mut object, &schema());
        let expected = json!({"kind": "K", "metadata": {"any": 1},
            "spec": {"encryptedData": {"a": "x"}, "template": {"immutable": true}}});
        assert_eq!(object, expected);
    }

    #[test]
    fn nulls_stay_only_where_they_are_allowed() {
        let mut object =
            json!({"spec": {"encryptedData": {"a": null, "b": "x"}, "template": {"data": {"c": null}}}});
        prune(&mut object, &schema());
        assert_eq!(object, json!({"spec": {"encryptedData": {"b": "x"}, "template": {"data": {"c": null}}}}));
        assert_eq!(errors(&object, &schema()), []);
    }

    #[test]
    fn a_wrong_type_a_missing_field_and_bad_base64_are_each_named() {
        let object = json!({"spec": {"data": "*", "template": {"data": {"n": 1}}}});
        let found: Vec<String> =
            errors(&object, &schema()).into_iter().map(|e| e.field + ": " + &e.message).collect();
        let expected = [
            "spec.encryptedData: Required value",
            "spec.data: Invalid value: \"*\": spec.data in body must be of type byte: \"*\"",
            "spec.template.data.n: Invalid value: \"integer\": spec.template.data.n in body must be of type string: \"integer\"",
        ];
        assert_eq!(found, expected);
    }
}
