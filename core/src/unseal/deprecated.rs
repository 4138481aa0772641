//! The contents of the deprecated `spec.data`: a whole Secret as JSON.

use std::{collections::BTreeMap, fmt};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use crate::{
    Plaintext, Secret,
    crypto::base64::{self, BadBase64},
};

/// Why what was sealed as a whole Secret is none. Nothing of it is quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// Not the JSON of an object, or a field of the wrong type.
    #[error("what was sealed is not the JSON of a Secret")]
    NotJson,
    /// An object of another kind.
    #[error("what was sealed is another kind of object than a Secret")]
    OtherKind,
    /// A value that is not base64.
    #[error("a value in it is not base64: item {item:?}: {source}")]
    Value {
        /// Name of the item.
        item: String,
        /// What is wrong with it.
        source: BadBase64,
    },
}

/// A text that is wiped when dropped.
#[derive(Default)]
struct Text(Zeroizing<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Zeroizing::new(text.to_owned())))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Blob {
    api_version: Option<String>,
    kind: Option<String>,
    metadata: Option<ObjectMeta>,
    data: Option<BTreeMap<String, Text>>,
    string_data: Option<BTreeMap<String, Text>>,
    r#type: Option<String>,
    immutable: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Kind {
    api_version: Option<String>,
    kind: Option<String>,
}

/// Reads the Secret; an empty text and one without kind and version pass, as in the reference.
pub(super) fn read(json: &[u8]) -> Result<Secret, BlobError> {
    let json = if json.trim_ascii().is_empty() { b"{}" } else { json };
    let Kind { api_version, kind } = serde_json::from_slice(json).map_err(|_| BlobError::NotJson)?;
    let named = (api_version.as_deref().unwrap_or_default(), kind.as_deref().unwrap_or_default());
    if !matches!(named, ("" | "v1", "" | "Secret")) {
        return Err(BlobError::OtherKind);
    }
    let blob: Blob = serde_json::from_slice(json).map_err(|_| BlobError::NotJson)?;
    let mut data = BTreeMap::new();
    for (item, Text(text)) in blob.data.unwrap_or_default() {
        let value = base64::decode(text.as_bytes());
        let value = value.map_err(|source| BlobError::Value { item: item.clone(), source })?;
        data.insert(item, Plaintext::new(value));
    }
    let string_data = blob.string_data.unwrap_or_default().into_iter();
    Ok(Secret {
        api_version: blob.api_version.unwrap_or_default(),
        kind: blob.kind.unwrap_or_default(),
        metadata: crate::sealed_secret::tidy(blob.metadata.unwrap_or_default()),
        data,
        string_data: string_data
            .map(|(item, Text(text))| (item, Plaintext::new(text.as_bytes().to_vec())))
            .collect(),
        r#type: blob.r#type.filter(|kind| !kind.is_empty()),
        immutable: blob.immutable,
    })
}
