//! A Secret as JSON, written once into one buffer that never grows and is wiped.

use std::collections::BTreeMap;

use golang::base64;
use k8s_openapi::{ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

/// The JSON to send: values in base64, without a copy of them anywhere else.
pub(super) fn encode(secret: &Secret) -> Zeroizing<Vec<u8>> {
    let data = secret.data.as_ref();
    let values: usize =
        data.into_iter().flatten().map(|(name, value)| name.len() * 6 + value.0.len() / 3 * 4 + 16).sum();
    let metadata = serde_json::to_vec(&secret.metadata).map_or(0, |text| text.len());
    let type_ = secret.type_.as_ref().map_or(0, |text| text.len() * 6);
    let mut text = Zeroizing::new(Vec::with_capacity(values + metadata + type_ + ALL_ELSE));
    let object = Object {
        api_version: "v1",
        kind: "Secret",
        metadata: &secret.metadata,
        data: data.map(Items),
        immutable: secret.immutable,
        r#type: secret.type_.as_deref(),
    };
    serde_json::to_writer(&mut *text, &object).expect("names and base64 are JSON");
    text
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: &'a ObjectMeta,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Items<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    immutable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
}

struct Items<'a>(&'a BTreeMap<String, ByteString>);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Base64(&value.0))))
    }
}

/// Written piece by piece: a text of its own would be one more copy.
struct Base64<'a>(&'a [u8]);

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&base64::displayed(self.0))
    }
}

/// Names of fields and what stands between them.
const ALL_ELSE: usize = 256;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn it_is_what_the_client_library_would_send_and_its_buffer_never_grew() {
        for length in [0, 1, 2, 3, 1000, 100_001] {
            let mut secret =
                Secret { type_: Some("a\u{1}b".to_owned()), immutable: Some(true), ..Secret::default() };
            secret.metadata.name = Some("n".to_owned());
            secret.metadata.annotations = Some(BTreeMap::from([("a".to_owned(), "\u{1}\"".repeat(500))]));
            secret.data =
                Some((0..20).map(|at| (format!("\u{1}item{at}"), ByteString(vec![at; length]))).collect());
            let ours = encode(&secret);
            let read: serde_json::Value = serde_json::from_slice(&ours).unwrap();
            assert_eq!(read, serde_json::to_value(&secret).unwrap(), "{length} bytes");
        }
        let bare: serde_json::Value = serde_json::from_slice(&encode(&Secret::default())).unwrap();
        assert_eq!(bare, serde_json::to_value(Secret::default()).unwrap());
    }
}
