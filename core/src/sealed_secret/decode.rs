//! JSON to SealedSecret, whatever the JSON.

use std::collections::BTreeMap;

use golang::base64;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Deserializer, de::DeserializeSeed as _};
use serde_json::{Map, Value};

use super::{Flaw, SealedSecret, Spec, Status, Template, counted::Counted};
use crate::{manifest::Bounds, names};

impl SealedSecret {
    /// Reads any JSON value. In `encryptedData`, as in the reference, a value that is no text becomes empty
    /// (and then fails to open), and anything but a map becomes an empty map.
    pub fn from_value(value: Value) -> Self {
        let mut reader = Reader::default();
        let mut object = reader.map(value, "the object");
        let spec = reader.spec(&mut object);
        Self {
            api_version: reader.text(&mut object, "", "apiVersion").unwrap_or_default(),
            kind: reader.text(&mut object, "", "kind").unwrap_or_default(),
            metadata: reader.metadata(object.remove("metadata"), "metadata"),
            spec,
            status: object.remove("status").and_then(|status| Status::deserialize(status).ok()),
            flaws: reader.flaws,
        }
    }
}

/// More values than any object of use: a JSON value takes thirty times the text of a short number.
const MOST_VALUES: usize = Bounds::NETWORK.nodes;
const TOO_MANY_VALUES: &str = "more than 50000 values";

/// The API server leaves out neither `apiVersion` nor `kind`, but a list may. What has too many values is read up to
/// there and has a flaw.
impl<'de> Deserialize<'de> for SealedSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut left = MOST_VALUES;
        let value = Counted { left: &mut left }.deserialize(deserializer)?;
        let mut object = Self::from_value(value);
        if left == 0 {
            object.flaws.push(Flaw { path: "the object".to_owned(), found: TOO_MANY_VALUES });
        }
        object.api_version = Self::given_or(&object.api_version, names::API_VERSION).into_owned();
        object.kind = Self::given_or(&object.kind, names::KIND).into_owned();
        Ok(object)
    }
}

/// An object with one flaw is not used; so many are told.
const MOST_FLAWS: usize = 100;

/// Takes fields out of JSON and remembers what does not fit.
#[derive(Default)]
struct Reader {
    flaws: Vec<Flaw>,
}

impl Reader {
    fn spec(&mut self, object: &mut Map<String, Value>) -> Spec {
        let mut spec = self.map(object.remove("spec").unwrap_or_default(), "spec");
        let template = spec.remove("template").unwrap_or_default();
        Spec {
            template: self.template(template),
            data: self.deprecated_data(spec.remove("data")),
            encrypted_data: ciphertexts(spec.remove("encryptedData")),
        }
    }

    fn template(&mut self, template: Value) -> Template {
        let mut template = self.map(template, "spec.template");
        Template {
            metadata: self.metadata(template.remove("metadata"), "spec.template.metadata"),
            r#type: self.text(&mut template, "spec.template.", "type").filter(|text| !text.is_empty()),
            immutable: match template.remove("immutable").unwrap_or_default() {
                Value::Null => None,
                Value::Bool(immutable) => Some(immutable),
                other => self.flaw("spec.template.immutable".to_owned(), &other),
            },
            data: self.template_data(template.remove("data").unwrap_or_default()),
        }
    }

    fn template_data(&mut self, data: Value) -> BTreeMap<String, Option<String>> {
        let mut read = BTreeMap::new();
        for (item, value) in self.map(data, "spec.template.data") {
            match value {
                Value::Null => _ = read.insert(item, None),
                Value::String(text) => _ = read.insert(item, Some(text)),
                other => _ = self.flaw::<()>(format!("spec.template.data.{item}"), &other),
            }
        }
        read
    }

    /// Go reads bytes from base64 or from a list of numbers; an empty list is present, a null is not.
    fn deprecated_data(&mut self, data: Option<Value>) -> Option<String> {
        match data? {
            Value::Null => None,
            Value::String(text) => Some(text),
            Value::Array(list) => match list.iter().map(byte).collect::<Option<Vec<u8>>>() {
                Some(bytes) => Some(base64::encode(&bytes)),
                None => self.flaw("spec.data".to_owned(), &Value::Array(list)),
            },
            other => self.flaw("spec.data".to_owned(), &other),
        }
    }

    /// Object metadata; if it does not decode as a whole, field by field, without those that do not fit.
    fn metadata(&mut self, value: Option<Value>, path: &str) -> ObjectMeta {
        let value = value.filter(|value| !value.is_null()).unwrap_or_else(|| Value::Object(Map::new()));
        let metadata = ObjectMeta::deserialize(&value).unwrap_or_else(|_| {
            let fields = self.map(value, path);
            ObjectMeta::deserialize(self.fitting(fields, path)).unwrap_or_default()
        });
        tidy(metadata)
    }

