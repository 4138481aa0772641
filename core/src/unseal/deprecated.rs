//! The contents of the deprecated `spec.data`: a whole Secret as JSON or, rarely, YAML.

use std::{collections::BTreeMap, fmt};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use crate::{
    Plaintext, Secret,
    crypto::base64::{self, BadBase64},
    manifest,
};

/// Why what was sealed as a whole Secret is none. Nothing of it is quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// Not the text of an object, or a field of the wrong type.
    #[error("what was sealed is not a Secret in JSON or YAML")]
    NotAnObject,
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
pub(super) fn read(text: &[u8]) -> Result<Secret, BlobError> {
    let text = text.trim_ascii();
    if !text.is_empty() && !text.starts_with(b"{") {
        return read_yaml(text);
    }
    let json = if text.is_empty() { b"{}" } else { text };
    let kind: Kind = serde_json::from_slice(json).map_err(|_| BlobError::NotAnObject)?;
    check_kind(&kind.api_version.unwrap_or_default(), &kind.kind.unwrap_or_default())?;
    read_json(json)
}

fn check_kind(api_version: &str, kind: &str) -> Result<(), BlobError> {
    match (api_version, kind) {
        ("" | "v1", "" | "Secret") => Ok(()),
        _ => Err(BlobError::OtherKind),
    }
}

fn read_yaml(text: &[u8]) -> Result<Secret, BlobError> {
    let secrets = manifest::secrets(text).map_err(|_| BlobError::NotAnObject)?;
    let [secret] = <[Secret; 1]>::try_from(secrets).map_err(|_| BlobError::NotAnObject)?;
    check_kind(&secret.api_version, &secret.kind)?;
    Ok(secret)
}

fn read_json(json: &[u8]) -> Result<Secret, BlobError> {
    let blob: Blob = serde_json::from_slice(json).map_err(|_| BlobError::NotAnObject)?;
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
