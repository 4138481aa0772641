//! What the server tells clients about itself: groups, resources, version, health.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::resource::{Registry, Resource};

/// The document at a path of discovery, if there is one.
pub(super) fn document(path: &str, registry: &Registry) -> Option<Value> {
    let all = registry.all();
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    match parts.as_slice() {
        ["version"] => Some(version()),
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})),
        ["apis"] => {
            let names: BTreeSet<&str> =
                all.iter().map(|r| r.group.as_str()).filter(|g| !g.is_empty()).collect();
            let groups: Vec<Value> = names.iter().map(|name| group(name, registry)).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
        }
        ["api", "v1"] => resources("", "v1", registry),
        ["apis", name] if all.iter().any(|r| r.group == *name) => {
            let mut group = group(name, registry);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            Some(group)
        }
        ["apis", group, version] => resources(group, version, registry),
        ["openapi", "v3"] => Some(schema_index(registry)),
        ["openapi", "v3", "api", "v1"] => Some(schema("", "v1", registry)),
        ["openapi", "v3", "apis", group, version] => Some(schema(group, version, registry)),
        _ => None,
    }
}

/// A version that clients may compare with; the memory server is none that was released.
fn version() -> Value {
    json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3-memory", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rustc", "platform": "memory"})
}

fn group(name: &str, registry: &Registry) -> Value {
    let all = registry.all();
    let versions: BTreeSet<&str> =
        all.iter().filter(|r| r.group == name).map(|r| r.version.as_str()).collect();
    let entries: Vec<Value> =
        versions.iter().map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v})).collect();
    json!({"name": name, "versions": entries, "preferredVersion": entries.first()})
}

fn resources(group: &str, version: &str, registry: &Registry) -> Option<Value> {
    let all = registry.all();
    let mut served: BTreeMap<String, Value> = BTreeMap::new();
    for resource in all.iter().filter(|r| r.group == group && r.version == version) {
        served.insert(resource.plural.clone(), entry(resource, &resource.plural, ALL_VERBS));
        if resource.status {
            let name = format!("{}/status", resource.plural);
            served.insert(name.clone(), entry(resource, &name, &["get", "patch", "update"]));
        }
    }
    if served.is_empty() {
        return None;
    }
    if group.is_empty() {
        served.insert(
            "services/proxy".to_owned(),
            json!({"name": "services/proxy", "singularName": "", "namespaced": true,
            "kind": "ServiceProxyOptions", "verbs": ["create", "delete", "get", "patch", "update"]}),
        );
        served.insert("serviceaccounts/token".to_owned(), json!({"name": "serviceaccounts/token", "singularName": "",
            "namespaced": true, "group": "authentication.k8s.io", "version": "v1", "kind": "TokenRequest", "verbs": ["create"]}));
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let list: Vec<Value> = served.into_values().collect();
    Some(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": list}),
    )
}

/// Where the schema of each group is.
fn schema_index(registry: &Registry) -> Value {
    let of = |r: &Resource| {
        if r.group.is_empty() { "api/v1".to_owned() } else { format!("apis/{}", r.api_version()) }
    };
    let entry = |path: String| {
        let url = json!({"serverRelativeURL": format!("/openapi/v3/{path}")});
        (path, url)
    };
    let paths: BTreeMap<String, Value> = registry.all().iter().map(|r| entry(of(r))).collect();
    json!({"paths": paths})
}

/// As much of a schema as `kubectl` asks for: that the server checks fields, so that `kubectl` need not, and for
/// `explain` the fields of custom resources.
fn schema(group: &str, version: &str, registry: &Registry) -> Value {
    let all = registry.all();
    let of_group: Vec<_> = all.iter().filter(|r| r.group == group && r.version == version).collect();
    let kind = |r: &Resource| json!({"group": group, "version": version, "kind": r.kind});
    let path = |r: &Resource| {
        let of_kind = || json!({"x-kubernetes-group-version-kind": kind(r), "responses": {}});
        let mut patch = of_kind();
        patch["parameters"] =
            json!([{"name": "fieldValidation", "in": "query"}, {"name": "dryRun", "in": "query"}]);
        let root = if group.is_empty() { "/api".to_owned() } else { format!("/apis/{group}") };
        let within = if r.namespaced { "/namespaces/{namespace}" } else { "" };
        let object = format!("{root}/{version}{within}/{}/{{name}}", r.plural);
        (object, json!({"get": of_kind(), "patch": patch}))
    };
    let described = |r: &Resource| {
        let mut schema = r.custom.as_ref()?.schema.clone();
        schema["x-kubernetes-group-version-kind"] = json!([kind(r)]);
        Some((format!("{group}.{version}.{}", r.kind), schema))
    };
    let paths: BTreeMap<String, Value> = of_group.iter().map(|r| path(r)).collect();
    let schemas: BTreeMap<String, Value> = of_group.iter().filter_map(|r| described(r)).collect();
    json!({"openapi": "3.0.0", "info": {"title": "sandbox", "version": "v1"}, "paths": paths,
        "components": {"schemas": schemas}})
}

fn entry(resource: &Resource, name: &str, verbs: &[&str]) -> Value {
    let mut entry = json!({"name": name, "singularName": resource.singular, "namespaced": resource.namespaced,
        "kind": resource.kind, "verbs": verbs});
    if !resource.short_names.is_empty() && name == resource.plural {
        entry["shortNames"] = json!(resource.short_names);
    }
    entry
}

const ALL_VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
