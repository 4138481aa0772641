//! What an object says it is.

use super::node::{Items, Node, Value};
use crate::names;

/// The kind and the items of a list of objects.
pub(super) fn list(root: Node<'_>) -> Option<(&str, Items<'_>)> {
    let kind = text_of(root, "kind");
    if is_list(kind) { Some((kind, list_items(root)?)) } else { None }
}

pub(super) fn list_items(root: Node<'_>) -> Option<Items<'_>> {
    match root.get("items")?.value() {
        Value::List(items) => Some(items),
        _ => None,
    }
}

pub(super) fn is_list(kind: &str) -> bool {
    matches!(kind, "List" | "SecretList" | "SealedSecretList")
}

/// Nothing for what is read as a Secret, else the kind. Items of typed lists need no kind of their own.
///
/// Compat: the reference seals whatever it gets, so a missing kind and another case of letters count as a Secret.
pub(super) fn secret_or_kind(root: Node<'_>, list: &str) -> Option<String> {
    let kind = text_of(root, "kind");
    if is_sealed(root) || (kind.is_empty() && list == "SealedSecretList") {
        return Some(names::KIND.to_owned());
    }
    let is_secret = kind.is_empty() || kind.eq_ignore_ascii_case("Secret");
    (!is_secret).then(|| kind.to_owned())
}

/// Nothing for what is read as a SealedSecret, else the kind.
pub(super) fn kind_beside_sealed(root: Node<'_>) -> Option<String> {
    let kind = text_of(root, "kind");
    let is_sealed = kind.is_empty() || kind.eq_ignore_ascii_case(names::KIND);
    (!is_sealed).then(|| kind.to_owned())
}

/// Whether an object is a SealedSecret, by what it says or, where it has no values in the open, by its ciphertexts.
pub(super) fn is_sealed(root: Node<'_>) -> bool {
    let kind = text_of(root, "kind");
    let of_group = text_of(root, "apiVersion").starts_with("bitnami.com/");
    let has_values = get_folded(root, "data").or_else(|| get_folded(root, "stringData")).is_some();
    let ciphertexts = get_folded(root, "spec").and_then(|spec| get_folded(spec, "encryptedData"));
    kind.eq_ignore_ascii_case(names::KIND)
        || (kind.is_empty() && of_group)
        || (!has_values && ciphertexts.is_some_and(|node| matches!(node.value(), Value::Map(_))))
}

/// Whether an object that says it is no Secret has the shape of one all the same, or holds one.
pub(super) fn is_like_secret(root: Node<'_>) -> bool {
    let (version, kind) = (text_of(root, "apiVersion"), text_of(root, "kind"));
    let has = |field| get_folded(root, field).is_some();
    // Kinds of other groups have fields of their own; of the core group a ConfigMap alone has `data`.
    let is_core = !version.contains('/');
    has("stringData")
        || (is_core && has("data") && kind != "ConfigMap")
        || (version == "v1" && !CORE_KINDS.contains(&kind))
        || root.maps_inside().any(is_secret_with_values)
}

/// A Secret inside another object, as in a list in a list or in a template of some tool.
fn is_secret_with_values(node: Node<'_>) -> bool {
    let is_full = |field| {
        get_folded(node, field)
            .is_some_and(|values| matches!(values.value(), Value::Map(map) if map.entries().next().is_some()))
    };
    text_of(node, "kind").eq_ignore_ascii_case("Secret") && (is_full("data") || is_full("stringData"))
}

/// The kinds of `v1` that can stand in a file, and lists: the API reference of Kubernetes 1.34. New kinds come in
/// groups of their own.
const CORE_KINDS: &[&str] = &[
    "Binding",
    "ComponentStatus",
    "ConfigMap",
    "Endpoints",
    "Event",
    "LimitRange",
    "List",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "ResourceQuota",
    "Service",
    "ServiceAccount",
];

/// Compat: streams are read without regard to the case of field names.
fn get_folded<'t>(node: Node<'t>, key: &str) -> Option<Node<'t>> {
    let Value::Map(map) = node.value() else { return None };
    map.entries_of(|name| name.eq_ignore_ascii_case(key))
        .filter(|(name, _)| name.eq_ignore_ascii_case(key))
        .last()
        .map(|(_, node)| node)
}

pub(super) fn name_of(root: Node<'_>) -> String {
    root.get("metadata").map(|metadata| text_of(metadata, "name").to_owned()).unwrap_or_default()
}

fn text_of<'t>(node: Node<'t>, key: &str) -> &'t str {
    node.get(key).and_then(Node::text).unwrap_or_default()
}
