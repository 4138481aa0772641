//! How objects are shown: whole, metadata only, or as a table for people.

use serde_json::{Value, json};

use super::{meta, resource::Resource, secrets, status::Refusal};

/// What the `Accept` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Whole,
    Metadata,
    Table,
}

impl View {
    /// The first media type that can be served.
    pub(super) fn of_accept(accept: &str) -> Result<Self, Refusal> {
        let mut ranges = accept.split(',').map(str::trim).filter(|range| !range.is_empty()).peekable();
        if ranges.peek().is_none() {
            return Ok(Self::Whole);
        }
        let view = ranges.find_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next()?;
            let shape = parts.find_map(|p| p.strip_prefix("as="));
            match (media, shape) {
                ("application/json", Some("PartialObjectMetadata" | "PartialObjectMetadataList")) => {
                    Some(Self::Metadata)
                }
                ("application/json", Some("Table")) => Some(Self::Table),
                ("application/json" | "application/*" | "*/*", None) => Some(Self::Whole),
                _ => None,
            }
        });
        let supported = "only the following media types are accepted: application/json";
        view.ok_or_else(|| Refusal::new(406, "NotAcceptable", supported))
    }

    /// One object.
    pub(super) fn object(self, object: &Value, resource: &Resource) -> Value {
        match self {
            Self::Whole => object.clone(),
            Self::Metadata => partial(object),
            Self::Table => {
                table(&[object], resource, &json!({"resourceVersion": meta::text(object, "resourceVersion")}))
            }
        }
    }

    /// A list of objects with the metadata of the list.
    pub(super) fn list(self, objects: &[&Value], resource: &Resource, metadata: &Value) -> Value {
        let (kind, version, items) = match self {
            Self::Table => return table(objects, resource, metadata),
            Self::Metadata => {
                let items: Vec<Value> = objects.iter().map(|o| partial(o)).collect();
                ("PartialObjectMetadataList".to_owned(), META.to_owned(), items)
            }
            Self::Whole => {
                let items = objects.iter().map(|o| list_item(o, resource)).collect();
                (format!("{}List", resource.kind), resource.api_version(), items)
            }
        };
        json!({"kind": kind, "apiVersion": version, "metadata": metadata, "items": items})
    }

    /// An object of a watch that says nothing but how far it has come.
    pub(super) fn bookmark(self, resource: &Resource, revision: u64, ends_initial_events: bool) -> Value {
        let (kind, version) = match self {
            Self::Whole => (resource.kind.clone(), resource.api_version()),
            Self::Metadata => ("PartialObjectMetadata".to_owned(), META.to_owned()),
            Self::Table => ("Table".to_owned(), META.to_owned()),
        };
        let mut metadata = json!({"resourceVersion": revision.to_string(), "creationTimestamp": null});
        if ends_initial_events {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        json!({"kind": kind, "apiVersion": version, "metadata": metadata})
    }
}

fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": object["metadata"]})
}

/// Compat: items of built-in lists carry no kind and version, those of custom resources do.
fn list_item(object: &Value, resource: &Resource) -> Value {
    let mut item = object.clone();
    if resource.custom.is_none()
        && let Some(fields) = item.as_object_mut()
    {
        fields.remove("kind");
        fields.remove("apiVersion");
    }
    item
}

fn table(objects: &[&Value], resource: &Resource, metadata: &Value) -> Value {
    let mut columns = vec![column("Name", "string")];
    let extra = extra_columns(resource);
    columns.extend(extra.iter().map(|(name, kind, _)| column(name, kind)));
    if !extra.iter().any(|(name, _, _)| name == "Age") {
        columns.push(column("Age", "date"));
    }
    let row = |object: &&Value| {
        let mut cells = vec![json!(meta::name(object))];
        match (&resource.custom, resource.plural.as_str()) {
            (None, "secrets") => cells.extend(secrets::table_cells(object)),
            _ => cells.extend(extra.iter().map(|(_, kind, path)| cell(object, kind, path))),
        }
        if cells.len() < columns.len() {
            cells.push(age(meta::text(object, "creationTimestamp")));
        }
        json!({"cells": cells, "object": partial(object)})
    };
    let rows: Vec<Value> = objects.iter().map(row).collect();
    json!({"kind": "Table", "apiVersion": META, "metadata": metadata, "columnDefinitions": columns, "rows": rows})
}

/// Name, type and path of the columns between name and age.
fn extra_columns(resource: &Resource) -> Vec<(String, String, String)> {
    let row = |(name, kind, path): &(&str, &str, &str)| {
        ((*name).to_owned(), (*kind).to_owned(), (*path).to_owned())
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(custom) = &resource.custom {
        return custom
            .columns
            .iter()
            .map(|c| (text(&c["name"]), text(&c["type"]), text(&c["jsonPath"])))
            .collect();
    }
    match resource.plural.as_str() {
        "secrets" => [("Type", "string", ""), ("Data", "integer", "")].iter().map(row).collect(),
        "namespaces" => [("Status", "string", ".status.phase")].iter().map(row).collect(),
        "events" => [
            ("Type", "string", ".type"),
            ("Reason", "string", ".reason"),
            ("Object", "string", ".involvedObject.name"),
            ("Message", "string", ".message"),
        ]
        .iter()
        .map(row)
        .collect(),
        _ => Vec::new(),
    }
}

fn column(name: &str, kind: &str) -> Value {
    let format = if name == "Name" { "name" } else { "" };
    json!({"name": name, "type": kind, "format": format, "description": "", "priority": 0})
}

/// The value at a path of names and indices, `.status.conditions[0].message`.
fn cell(object: &Value, kind: &str, path: &str) -> Value {
    let pointer = path.replace('[', ".").replace(']', "").replace('.', "/");
    let value = object.pointer(&pointer).cloned().unwrap_or(Value::Null);
    if kind == "date" { age(value.as_str().unwrap_or_default()) } else { value }
}

/// How long ago, in the largest unit that `kubectl` would show.
fn age(since: &str) -> Value {
    let Ok(since) = since.parse::<jiff::Timestamp>() else { return Value::Null };
    let seconds = jiff::Timestamp::now().duration_since(since).as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
    .into()
}

const META: &str = "meta.k8s.io/v1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_media_type_that_can_be_served_is_served() {
        let metadata = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        let typed = "application/vnd.kubernetes.protobuf,application/json";
        assert_eq!(View::of_accept(metadata), Ok(View::Metadata));
        assert_eq!(View::of_accept(kubectl), Ok(View::Table));
        assert_eq!(View::of_accept(typed), Ok(View::Whole));
        assert_eq!(View::of_accept("application/vnd.kubernetes.protobuf").map_err(|r| r.code), Err(406));
    }

    #[test]
    fn a_metadata_answer_holds_no_data() {
        let secrets = super::super::resource::Registry::new().find("", "v1", "secrets").expect("built in");
        let secret = json!({"kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "eA=="}});
        for view in [View::Metadata, View::Table] {
            let shown = view.list(&[&secret], &secrets, &json!({})).to_string();
            assert!(!shown.contains("eA==") && shown.contains("PartialObjectMetadata"), "{shown}");
        }
    }
}
