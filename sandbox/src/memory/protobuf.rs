//! Bodies in Kubernetes' protobuf, which kubectl sends for the kinds that it makes from flags alone.
//!
//! Field numbers are those of `generated.proto` in `k8s.io/api` and `k8s.io/apimachinery`. Fields that kubectl never
//! sets for these kinds are left out, and passed over where they come.

use std::collections::HashMap;

use k8s_openapi::ByteString;
use prost::Message;
use serde::Serialize;
use serde_json::Value;

use super::status::Refusal;

/// The object of such a body, as its JSON would be.
pub(super) fn read(body: &[u8]) -> Result<Value, Refusal> {
    let envelope =
        body.strip_prefix(MAGIC).ok_or_else(|| Refusal::bad_request("no protobuf of Kubernetes"))?;
    let Unknown { type_meta, raw } = Unknown::decode(envelope).map_err(|error| broken(&error))?;
    let TypeMeta { api_version, kind } = type_meta.unwrap_or_default();
    let mut object = match (&*api_version, &*kind) {
        ("v1", "Secret") => json::<Secret>(&raw),
        ("v1", "ConfigMap") => json::<ConfigMap>(&raw),
        ("v1", "Namespace") => json::<Namespace>(&raw),
        ("authorization.k8s.io/v1", "SelfSubjectAccessReview") => json::<AccessReview>(&raw),
        _ => Err(Refusal::new(
            415,
            "UnsupportedMediaType",
            format!("the embedded API server reads no protobuf of {api_version} {kind}: apply it as YAML"),
        )),
    }?;
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    Ok(object)
}

fn json<M: Message + Default + Serialize>(raw: &[u8]) -> Result<Value, Refusal> {
    let object = M::decode(raw).map_err(|error| broken(&error))?;
    serde_json::to_value(object).map_err(|error| Refusal::bad_request(error.to_string()))
}

fn broken(error: &prost::DecodeError) -> Refusal {
    Refusal::bad_request(format!("the body of the request is no protobuf: {error}"))
}

const MAGIC: &[u8] = b"k8s\0";

#[derive(Message)]
struct Unknown {
    #[prost(message, optional, tag = "1")]
    type_meta: Option<TypeMeta>,
    #[prost(bytes = "vec", tag = "2")]
    raw: Vec<u8>,
}

#[derive(Message)]
struct TypeMeta {
    #[prost(string, tag = "1")]
    api_version: String,
    #[prost(string, tag = "2")]
    kind: String,
}

#[derive(Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectMeta {
    #[prost(string, tag = "1")]
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[prost(string, tag = "2")]
    #[serde(skip_serializing_if = "String::is_empty")]
    generate_name: String,
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    #[prost(map = "string, string", tag = "11")]
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    labels: HashMap<String, String>,
    #[prost(map = "string, string", tag = "12")]
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    annotations: HashMap<String, String>,
}

#[derive(Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct Secret {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
    #[prost(map = "string, bytes", tag = "2")]
    #[serde(serialize_with = "base64", skip_serializing_if = "HashMap::is_empty")]
    data: HashMap<String, Vec<u8>>,
    #[prost(string, tag = "3")]
    #[serde(skip_serializing_if = "String::is_empty")]
    r#type: String,
    #[prost(map = "string, string", tag = "4")]
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    string_data: HashMap<String, String>,
    #[prost(bool, optional, tag = "5")]
    #[serde(skip_serializing_if = "Option::is_none")]
    immutable: Option<bool>,
}

#[derive(Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigMap {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
    #[prost(map = "string, string", tag = "2")]
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    data: HashMap<String, String>,
    #[prost(map = "string, bytes", tag = "3")]
    #[serde(serialize_with = "base64", skip_serializing_if = "HashMap::is_empty")]
    binary_data: HashMap<String, Vec<u8>>,
    #[prost(bool, optional, tag = "4")]
    #[serde(skip_serializing_if = "Option::is_none")]
    immutable: Option<bool>,
}

#[derive(Message, Serialize)]
struct Namespace {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
}

#[derive(Message, Serialize)]
struct AccessReview {
    #[prost(message, optional, tag = "1")]
    metadata: Option<ObjectMeta>,
    #[prost(message, optional, tag = "2")]
    spec: Option<AccessReviewSpec>,
}

#[derive(Message, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccessReviewSpec {
    #[prost(message, optional, tag = "1")]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_attributes: Option<ResourceAttributes>,
    #[prost(message, optional, tag = "2")]
    #[serde(skip_serializing_if = "Option::is_none")]
    non_resource_attributes: Option<NonResourceAttributes>,
}

#[derive(Message, Serialize)]
struct ResourceAttributes {
    #[prost(string, tag = "1")]
    namespace: String,
    #[prost(string, tag = "2")]
    verb: String,
    #[prost(string, tag = "3")]
    group: String,
    #[prost(string, tag = "4")]
    version: String,
    #[prost(string, tag = "5")]
    resource: String,
    #[prost(string, tag = "6")]
    subresource: String,
    #[prost(string, tag = "7")]
    name: String,
}

#[derive(Message, Serialize)]
struct NonResourceAttributes {
    #[prost(string, tag = "1")]
    path: String,
    #[prost(string, tag = "2")]
    verb: String,
}

/// As `data` of a Secret is in JSON.
fn base64<S: serde::Serializer>(data: &HashMap<String, Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(data.iter().map(|(name, value)| (name, ByteString(value.clone()))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(api_version: &str, kind: &str, object: &impl Message) -> Vec<u8> {
        let type_meta = TypeMeta { api_version: api_version.to_owned(), kind: kind.to_owned() };
        let unknown = Unknown { type_meta: Some(type_meta), raw: object.encode_to_vec() };
        [MAGIC, &unknown.encode_to_vec()].concat()
    }

    #[test]
    fn a_secret_is_what_its_json_would_be_and_other_kinds_are_refused_by_name() {
        let secret = Secret {
            metadata: Some(ObjectMeta { name: "app".to_owned(), ..ObjectMeta::default() }),
            data: HashMap::from([("k".to_owned(), b"v\xff".to_vec())]),
            r#type: "Opaque".to_owned(),
            ..Secret::default()
        };
        let read_back = read(&body("v1", "Secret", &secret)).expect("it is whole");
        let wanted = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "app"},
            "data": {"k": "dv8="}, "type": "Opaque"});
        assert_eq!(read_back, wanted);
        let refusal = read(&body("v1", "Pod", &secret)).expect_err("pods are not read");
        assert!(refusal.code == 415 && refusal.message.contains("v1 Pod"));
        for broken in [&b"{}"[..], b"k8s\0\xff\xff", &body("v1", "Secret", &secret)[..20]] {
            assert_eq!(read(broken).expect_err("it is broken").code, 400);
        }
    }
}
