//! SealedSecret to JSON, in the shape that the reference writes.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

use super::{SealedSecret, Spec, Template};
use crate::names;

impl SealedSecret {
    /// The object as JSON. What Go leaves out when empty is left out; `apiVersion` and `kind` are filled in.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Serialize for SealedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", &Self::given_or(&self.api_version, names::API_VERSION))?;
        map.serialize_entry("kind", &Self::given_or(&self.kind, names::KIND))?;
        map.serialize_entry("metadata", &self.metadata)?;
        map.serialize_entry("spec", &self.spec)?;
        if let Some(status) = &self.status {
            map.serialize_entry("status", status)?;
        }
        map.end()
    }
}

impl Serialize for Spec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("template", &self.template)?;
        if let Some(data) = self.data.as_deref().filter(|data| !data.is_empty()) {
            map.serialize_entry("data", data)?;
        }
        map.serialize_entry("encryptedData", &self.encrypted_data)?;
        map.end()
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry::<_, ObjectMeta>("metadata", &self.metadata)?;
        if let Some(kind) = &self.r#type {
            map.serialize_entry("type", kind)?;
        }
        if let Some(immutable) = &self.immutable {
            map.serialize_entry("immutable", immutable)?;
        }
        if !self.data.is_empty() {
            map.serialize_entry("data", &self.data)?;
        }
        map.end()
    }
}
