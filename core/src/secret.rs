//! A Kubernetes Secret with values that cannot be printed.

use std::collections::BTreeMap;

use golang::base64;
use k8s_openapi::{ByteString, api::core::v1, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde_json::{Map, Value, json};

use crate::Plaintext;

/// A Kubernetes Secret, as read from text or as unsealed.
#[derive(Debug, Default)]
pub struct Secret {
    /// `apiVersion` as given; empty when absent.
    pub api_version: String,
    /// `kind` as given; empty when absent.
    pub kind: String,
    /// Object metadata.
    pub metadata: ObjectMeta,
    /// `data`, decoded.
    pub data: BTreeMap<String, Plaintext>,
    /// `stringData`; wins over `data`.
    pub string_data: BTreeMap<String, Plaintext>,
    /// `type`; `None` when absent or empty.
    pub r#type: Option<String>,
    /// `immutable`.
    pub immutable: Option<bool>,
}

impl Secret {
    /// `metadata.name`, empty when absent.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// `metadata.namespace`, empty when absent.
    pub fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// All values by item, `stringData` over `data`.
    pub fn into_values(self) -> BTreeMap<String, Plaintext> {
        let mut values = self.data;
        values.extend(self.string_data);
        values
    }

    /// The JSON to send to an API server: `v1` and `Secret`, values in base64. It holds the plaintext.
    pub fn to_api_value(&self) -> Value {
        let mut object = Map::from_iter([
            ("apiVersion".to_owned(), json!("v1")),
            ("kind".to_owned(), json!("Secret")),
            ("metadata".to_owned(), serde_json::to_value(&self.metadata).unwrap_or_default()),
        ]);
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                object.insert(name.to_owned(), value);
            }
        };
        let encode = |value: &Plaintext| json!(base64::encode(value.expose()));
        let text = |value: &Plaintext| json!(String::from_utf8_lossy(value.expose()));
        put("data", values(&self.data, encode));
        put("stringData", values(&self.string_data, text));
        put("type", self.r#type.as_ref().map(|kind| json!(kind)));
        put("immutable", self.immutable.map(|immutable| json!(immutable)));
        Value::Object(object)
    }
}

fn values(map: &BTreeMap<String, Plaintext>, value: impl Fn(&Plaintext) -> Value) -> Option<Value> {
    (!map.is_empty()).then(|| map.iter().map(|(item, plaintext)| (item.clone(), value(plaintext))).collect())
}

/// From the API's type, as read from a cluster.
impl From<v1::Secret> for Secret {
    fn from(secret: v1::Secret) -> Self {
        let data = secret.data.unwrap_or_default().into_iter();
        let string_data = secret.string_data.unwrap_or_default().into_iter();
        Self {
            api_version: "v1".to_owned(),
            kind: "Secret".to_owned(),
            metadata: secret.metadata,
            data: data.map(|(item, ByteString(bytes))| (item, Plaintext::new(bytes))).collect(),
            string_data: string_data.map(|(item, text)| (item, Plaintext::new(text.into_bytes()))).collect(),
            r#type: secret.type_.filter(|kind| !kind.is_empty()),
            immutable: secret.immutable,
        }
    }
}

/// To the API's type, for writing to a cluster. The copy of the values that this makes is not wiped.
impl From<&Secret> for v1::Secret {
    fn from(secret: &Secret) -> Self {
        let bytes = |value: &Plaintext| ByteString(value.expose().to_vec());
        let text = |value: &Plaintext| String::from_utf8_lossy(value.expose()).into_owned();
        let copy = |map: &BTreeMap<String, Plaintext>| {
            (!map.is_empty()).then(|| map.iter().map(|(item, value)| (item.clone(), bytes(value))).collect())
        };
        Self {
            metadata: secret.metadata.clone(),
            data: copy(&secret.data),
            string_data: (!secret.string_data.is_empty()).then(|| {
                secret.string_data.iter().map(|(item, value)| (item.clone(), text(value))).collect()
            }),
            type_: secret.r#type.clone(),
            immutable: secret.immutable,
        }
    }
}
