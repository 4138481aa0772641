//! `metadata`: what every object has.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    FieldsV1, ManagedFieldsEntry, ObjectMeta, OwnerReference,
};
use serde_json::{Map, Number};

use super::Reader;
use crate::manifest::{
    error::{Fault, Problem},
    node::{Node, Value},
};

pub(in crate::manifest) const METADATA: &[&str] = &[
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
];

const OWNER: &[&str] = &["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];

const MANAGED: &[&str] =
    &["manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource"];

impl Reader {
    pub(super) fn metadata(&self, meta: &mut ObjectMeta, node: Node<'_>) -> Result<(), Fault> {
        self.fields(node, METADATA, |name, value| {
            match name {
                "name" => self.set_text(&mut meta.name, value)?,
                "generateName" => self.set_text(&mut meta.generate_name, value)?,
                "namespace" => self.set_text(&mut meta.namespace, value)?,
                "selfLink" => self.set_text(&mut meta.self_link, value)?,
                "uid" => self.set_text(&mut meta.uid, value)?,
                "resourceVersion" => self.set_text(&mut meta.resource_version, value)?,
                "generation" => {
                    meta.generation = self.integer(value)?.or(meta.generation).filter(|number| *number != 0);
                }
                "creationTimestamp" => meta.creation_timestamp = Self::time(value)?,
                "deletionTimestamp" => meta.deletion_timestamp = Self::time(value)?,
                "deletionGracePeriodSeconds" => meta.deletion_grace_period_seconds = self.integer(value)?,
                "labels" => self.text_map(&mut meta.labels, value)?,
                "annotations" => self.text_map(&mut meta.annotations, value)?,
                "ownerReferences" => meta.owner_references = Self::list(value, |node| self.owner(node))?,
                "finalizers" => {
                    meta.finalizers = Self::list(value, |node| Ok(self.text(node)?.unwrap_or_default()))?;
                }
                _ => meta.managed_fields = Self::list(value, |node| self.managed_fields(node))?,
            }
            Ok(())
        })
        .map(|_| ())
    }

    fn owner(&self, node: Node<'_>) -> Result<OwnerReference, Fault> {
        let mut owner = OwnerReference::default();
        self.fields(node, OWNER, |name, value| {
            match name {
                "apiVersion" => owner.api_version = self.text(value)?.unwrap_or_default(),
                "kind" => owner.kind = self.text(value)?.unwrap_or_default(),
                "name" => owner.name = self.text(value)?.unwrap_or_default(),
                "uid" => owner.uid = self.text(value)?.unwrap_or_default(),
                "controller" => owner.controller = Self::boolean(value)?,
                _ => owner.block_owner_deletion = Self::boolean(value)?,
            }
            Ok(())
        })?;
        Ok(owner)
    }

    fn managed_fields(&self, node: Node<'_>) -> Result<ManagedFieldsEntry, Fault> {
        let mut entry = ManagedFieldsEntry::default();
        self.fields(node, MANAGED, |name, value| {
            match name {
                "manager" => self.set_text(&mut entry.manager, value)?,
                "operation" => self.set_text(&mut entry.operation, value)?,
                "apiVersion" => self.set_text(&mut entry.api_version, value)?,
                "time" => entry.time = Self::time(value)?,
                "fieldsType" => self.set_text(&mut entry.fields_type, value)?,
                "subresource" => self.set_text(&mut entry.subresource, value)?,
                _ => entry.fields_v1 = to_json(value, 0)?.map(FieldsV1),
            }
            Ok(())
        })?;
        Ok(entry)
    }
}

/// A tree as a JSON value; `None` for null. Deep ones are refused: such a value is taken apart by recursion.
pub(in crate::manifest) fn to_json(node: Node<'_>, depth: usize) -> Result<Option<serde_json::Value>, Fault> {
    const DEEPEST: usize = 500;
    if depth > DEEPEST {
        return Err(Fault::new(node.at(), Problem::Depth));
    }
    let child = |node: Node<'_>| Ok::<_, Fault>(to_json(node, depth + 1)?.unwrap_or_default());
    Ok(Some(match node.value() {
        Value::Null => return Ok(None),
        Value::Bool(value) => serde_json::Value::Bool(value),
        Value::Int(number) => number.into(),
        Value::Uint(number) => number.into(),
        Value::Float(number) => match Number::from_f64(number) {
            Some(number) => serde_json::Value::Number(number),
            None => return Err(Fault::new(node.at(), Problem::UnsupportedValue)),
        },
        Value::Text(text) => serde_json::Value::String(text.to_owned()),
        Value::List(items) => serde_json::Value::Array(items.map(child).collect::<Result<_, _>>()?),
        Value::Map(map) => {
            let entries = map.entries().map(|(name, node)| Ok((name.into_owned(), child(node)?)));
            serde_json::Value::Object(entries.collect::<Result<Map<_, _>, Fault>>()?)
        }
    }))
}
