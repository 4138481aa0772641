//! Objects to trees, in the order of the reference's fields; what Go leaves out when empty is left out.

use std::collections::BTreeMap;

use golang::base64;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta, OwnerReference, Time};

use super::node::{Node, Tree, Value};
use crate::{
    SealedSecret, Secret, names,
    sealed_secret::{Condition, Spec, Status, Template},
};

/// The tree of a SealedSecret; `apiVersion` and `kind` are filled in.
pub(in crate::manifest) fn sealed_secret(object: &SealedSecret) -> Tree {
    let mut fields = Fields::default();
    fields.text("kind", given_or(&object.kind, names::KIND));
    fields.text("apiVersion", given_or(&object.api_version, names::API_VERSION));
    fields.put("metadata", metadata(&object.metadata));
    fields.put("spec", spec(&object.spec));
    fields.some("status", object.status.as_ref(), status);
    Tree { root: node(fields.into()) }
}

/// The tree of a Secret; it holds the plaintext and is wiped like every tree.
pub(in crate::manifest) fn secret(object: &Secret) -> Tree {
    let mut fields = Fields::default();
    fields.text("kind", given_or(&object.kind, "Secret"));
    fields.text("apiVersion", given_or(&object.api_version, "v1"));
    fields.put("metadata", metadata(&object.metadata));
    fields.boolean("immutable", object.immutable);
    let data = object.data.iter().map(|(item, value)| (item.clone(), text(&base64::encode(value.expose()))));
    fields.map("data", data.collect());
    let string_data = object.string_data.iter();
    let plain = |value: &[u8]| text(&String::from_utf8_lossy(value));
    fields
        .map("stringData", string_data.map(|(item, value)| (item.clone(), plain(value.expose()))).collect());
    fields.text("type", object.r#type.as_deref().unwrap_or_default());
    Tree { root: node(fields.into()) }
}

/// The fields of an object as they are collected.
#[derive(Default)]
struct Fields(Vec<(String, Node)>);

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Map(fields.0)
    }
}

impl Fields {
    fn put(&mut self, name: &str, value: Value) {
        self.0.push((name.to_owned(), node(value)));
    }

    fn some<T>(&mut self, name: &str, value: Option<T>, shape: impl FnOnce(T) -> Value) {
        if let Some(value) = value {
            self.put(name, shape(value));
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.put(name, Value::Text(value.to_owned()));
        }
    }

    fn opt_text(&mut self, name: &str, value: Option<&String>) {
        self.text(name, value.map_or("", String::as_str));
    }

    fn integer(&mut self, name: &str, value: Option<i64>) {
        self.some(name, value, Value::Int);
    }

    fn boolean(&mut self, name: &str, value: Option<bool>) {
        self.some(name, value, Value::Bool);
    }

    fn map(&mut self, name: &str, entries: Vec<(String, Node)>) {
        if !entries.is_empty() {
            self.put(name, Value::Map(entries));
        }
    }

    fn text_map(&mut self, name: &str, entries: Option<&BTreeMap<String, String>>) {
        let entries = entries.into_iter().flatten();
        self.map(name, entries.map(|(name, value)| (name.clone(), text(value))).collect());
    }

    fn list<T>(&mut self, name: &str, items: Option<&Vec<T>>, shape: impl Fn(&T) -> Value) {
        if let Some(items) = items.filter(|items| !items.is_empty()) {
            self.put(name, Value::List(items.iter().map(|item| node(shape(item))).collect()));
        }
    }
}

fn metadata(meta: &ObjectMeta) -> Value {
    let mut fields = Fields::default();
    fields.opt_text("name", meta.name.as_ref());
    fields.opt_text("generateName", meta.generate_name.as_ref());
    fields.opt_text("namespace", meta.namespace.as_ref());
    fields.opt_text("selfLink", meta.self_link.as_ref());
    fields.opt_text("uid", meta.uid.as_ref());
    fields.opt_text("resourceVersion", meta.resource_version.as_ref());
    fields.integer("generation", meta.generation.filter(|number| *number != 0));
    fields.some("creationTimestamp", meta.creation_timestamp.as_ref(), time);
    fields.some("deletionTimestamp", meta.deletion_timestamp.as_ref(), time);
    fields.integer("deletionGracePeriodSeconds", meta.deletion_grace_period_seconds);
    fields.text_map("labels", meta.labels.as_ref());
    fields.text_map("annotations", meta.annotations.as_ref());
    fields.list("ownerReferences", meta.owner_references.as_ref(), owner);
    fields.list("finalizers", meta.finalizers.as_ref(), |name| Value::Text(name.clone()));
    fields.list("managedFields", meta.managed_fields.as_ref(), managed_fields);
    fields.into()
}

