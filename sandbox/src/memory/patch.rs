//! Patches: RFC 7386 merge, RFC 6902 operations, and Kubernetes' strategic merge read as a merge.
//!
//! The strategic kind differs from a merge in lists with merge keys; the server knows the one such list
//! that its users patch, `metadata.ownerReferences` (by uid), and `metadata.finalizers`, a set.

use serde_json::{Map, Value};

use super::status::Refusal;

/// How the body of a PATCH is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatchKind {
    Merge,
    Strategic,
    Json,
    /// Server-side apply, taken as a merge that creates what is missing.
    Apply,
}

impl PatchKind {
    pub(super) fn of_content_type(content_type: &str) -> Result<Self, Refusal> {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" => Ok(Self::Strategic),
            "application/json-patch+json" => Ok(Self::Json),
            "application/apply-patch+yaml" => Ok(Self::Apply),
            other => Err(Refusal::new(
                415,
                "UnsupportedMediaType",
                format!("the body of the request was in an unknown format {other:?}"),
            )),
        }
    }

    /// The patched object.
    pub(super) fn apply(self, patch: &Value, object: &Value) -> Result<Value, Refusal> {
        let mut result = object.clone();
        match self {
            Self::Merge | Self::Apply => merge(&mut result, patch, Lists::Replace),
            Self::Strategic => merge(&mut result, patch, Lists::Merge),
            Self::Json => {
                let operations =
                    patch.as_array().ok_or_else(|| Refusal::bad_request("a JSON patch is a list"))?;
                for operation in operations {
                    operate(&mut result, operation)?;
                }
            }
        }
        Ok(result)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Replace,
    Merge,
}

fn merge(target: &mut Value, patch: &Value, lists: Lists) {
    let Some(fields) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(into) = target.as_object_mut() else { return };
    for (name, value) in fields {
        match (value, into.get_mut(name)) {
            (Value::Null, _) => drop(into.remove(name)),
            (Value::Array(new), Some(Value::Array(old))) if lists == Lists::Merge && is_keyed(name) => {
                merge_list(old, new);
            }
            _ => merge(into.entry(name.as_str()).or_insert(Value::Null), value, lists),
        }
    }
}

fn is_keyed(field: &str) -> bool {
    matches!(field, "ownerReferences" | "finalizers")
}

fn merge_list(old: &mut Vec<Value>, new: &[Value]) {
    for item in new {
        let same = |other: &Value| other == item || other["uid"].is_string() && other["uid"] == item["uid"];
        let there = old.iter().position(same);
        match (item["$patch"] == "delete", there) {
            (true, Some(index)) => drop(old.remove(index)),
            (true, None) => {}
            (false, Some(index)) => merge(&mut old[index], item, Lists::Merge),
            (false, None) => old.push(item.clone()),
        }
    }
}

fn operate(target: &mut Value, operation: &Value) -> Result<(), Refusal> {
    let path = operation["path"].as_str().unwrap_or_default();
    let failed = || {
        let message = "the server rejected our request due to an error in our request";
        Refusal::new(422, "Invalid", message)
    };
    match operation["op"].as_str().unwrap_or_default() {
        "add" => add(target, path, operation["value"].clone()).ok_or_else(failed),
        "remove" => remove(target, path).map(drop).ok_or_else(failed),
        "replace" => {
            *target.pointer_mut(path).ok_or_else(failed)? = operation["value"].clone();
            Ok(())
        }
        "test" if target.pointer(path).unwrap_or(&Value::Null) == &operation["value"] => Ok(()),
        "move" => {
            let value = remove(target, operation["from"].as_str().unwrap_or_default()).ok_or_else(failed)?;
            add(target, path, value).ok_or_else(failed)
        }
        "copy" => {
            let from = operation["from"].as_str().unwrap_or_default();
            let value = target.pointer(from).cloned().ok_or_else(failed)?;
            add(target, path, value).ok_or_else(failed)
        }
        _ => Err(failed()),
    }
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    let Some((parent, last)) = path.rsplit_once('/') else {
        *target = value;
        return Some(());
    };
    match target.pointer_mut(parent)? {
        Value::Object(fields) => drop(fields.insert(unescaped(last), value)),
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let index = last.parse().ok().filter(|i| *i <= items.len())?;
            items.insert(index, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<Value> {
    let (parent, last) = path.rsplit_once('/')?;
    match target.pointer_mut(parent)? {
        Value::Object(fields) => fields.remove(&unescaped(last)),
        Value::Array(items) => {
            let index = last.parse().ok().filter(|i| *i < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(kind: PatchKind, object: &Value, patch: &Value, expected: &Value) {
        assert_eq!(kind.apply(patch, object).as_ref(), Ok(expected));
    }

    #[test]
    fn a_merge_patch_removes_by_null_and_replaces_lists() {
        let object = json!({"a": {"b": 1, "c": 2}, "list": [1, 2]});
        check(
            PatchKind::Merge,
            &object,
            &json!({"a": {"b": null}, "list": [3]}),
            &json!({"a": {"c": 2}, "list": [3]}),
        );
    }

    #[test]
    fn a_strategic_patch_merges_owners_by_uid() {
        let object = json!({"metadata": {"ownerReferences": [{"uid": "1"}, {"uid": "2", "name": "b"}]}});
        let patch =
            json!({"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "1"}, {"uid": "3"}]}});
        let expected = json!({"metadata": {"ownerReferences": [{"uid": "2", "name": "b"}, {"uid": "3"}]}});
        check(PatchKind::Strategic, &object, &patch, &expected);
    }

    #[test]
    fn a_json_patch_is_all_or_nothing() {
        let object = json!({"metadata": {"labels": {"a/b": "x"}}});
        let good = json!([{"op": "remove", "path": "/metadata/labels/a~1b"}, {"op": "add", "path": "/spec", "value": 1}]);
        check(PatchKind::Json, &object, &good, &json!({"metadata": {"labels": {}}, "spec": 1}));
        let bad = json!([{"op": "remove", "path": "/metadata"}, {"op": "remove", "path": "/nothing"}]);
        assert_eq!(PatchKind::Json.apply(&bad, &object).map_err(|r| r.code), Err(422));
    }
}
