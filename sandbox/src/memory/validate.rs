//! What every object must fulfil before it is stored: its names, its shape, the rules of its kind.

use k8s_openapi::{
    api::{
        core::v1::{Endpoints, Event, Namespace, Pod, Secret, Service, ServiceAccount},
        rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    meta,
    resource::Resource,
    schema, secrets,
    status::{FieldError, Refusal},
};

/// Reads a body as the kind it must be: unknown fields go, wrong types are refused, defaults are filled in.
pub(super) fn decode(resource: &Resource, mut object: Value) -> Result<Value, Refusal> {
    let (kind, api_version) = (&resource.kind, resource.api_version());
    let given =
        (object["kind"].as_str().unwrap_or_default(), object["apiVersion"].as_str().unwrap_or_default());
    if !given.0.is_empty() && given.0 != kind || !given.1.is_empty() && given.1 != api_version {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({}) does not match the expected API version ({api_version}), or kind {:?} is not {kind:?}",
            given.1, given.0
        )));
    }
    if given.0.is_empty() && resource.custom.is_some() {
        return Err(Refusal::bad_request("Object 'Kind' is missing in the body of the request"));
    }
    object["kind"] = kind.as_str().into();
    object["apiVersion"] = api_version.into();
    let metadata: ObjectMeta = typed(resource, object["metadata"].clone())?;
    object["metadata"] = json_of(&metadata);
    for gone in ["managedFields", "selfLink"] {
        meta::set(&mut object, gone, None);
    }
    match (&resource.custom, resource.plural.as_str()) {
        (Some(custom), _) => schema::prune(&mut object, &custom.schema),
        (None, "secrets") => {
            secrets::normalize(&mut object)?;
            object = as_kind::<Secret>(resource, object)?;
        }
        (None, "events") => object = as_kind::<Event>(resource, object)?,
        (None, "namespaces") => object = as_kind::<Namespace>(resource, object)?,
        (None, "serviceaccounts") => object = as_kind::<ServiceAccount>(resource, object)?,
        (None, "services") => object = as_kind::<Service>(resource, object)?,
        (None, "endpoints") => object = as_kind::<Endpoints>(resource, object)?,
        (None, "pods") => object = as_kind::<Pod>(resource, object)?,
        (None, "roles") => object = as_kind::<Role>(resource, object)?,
        (None, "rolebindings") => object = as_kind::<RoleBinding>(resource, object)?,
        (None, "clusterroles") => object = as_kind::<ClusterRole>(resource, object)?,
        (None, "clusterrolebindings") => object = as_kind::<ClusterRoleBinding>(resource, object)?,
        (None, _) => {}
    }
    Ok(object)
}

/// Refuses an object that breaks a rule; `old` is what it replaces.
pub(super) fn check(resource: &Resource, object: &Value, old: Option<&Value>) -> Result<(), Refusal> {
    let mut errors = metadata_errors(object);
    match (&resource.custom, resource.plural.as_str()) {
        (Some(custom), _) => errors.extend(schema::errors(object, &custom.schema)),
        (None, "secrets") => {
            errors.extend(secrets::errors(object));
            errors.extend(old.map(|old| secrets::change_errors(old, object)).unwrap_or_default());
        }
        (None, "events") => errors.extend(event_errors(object)),
        (None, _) => {}
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::invalid(resource, meta::name(object), &errors)) }
}

fn metadata_errors(object: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    let name = meta::name(object);
    // Roles and bindings may be called anything that fits into a path: `system:controller`.
    let any_path = object["apiVersion"].as_str().is_some_and(|v| v.starts_with("rbac."));
    if name.is_empty() {
        found.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else if !any_path && !is_subdomain(name) {
        found.push(FieldError::invalid("metadata.name", name, NOT_A_SUBDOMAIN));
    }
    for (key, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if !is_qualified(key) {
            found.push(FieldError::invalid("metadata.labels", key, NOT_A_NAME));
        }
        if !value.is_empty() && !is_name_part(value) {
            found.push(FieldError::invalid("metadata.labels", value, NOT_A_LABEL));
        }
    }
    let annotations = object["metadata"]["annotations"].as_object().into_iter().flatten();
    let mut size = 0;
    for (key, value) in annotations {
        size += key.len() + value.as_str().unwrap_or_default().len();
        if !is_qualified(&key.to_lowercase()) {
            found.push(FieldError::invalid("metadata.annotations", key, NOT_A_NAME));
        }
    }
    if size > MAX_ANNOTATIONS {
        found.push(FieldError::too_long("metadata.annotations", MAX_ANNOTATIONS));
    }
    found
}

fn event_errors(event: &Value) -> Option<FieldError> {
    let involved = event["involvedObject"]["namespace"].as_str().unwrap_or_default();
    let expected = if involved.is_empty() { "default" } else { involved };
    let why = "does not match event.namespace";
    (expected != meta::namespace(event))
        .then(|| FieldError::invalid("involvedObject.namespace", involved, why))
}

fn is_subdomain(name: &str) -> bool {
    let label = |part: &str| {
        let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        part.bytes().all(inner) && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name_part(name),
        None => is_name_part(key),
    }
}

fn is_name_part(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.len() <= 63 && edge(text.chars().next()) && edge(text.chars().last()) && text.chars().all(legal)
}

/// Reads the value as `T` and writes it again, which drops what `T` does not know.
fn as_kind<T: DeserializeOwned + Serialize>(resource: &Resource, object: Value) -> Result<Value, Refusal> {
    Ok(json_of(&typed::<T>(resource, object)?))
}

fn typed<T: DeserializeOwned>(resource: &Resource, value: Value) -> Result<T, Refusal> {
    let value = if value.is_null() { Value::Object(serde_json::Map::new()) } else { value };
    serde_json::from_value(value).map_err(|error| {
        let (kind, version) = (&resource.kind, &resource.version);
        Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {error}"))
    })
}

fn json_of<T: Serialize>(typed: &T) -> Value {
    serde_json::to_value(typed).expect("Kubernetes types are JSON")
}

const MAX_ANNOTATIONS: usize = 256 * 1024;
const NOT_A_SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const NOT_A_NAME: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const NOT_A_LABEL: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