/// Compat: the first four are printed even when empty.
fn owner(owner: &OwnerReference) -> Value {
    let mut fields = Fields::default();
    for (name, value) in [
        ("apiVersion", &owner.api_version),
        ("kind", &owner.kind),
        ("name", &owner.name),
        ("uid", &owner.uid),
    ] {
        fields.put(name, Value::Text(value.clone()));
    }
    fields.boolean("controller", owner.controller);
    fields.boolean("blockOwnerDeletion", owner.block_owner_deletion);
    fields.into()
}

fn managed_fields(entry: &ManagedFieldsEntry) -> Value {
    let mut fields = Fields::default();
    fields.opt_text("manager", entry.manager.as_ref());
    fields.opt_text("operation", entry.operation.as_ref());
    fields.opt_text("apiVersion", entry.api_version.as_ref());
    fields.some("time", entry.time.as_ref(), time);
    fields.opt_text("fieldsType", entry.fields_type.as_ref());
    fields.some("fieldsV1", entry.fields_v1.as_ref(), |raw| from_json(&raw.0));
    fields.opt_text("subresource", entry.subresource.as_ref());
    fields.into()
}

fn spec(spec: &Spec) -> Value {
    let mut fields = Fields::default();
    fields.put("template", template(&spec.template));
    fields.opt_text("data", spec.data.as_ref());
    let items = spec.encrypted_data.iter().map(|(item, value)| (item.clone(), text(value)));
    fields.put("encryptedData", Value::Map(items.collect()));
    fields.into()
}

fn template(template: &Template) -> Value {
    let mut fields = Fields::default();
    fields.put("metadata", metadata(&template.metadata));
    fields.opt_text("type", template.r#type.as_ref());
    fields.boolean("immutable", template.immutable);
    let data = template.data.iter().map(|(item, value)| {
        let value = value.as_ref().map_or(Value::Null, |value| Value::Text(value.clone()));
        (item.clone(), node(value))
    });
    fields.map("data", data.collect());
    fields.into()
}

fn status(status: &Status) -> Value {
    let mut fields = Fields::default();
    fields.integer("observedGeneration", status.observed_generation);
    fields.list("conditions", Some(&status.conditions), condition);
    fields.into()
}

/// Compat: the times are printed even when there are none.
fn condition(condition: &Condition) -> Value {
    let mut fields = Fields::default();
    fields.put("type", Value::Text(condition.type_.clone()));
    fields.put("status", Value::Text(condition.status.clone()));
    fields.put("lastUpdateTime", condition.last_update_time.as_ref().map_or(Value::Null, time));
    fields.put("lastTransitionTime", condition.last_transition_time.as_ref().map_or(Value::Null, time));
    fields.opt_text("reason", condition.reason.as_ref());
    fields.opt_text("message", condition.message.as_ref());
    fields.into()
}

/// Whole seconds in UTC.
fn time(time: &Time) -> Value {
    let whole = time.0.to_string();
    let seconds = whole.find('.').map_or(whole.as_str(), |dot| &whole[..dot]);
    Value::Text(format!("{}Z", seconds.trim_end_matches('Z')))
}

fn from_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map(Value::Int)
            .or_else(|| number.as_u64().map(Value::Uint))
            .unwrap_or_else(|| Value::Float(number.as_f64().unwrap_or_default())),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => {
            Value::List(items.iter().map(|item| node(from_json(item))).collect())
        }
        serde_json::Value::Object(entries) => {
            Value::Map(entries.iter().map(|(name, value)| (name.clone(), node(from_json(value)))).collect())
        }
    }
}

fn node(value: Value) -> Node {
    Node { value }
}

fn text(text: &str) -> Node {
    node(Value::Text(text.to_owned()))
}

fn given_or<'a>(given: &'a str, default: &'a str) -> &'a str {
    if given.is_empty() { default } else { given }
}
