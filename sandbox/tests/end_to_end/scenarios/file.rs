//! The format of `testdata/controller/scenarios/*.yaml`. An unknown field fails the reading: a case that
//! asks for something that nobody checks must not pass.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    #[serde(rename = "family")]
    _family: Option<String>,
    #[serde(default)]
    pub(crate) flags: Vec<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    #[serde(default = "two_keys")]
    pub(crate) keys: Vec<Key>,
    #[serde(default)]
    pub(crate) keys_apart: bool,
    #[serde(default)]
    pub(crate) startup: Startup,
    pub(crate) startup_wait: Option<f64>,
    #[serde(default)]
    pub(crate) namespaces: Vec<String>,
    #[serde(default)]
    pub(crate) rbac: Vec<Value>,
    #[serde(default)]
    pub(crate) setup: Vec<Step>,
    pub(crate) steps: Vec<Step>,
    #[serde(rename = "binding")]
    _binding: Value,
    #[serde(rename = "notes")]
    _notes: Value,
    #[serde(default, rename = "remove_secrets")]
    _remove_secrets: Vec<String>,
}

/// What happens when the controller is started for the first time.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Startup {
    #[default]
    Healthy,
    /// It ends by itself.
    Fails,
    /// It is not started.
    None,
}

/// A key Secret: a letter, or more.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Key {
    Letter(String),
    Full(FullKey),
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FullKey {
    pub(crate) key: String,
    pub(crate) name: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) cert: Option<String>,
}

/// One step: what is done, and what must be true then.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    pub(crate) apply: Option<Value>,
    pub(crate) create: Option<Value>,
    pub(crate) replace: Option<Value>,
    pub(crate) delete: Option<Delete>,
    pub(crate) patch: Option<Patch>,
    pub(crate) wait: Option<f64>,
    pub(crate) signal: Option<String>,
    pub(crate) stop_controller: Option<Value>,
    pub(crate) start_controller: Option<Value>,
    pub(crate) restart_controller: Option<Value>,
    pub(crate) add_key: Option<Key>,
    pub(crate) delete_key: Option<String>,
    pub(crate) relabel_key: Option<RelabelKey>,
    pub(crate) http: Option<HttpRequest>,
    pub(crate) settle: Option<bool>,
    pub(crate) expect: Option<Expect>,
    #[serde(rename = "reference_expect")]
    _reference_expect: Option<Value>,
    #[serde(rename = "better")]
    _better: Option<Value>,
    #[serde(rename = "comment")]
    _comment: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delete {
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) propagation: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) namespace: String,
    pub(crate) name: String,
    #[serde(rename = "patch")]
    pub(crate) change: Value,
    #[serde(rename = "type")]
    pub(crate) how: Option<String>,
    #[serde(default)]
    pub(crate) subresource: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelabelKey {
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) labels: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpRequest {
    #[serde(default = "get")]
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) port: Option<u16>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Option<String>,
    pub(crate) body_object: Option<Value>,
    pub(crate) body_yaml: Option<Value>,
}

/// What must be true after a step.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expect {
    pub(crate) secret: OneOrMany<SecretExpect>,
    pub(crate) secret_absent: OneOrMany<Named>,
    pub(crate) sealedsecret_status: OneOrMany<StatusExpect>,
    pub(crate) sealedsecret_absent: OneOrMany<Named>,
    pub(crate) event: OneOrMany<EventExpect>,
    pub(crate) no_event: OneOrMany<EventExpect>,
    pub(crate) metrics: BTreeMap<String, Value>,
    pub(crate) keys: Option<KeysExpect>,
    pub(crate) cert: Option<String>,
    pub(crate) http: Option<HttpExpect>,
    pub(crate) api_writes: BTreeMap<String, Value>,
    pub(crate) controller: Option<ControllerExpect>,
    pub(crate) rejected: Option<u16>,
    pub(crate) timeout: Option<f64>,
    pub(crate) hold: Option<f64>,
}

/// A list that may be written as its only item.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::Many(items) => items.iter(),
            Self::One(item) => std::slice::from_ref(item).iter(),
        }
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretExpect {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) data: Option<BTreeMap<String, String>>,
    pub(crate) data_b64: Option<BTreeMap<String, String>>,
    pub(crate) data_sha256: Option<BTreeMap<String, String>>,
    #[serde(rename = "type")]
    pub(crate) type_: Option<String>,
    pub(crate) labels: Option<Value>,
    pub(crate) annotations: Option<Value>,
    pub(crate) finalizers: Option<Value>,
    #[serde(rename = "ownerReferences")]
    pub(crate) owners: Option<Vec<Value>>,
    pub(crate) owner_uid_current: Option<bool>,
    pub(crate) immutable: Option<bool>,
    #[serde(default)]
    pub(crate) unchanged: bool,
    #[serde(default)]
    pub(crate) recreated: bool,
    #[serde(default)]
    pub(crate) same_uid: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusExpect {
    pub(crate) namespace: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) none: bool,
    #[serde(default)]
    pub(crate) unchanged: bool,
    #[serde(default)]
    pub(crate) conditions: Vec<ConditionExpect>,
    #[serde(rename = "observedGeneration")]
    pub(crate) observed_generation: Option<Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ConditionExpect {
    #[serde(rename = "type")]
    pub(crate) type_: String,
    pub(crate) status: String,
    pub(crate) message: Option<String>,
    #[serde(default, rename = "message_contains")]
    pub(crate) message_contains: Vec<String>,
    #[serde(rename = "reference_message")]
    _reference_message: Option<Value>,
    pub(crate) last_transition_time: Option<String>,
    pub(crate) last_update_time: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventExpect {
    pub(crate) namespace: String,
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) type_: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    #[serde(default)]
    pub(crate) message_contains: Vec<String>,
    #[serde(rename = "reference_message")]
    _reference_message: Option<Value>,
    pub(crate) source_component: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysExpect {
    pub(crate) active: Option<Value>,
    pub(crate) new: Option<Value>,
    pub(crate) shape: Option<KeyShape>,
}

/// What the newest new key Secret looks like.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyShape {
    pub(crate) name_pattern: Option<String>,
    #[serde(rename = "type")]
    pub(crate) type_: Option<String>,
    pub(crate) labels: Option<Value>,
    pub(crate) annotations: Option<Value>,
    pub(crate) data_keys: Option<Vec<String>>,
    pub(crate) pem_blocks: Option<BTreeMap<String, Vec<String>>>,
    pub(crate) rsa_bits: Option<usize>,
    pub(crate) subject_cn: Option<String>,
    pub(crate) valid_seconds: Option<f64>,
    pub(crate) valid_tolerance: Option<f64>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpExpect {
    pub(crate) status: Option<u16>,
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) body_contains: Vec<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) rotated: Option<Rotated>,
}

/// What the answer of `/v1/rotate` must open to.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotated {
    pub(crate) key: String,
    pub(crate) label: String,
    #[serde(default)]
    pub(crate) data: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ControllerExpect {
    pub(crate) running: Option<bool>,
    pub(crate) exit_code: Option<OneOrMany<i32>>,
}

fn two_keys() -> Vec<Key> {
    vec![Key::Letter("a".to_owned()), Key::Letter("b".to_owned())]
}

fn get() -> String {
    "GET".to_owned()
}
