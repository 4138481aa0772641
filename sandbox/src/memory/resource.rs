//! The resources that the server knows: a fixed table, and what CustomResourceDefinitions add.

use std::sync::{Arc, RwLock};

use serde_json::Value;

/// One resource: where it is served and what kind of objects it holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resource {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) plural: String,
    pub(super) singular: String,
    pub(super) kind: String,
    pub(super) short_names: Vec<String>,
    pub(super) namespaced: bool,
    /// Whether `status` is a subresource, written apart from the rest.
    pub(super) status: bool,
    /// What a CustomResourceDefinition adds; `None` for the built-in ones.
    pub(super) custom: Option<Custom>,
}

/// The part of a CustomResourceDefinition that shapes its objects.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Custom {
    /// `openAPIV3Schema`.
    pub(super) schema: Value,
    /// `additionalPrinterColumns`.
    pub(super) columns: Vec<Value>,
}

impl Resource {
    /// `plural` or `plural.group`: the name in messages and in the store.
    pub(super) fn id(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `Kind` or `Kind.group`: the name in validation messages.
    pub(super) fn qualified_kind(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// `v1` or `group/version`.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether the server counts changes of the specification in `metadata.generation`.
    pub(super) fn counts_generations(&self) -> bool {
        self.custom.is_some()
            || matches!(self.plural.as_str(), "deployments" | "poddisruptionbudgets" | "networkpolicies")
    }

    /// Whether an update may leave out `resourceVersion`.
    pub(super) fn allows_unconditional_update(&self) -> bool {
        self.custom.is_none() && !matches!(self.plural.as_str(), "leases" | "customresourcedefinitions")
    }

    fn built_in(row: &Row) -> Self {
        let (group, version, plural, kind, namespaced, status, short) = *row;
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_lowercase(),
            kind: kind.to_owned(),
            short_names: short.iter().map(ToString::to_string).collect(),
            namespaced,
            status,
            custom: None,
        }
    }

    /// The resources that a CustomResourceDefinition serves, one per version.
    pub(super) fn of_definition(definition: &Value) -> Vec<Self> {
        let spec = &definition["spec"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let kind = text(&spec["names"]["kind"]);
        let singular = spec["names"]["singular"].as_str().map_or_else(|| kind.to_lowercase(), str::to_owned);
        let served = list(&spec["versions"]).into_iter().filter(|v| v["served"] == true);
        served
            .map(|version| Self {
                group: text(&spec["group"]),
                version: text(&version["name"]),
                plural: text(&spec["names"]["plural"]),
                singular: singular.clone(),
                kind: kind.clone(),
                short_names: list(&spec["names"]["shortNames"]).iter().map(text).collect(),
                namespaced: spec["scope"] == "Namespaced",
                status: version.pointer("/subresources/status").is_some(),
                custom: Some(Custom {
                    schema: version["schema"]["openAPIV3Schema"].clone(),
                    columns: list(&version["additionalPrinterColumns"]),
                }),
            })
            .collect()
    }
}

/// All resources that are served now; readers take a snapshot.
#[derive(Debug)]
pub(super) struct Registry(RwLock<Arc<Vec<Arc<Resource>>>>);

impl Registry {
    pub(super) fn new() -> Self {
        Self(RwLock::new(Arc::new(BUILT_IN.iter().map(|row| Arc::new(Resource::built_in(row))).collect())))
    }

    pub(super) fn all(&self) -> Arc<Vec<Arc<Resource>>> {
        Arc::clone(&self.0.read().expect("no reader or writer panics"))
    }

    pub(super) fn find(&self, group: &str, version: &str, plural: &str) -> Option<Arc<Resource>> {
        self.all().iter().find(|r| r.plural == plural && r.group == group && r.version == version).cloned()
    }

    /// The resource that holds objects of this `apiVersion` and `kind`.
    pub(super) fn of_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
        self.all().iter().find(|r| r.kind == kind && r.api_version() == api_version).cloned()
    }

    /// Serves what these CustomResourceDefinitions say, and no other custom resource.
    pub(super) fn serve(&self, definitions: &[Arc<Value>]) {
        let custom = definitions.iter().flat_map(|d| Resource::of_definition(d)).map(Arc::new);
        let mut current = self.0.write().expect("no reader or writer panics");
        let built_in = current.iter().filter(|r| r.custom.is_none()).cloned();
        *current = Arc::new(built_in.chain(custom).collect());
    }
}

/// Group, version, plural, kind, namespaced, status subresource, short names.
type Row = (&'static str, &'static str, &'static str, &'static str, bool, bool, &'static [&'static str]);

const RBAC: &str = "rbac.authorization.k8s.io";

const BUILT_IN: &[Row] = &[
    ("", "v1", "configmaps", "ConfigMap", true, false, &["cm"]),
    ("", "v1", "endpoints", "Endpoints", true, false, &["ep"]),
    ("", "v1", "events", "Event", true, false, &["ev"]),
    ("", "v1", "namespaces", "Namespace", false, true, &["ns"]),
    ("", "v1", "nodes", "Node", false, true, &["no"]),
    ("", "v1", "pods", "Pod", true, true, &["po"]),
    ("", "v1", "secrets", "Secret", true, false, &[]),
    ("", "v1", "serviceaccounts", "ServiceAccount", true, false, &["sa"]),
    ("", "v1", "services", "Service", true, true, &["svc"]),
    (
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        false,
        true,
        &["crd"],
    ),
    ("apps", "v1", "deployments", "Deployment", true, true, &["deploy"]),
    ("coordination.k8s.io", "v1", "leases", "Lease", true, false, &[]),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true, false, &[]),
    ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true, false, &["netpol"]),
    ("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true, true, &["pdb"]),
    (RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", false, false, &[]),
    (RBAC, "v1", "clusterroles", "ClusterRole", false, false, &[]),
    (RBAC, "v1", "rolebindings", "RoleBinding", true, false, &[]),
    (RBAC, "v1", "roles", "Role", true, false, &[]),
];
