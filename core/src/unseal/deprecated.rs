//! The contents of the deprecated `spec.data`: a whole Secret as JSON or, rarely, YAML.

use std::{collections::BTreeMap, fmt};

use golang::base64::{self, BadBase64};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use super::nodes;
use crate::{
    Plaintext, Secret,
    manifest::{self, Bounds},
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
    /// More keys and values than are read.
    #[error("what was sealed has more than {most} keys and values: seal fewer, or several Secrets")]
    TooManyValues {
        /// How many are read.
        most: usize,
    },
    /// Values that no Secret holds.
    #[error("the values in it have more than {most} bytes, which no Secret holds: seal several Secrets")]
    TooLarge {
        /// How many bytes a Secret holds.
        most: usize,
    },
}

/// What the API server lets the values of one Secret have together.
const MOST_BYTES: usize = 1 << 20;

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
    let secret = if !text.is_empty() && !text.starts_with(b"{") {
        read_yaml(text)?
    } else {
        read_json(if text.is_empty() { b"{}" } else { text })?
    };
    check_size(&secret)?;
    Ok(secret)
}

/// The API server would refuse it too, but only once it stands there a second time, in base64.
fn check_size(secret: &Secret) -> Result<(), BlobError> {
    let covered = |item: &String| secret.string_data.contains_key(item);
    let data = secret.data.iter().filter(|(item, _)| !covered(item)).map(|(_, value)| value);
    let bytes: usize = data.chain(secret.string_data.values()).map(Plaintext::len).sum();
    if bytes > MOST_BYTES { Err(BlobError::TooLarge { most: MOST_BYTES }) } else { Ok(()) }
}

fn read_json(json: &[u8]) -> Result<Secret, BlobError> {
    // An entry takes some bytes of text and a hundred of memory, hence before any is kept.
    nodes::check(json, Bounds::NETWORK.nodes)?;
    let kind: Kind = serde_json::from_slice(json).map_err(|_| BlobError::NotAnObject)?;
    check_kind(&kind.api_version.unwrap_or_default(), &kind.kind.unwrap_or_default())?;
    read_blob(json)
}

fn check_kind(api_version: &str, kind: &str) -> Result<(), BlobError> {
    match (api_version, kind) {
        ("" | "v1", "" | "Secret") => Ok(()),
        _ => Err(BlobError::OtherKind),
    }
}

fn read_yaml(text: &[u8]) -> Result<Secret, BlobError> {
    let secrets = manifest::secrets_within(text, &Bounds::NETWORK).map_err(|_| BlobError::NotAnObject)?;
    let [secret] = <[Secret; 1]>::try_from(secrets).map_err(|_| BlobError::NotAnObject)?;
    check_kind(&secret.api_version, &secret.kind)?;
    Ok(secret)
}

fn read_blob(json: &[u8]) -> Result<Secret, BlobError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(many: usize, field: &str) -> String {
        let entries: Vec<_> = (0..many).map(|at| format!("\"{at:04}\":\"\"")).collect();
        format!("{{\"{field}\":{{{}}}}}", entries.join(","))
    }

    #[test]
    fn a_secret_of_very_many_entries_is_refused_before_one_is_kept_and_one_of_thousands_is_read() {
        let too_many = BlobError::TooManyValues { most: Bounds::NETWORK.nodes };
        for field in ["data", "stringData", "metadata", "unknown"] {
            assert_eq!(read(entries(100_000, field).as_bytes()).err(), Some(too_many.clone()), "{field}");
        }
        let twice = format!("{{\"data\":{{{}\"a\":\"\"}}}}", "\"a\":\"\",".repeat(100_000));
        assert_eq!(read(twice.as_bytes()).err(), Some(too_many), "names that repeat");
        let honest = read(entries(20_000, "data").as_bytes()).expect("it has 40,000 keys and values");
        assert_eq!(honest.data.len(), 20_000);
        assert_eq!(read(b"{\"data\":").err(), Some(BlobError::NotAnObject));
    }

    #[test]
    fn values_that_no_secret_holds_are_refused_and_as_many_as_one_holds_are_read() {
        let json =
            |bytes: usize| format!("{{\"stringData\":{{\"a\":\"{}\",\"b\":\"b\"}}}}", "x".repeat(bytes));
        let yaml = |bytes: usize| {
            format!("stringData:\n  a: {}\n  b: b\nkind: Secret\napiVersion: v1\n", "x".repeat(bytes))
        };
        for text in [json(MOST_BYTES), yaml(MOST_BYTES)] {
            assert_eq!(read(text.as_bytes()).err(), Some(BlobError::TooLarge { most: MOST_BYTES }));
        }
        for text in [json(MOST_BYTES - 1), yaml(MOST_BYTES - 1)] {
            assert!(read(text.as_bytes()).is_ok());
        }
        let covered =
            format!("{{\"data\":{{\"a\":\"{}\"}},\"stringData\":{{\"a\":\"{0}\"}}}}", "eHh4".repeat(200_000));
        assert!(read(covered.as_bytes()).is_ok(), "what stringData replaces does not count");
    }
}