    /// The fields of object metadata that decode by themselves.
    fn fitting(&mut self, fields: Map<String, Value>, path: &str) -> Value {
        let mut fitting = Map::new();
        for (name, value) in fields {
            let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
            if ObjectMeta::deserialize(alone).is_ok() {
                fitting.insert(name, value);
            } else {
                _ = self.flaw::<()>(format!("{path}.{name}"), &value);
            }
        }
        Value::Object(fitting)
    }

    fn map(&mut self, value: Value, path: &str) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            Value::Null => Map::new(),
            other => self.flaw(path.to_owned(), &other).unwrap_or_default(),
        }
    }

    fn text(&mut self, map: &mut Map<String, Value>, prefix: &str, field: &str) -> Option<String> {
        match map.remove(field)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => self.flaw(format!("{prefix}{field}"), &other),
        }
    }

    fn flaw<T>(&mut self, path: String, found: &Value) -> Option<T> {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a map",
        };
        if self.flaws.len() < MOST_FLAWS {
            self.flaws.push(Flaw { path, found });
        }
        None
    }
}

fn ciphertexts(value: Option<Value>) -> BTreeMap<String, String> {
    match value {
        Some(Value::Object(map)) => map
            .into_iter()
            .map(|(item, value)| match value {
                Value::String(text) => (item, text),
                _ => (item, String::new()),
            })
            .collect(),
        _ => BTreeMap::new(),
    }
}

fn byte(value: &Value) -> Option<u8> {
    value.as_u64().and_then(|number| u8::try_from(number).ok())
}

/// Empty is absent, as in Go, so that objects compare and print alike.
pub(crate) fn tidy(mut metadata: ObjectMeta) -> ObjectMeta {
    fn keep<T>(field: &mut Option<T>, is_empty: impl Fn(&T) -> bool) {
        if field.as_ref().is_some_and(is_empty) {
            *field = None;
        }
    }
    keep(&mut metadata.labels, BTreeMap::is_empty);
    keep(&mut metadata.annotations, BTreeMap::is_empty);
    keep(&mut metadata.finalizers, Vec::is_empty);
    keep(&mut metadata.owner_references, Vec::is_empty);
    keep(&mut metadata.managed_fields, Vec::is_empty);
    for text in [
        &mut metadata.name,
        &mut metadata.generate_name,
        &mut metadata.namespace,
        &mut metadata.uid,
        &mut metadata.resource_version,
        &mut metadata.self_link,
    ] {
        keep(text, String::is_empty);
    }
    keep(&mut metadata.generation, |generation| *generation == 0);
    metadata
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flaws(value: Value) -> Vec<String> {
        SealedSecret::from_value(value).flaws.into_iter().map(|flaw| flaw.path).collect()
    }

    #[test]
    fn what_the_definition_lets_through_is_read() {
        let object = SealedSecret::from_value(json!({
            "metadata": {"name": "a", "labels": {}},
            "spec": {
                "encryptedData": {"text": "AQ==", "number": 5, "none": null},
                "template": {"metadata": null, "data": {"kept": "x", "gone": null}},
            },
        }));
        assert!(object.flaws.is_empty());
        assert_eq!(object.metadata.labels, None);
        let items: Vec<_> = object.spec.encrypted_data.values().map(String::as_str).collect();
        assert_eq!(items, ["", "", "AQ=="]);
        assert_eq!(object.spec.template.data["gone"], None);
    }

    #[test]
    fn what_does_not_fit_is_named_and_the_rest_is_read() {
        let value = json!({
            "metadata": {"name": "a"},
            "spec": {"template": {"type": 5, "metadata": {"labels": {"a": 1}, "annotations": {"b": "2"}}}},
        });
        assert_eq!(flaws(value.clone()), ["spec.template.metadata.labels", "spec.template.type"]);
        let object = SealedSecret::from_value(value);
        assert_eq!(object.spec.template.metadata.annotations.as_ref().map(BTreeMap::len), Some(1));
        assert_eq!(object.name(), "a");
        for value in [json!(null), json!(5), json!([]), json!({"spec": []}), json!({"spec": {"template": 1}})]
        {
            let _ = SealedSecret::from_value(value);
        }
    }

    #[test]
    fn deprecated_data_is_present_unless_null() {
        let data = |value| SealedSecret::from_value(json!({"spec": {"data": value}})).spec.data;
        assert_eq!(data(json!("")), Some(String::new()));
        assert_eq!(data(json!([])), Some(String::new()));
        assert_eq!(data(json!([1, 2])), Some("AQI=".to_owned()));
        assert_eq!(data(json!(null)), None);
    }
}
