//! A SealedSecret from a tree.

use std::collections::BTreeMap;

use golang::base64;

use super::{Reader, mismatch};
use crate::{
    SealedSecret,
    manifest::{
        error::{Fault, Problem},
        node::{Node, Value},
    },
    names,
    sealed_secret::{Condition, Spec, Status, Template},
};

pub(in crate::manifest) const SEALED_SECRET: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];
pub(in crate::manifest) const SPEC: &[&str] = &["template", "data", "encryptedData"];
pub(in crate::manifest) const TEMPLATE: &[&str] = &["metadata", "type", "immutable", "data"];
const STATUS: &[&str] = &["observedGeneration", "conditions"];
const CONDITION: &[&str] = &["type", "status", "lastUpdateTime", "lastTransitionTime", "reason", "message"];

impl Reader {
    /// Reads a SealedSecret; `None` where nothing of one is there. Kind and version are not looked at.
    pub(in crate::manifest) fn sealed_secret(&self, node: Node<'_>) -> Result<Option<SealedSecret>, Fault> {
        if !matches!(node.value(), Value::Null | Value::Map(_)) {
            return Err(mismatch(node.at(), "a SealedSecret", &node.value()));
        }
        let mut object = SealedSecret::default();
        let mut holds_maps = false;
        self.fields(node, SEALED_SECRET, |name, value| {
            match name {
                "apiVersion" => object.api_version = Self::own_text(value)?.unwrap_or_default(),
                "kind" => object.kind = Self::own_text(value)?.unwrap_or_default(),
                "metadata" => self.metadata(&mut object.metadata, value)?,
                "spec" => holds_maps |= self.spec(&mut object.spec, value)?,
                _ => object.status = self.status(object.status.take(), value)?,
            }
            Ok(())
        })?;
        let is_empty = !holds_maps && object == SealedSecret::default();
        Ok((!is_empty).then_some(object))
    }

    /// Reads one object whose kind and version must be right where they are given.
    pub(in crate::manifest) fn only_sealed_secret(&self, node: Node<'_>) -> Result<SealedSecret, Fault> {
        let at = node.at();
        if !matches!(node.value(), Value::Null | Value::Map(_)) {
            return Err(mismatch(at, "a SealedSecret", &node.value()));
        }
        let (version, kind) = (type_field(node, "apiVersion")?, type_field(node, "kind")?);
        let known = match version.matches('/').count() {
            0 => version.is_empty(),
            1 => {
                version == "/"
                    || version == names::API_VERSION
                    || version.strip_suffix('/') == Some(names::GROUP)
            }
            _ => return Err(Fault::new(at, Problem::BadVersion).inside("apiVersion")),
        };
        if !known || !(kind.is_empty() || kind == names::KIND) {
            return Err(Fault::new(at, Problem::WrongKind { kind }));
        }
        self.sealed_secret(node)?.ok_or_else(|| Fault::new(at, Problem::NoObject))
    }

    fn spec(&self, spec: &mut Spec, node: Node<'_>) -> Result<bool, Fault> {
        let mut holds_maps = false;
        self.fields(node, SPEC, |name, value| {
            match name {
                "template" => holds_maps |= self.template(&mut spec.template, value)?,
                "data" => spec.data = self.bytes(value)?.map(|bytes| base64::encode(&bytes)),
                _ => {
                    holds_maps |= !matches!(value.value(), Value::Null);
                    spec.encrypted_data = ciphertexts(value);
                }
            }
            Ok(())
        })?;
        Ok(holds_maps)
    }

    fn template(&self, template: &mut Template, node: Node<'_>) -> Result<bool, Fault> {
        let mut holds_maps = false;
        self.fields(node, TEMPLATE, |name, value| {
            match name {
                "metadata" => self.metadata(&mut template.metadata, value)?,
                "type" => self.set_text(&mut template.r#type, value)?,
                "immutable" => template.immutable = Self::boolean(value)?,
                _ => {
                    holds_maps |= Self::entries(value, |item, value| {
                        template.data.insert(item.to_owned(), self.text(value)?);
                        Ok(())
                    })?;
                }
            }
            Ok(())
        })?;
        Ok(holds_maps)
    }

    fn status(&self, before: Option<Status>, node: Node<'_>) -> Result<Option<Status>, Fault> {
        let mut status = before.unwrap_or_default();
        let is_there = self.fields(node, STATUS, |name, value| {
            if name == "observedGeneration" {
                status.observed_generation = self.integer(value)?.filter(|number| *number != 0);
            } else {
                let conditions = Self::list(value, |node| self.condition(node))?;
                status.conditions = conditions.unwrap_or_default();
            }
            Ok(())
        })?;
        Ok(is_there.then_some(status))
    }

    fn condition(&self, node: Node<'_>) -> Result<Condition, Fault> {
        let mut condition = Condition::default();
        self.fields(node, CONDITION, |name, value| {
            match name {
                "type" => condition.type_ = self.text(value)?.unwrap_or_default(),
                "status" => condition.status = self.text(value)?.unwrap_or_default(),
                "lastUpdateTime" => condition.last_update_time = Self::time(value)?,
                "lastTransitionTime" => condition.last_transition_time = Self::time(value)?,
                "reason" => self.set_text(&mut condition.reason, value)?,
                _ => self.set_text(&mut condition.message, value)?,
            }
            Ok(())
        })?;
        Ok(condition)
    }
}

fn type_field(node: Node<'_>, field: &str) -> Result<String, Fault> {
    let Some(node) = node.get(field) else { return Ok(String::new()) };
    match node.value() {
        Value::Text(text) => Ok(text.to_owned()),
        Value::Null => Ok(String::new()),
        other => Err(mismatch(node.at(), "text", &other).inside(field)),
    }
}

/// Compat: the one lenient field. A value that is no text becomes empty, anything but a map an empty map, and
/// a repeated field replaces the first.
fn ciphertexts(node: Node<'_>) -> BTreeMap<String, String> {
    let Value::Map(map) = node.value() else { return BTreeMap::new() };
    map.entries()
        .map(|(item, node)| (item.into_owned(), node.text().unwrap_or_default().to_owned()))
        .collect()
}
