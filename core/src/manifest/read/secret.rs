//! A Secret from a tree.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Reader, mismatch};
use crate::{
    Plaintext, Secret,
    manifest::{
        error::Fault,
        node::{Node, Value},
    },
};

pub(in crate::manifest) const SECRET: &[&str] =
    &["apiVersion", "kind", "metadata", "data", "stringData", "type", "immutable"];

impl Reader {
    /// Reads a Secret; `None` where nothing of a Secret is there. Kind and version are not looked at.
    pub(in crate::manifest) fn secret(&self, node: Node<'_>) -> Result<Option<Secret>, Fault> {
        if !matches!(node.value(), Value::Null | Value::Map(_)) {
            return Err(mismatch(node.at(), "a Secret", &node.value()));
        }
        let mut secret = Secret::default();
        let mut holds_maps = false;
        self.fields(node, SECRET, |name, value| {
            match name {
                "apiVersion" => secret.api_version = Self::own_text(value)?.unwrap_or_default(),
                "kind" => secret.kind = Self::own_text(value)?.unwrap_or_default(),
                "metadata" => self.metadata(&mut secret.metadata, value)?,
                "data" => {
                    holds_maps |= Self::entries(value, |item, value| {
                        let bytes = self.bytes(value)?.unwrap_or_default();
                        secret.data.insert(item.to_owned(), Plaintext::new(bytes));
                        Ok(())
                    })?;
                }
                "stringData" => {
                    holds_maps |= Self::entries(value, |item, value| {
                        let text = self.text(value)?.unwrap_or_default();
                        secret.string_data.insert(item.to_owned(), Plaintext::new(text.into_bytes()));
                        Ok(())
                    })?;
                }
                "type" => self.set_text(&mut secret.r#type, value)?,
                _ => secret.immutable = Self::boolean(value)?,
            }
            Ok(())
        })?;
        let is_empty = !holds_maps
            && secret.api_version.is_empty()
            && secret.kind.is_empty()
            && secret.metadata == ObjectMeta::default()
            && secret.r#type.is_none()
            && secret.immutable.is_none();
        Ok((!is_empty).then_some(secret))
    }
}
