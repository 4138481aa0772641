//! The objects of `manifests/`, as an administrator would apply them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::objects::is_namespaced;

/// What stops the manifests from being read; each names the file.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The folder or a file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A document is not YAML.
    #[error("{path} is not YAML: {message}")]
    Syntax {
        /// File.
        path: PathBuf,
        /// The reader's words.
        message: String,
    },
}

/// Every object of `manifests/`, in an order in which each may be created.
#[derive(Clone, Debug)]
pub struct Manifests {
    objects: Vec<Value>,
}

impl Manifests {
    /// Reads the project's own `manifests/`.
    pub fn of_the_project() -> Result<Self, ManifestError> {
        Self::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../manifests"))
    }

    /// Reads what `kubectl apply -k folder` would apply.
    ///
    /// Knows as much of kustomizations as ours use: `resources`, `namespace` and patches that delete. JSON
    /// patches are passed over, since they touch nothing but the Deployment, which nobody runs here.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let mut objects = kustomization(folder)?;
        objects.sort_by_key(|o| rank(str_at(o, "/kind")));
        Ok(Self { objects })
    }

    /// The objects, namespaces and definitions first.
    pub fn objects(&self) -> &[Value] {
        &self.objects
    }

    /// The objects, to change them before they are applied: a role without a verb, say.
    pub fn objects_mut(&mut self) -> &mut Vec<Value> {
        &mut self.objects
    }

    /// Namespace and name of the controller's ServiceAccount.
    pub fn service_account(&self) -> Option<(&str, &str)> {
        self.named("ServiceAccount")
    }

    /// Namespace and name of the Service that `kubeseal` asks for: the one called like the account.
    pub fn service(&self) -> Option<(&str, &str)> {
        let account = self.service_account()?.1;
        let mut services = self.objects.iter().filter(|o| str_at(o, "/kind") == "Service");
        services.find(|o| str_at(o, "/metadata/name") == account).map(namespace_and_name)
    }

    fn named(&self, kind: &str) -> Option<(&str, &str)> {
        self.objects.iter().find(|o| str_at(o, "/kind") == kind).map(namespace_and_name)
    }
}

fn namespace_and_name(object: &Value) -> (&str, &str) {
    (str_at(object, "/metadata/namespace"), str_at(object, "/metadata/name"))
}

fn kustomization(folder: &Path) -> Result<Vec<Value>, ManifestError> {
    let file = folder.join("kustomization.yaml");
    let plan = documents(&file)?.into_iter().next().unwrap_or_default();
    let mut objects = Vec::new();
    for resource in strings(&plan["resources"]) {
        let path = folder.join(resource);
        objects.append(&mut if path.is_dir() { kustomization(&path)? } else { documents(&path)? });
    }
    objects.retain(|object| !object.is_null() && !is_deleted(object, &plan["patches"]));
    if let Some(namespace) = plan["namespace"].as_str() {
        for object in &mut objects {
            place(object, namespace);
        }
    }
    Ok(objects)
}

/// Whether one of the patches is a `$patch: delete` for this object.
fn is_deleted(object: &Value, patches: &Value) -> bool {
    let patches = patches.as_array().into_iter().flatten();
    let texts = patches.filter_map(|patch| patch["patch"].as_str());
    texts.filter_map(|text| serde_saphyr::from_str::<Value>(text).ok()).any(|patch| {
        str_at(&patch, "/$patch") == "delete"
            && patch["kind"] == object["kind"]
            && patch["metadata"]["name"] == object["metadata"]["name"]
    })
}

/// Puts a namespaced object, and the accounts that a binding names, into `namespace`.
fn place(object: &mut Value, namespace: &str) {
    if is_namespaced(str_at(object, "/kind")) {
        object["metadata"]["namespace"] = namespace.into();
    }
    for subject in object.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        if str_at(subject, "/kind") == "ServiceAccount" {
            subject["namespace"] = namespace.into();
        }
    }
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn documents(path: &Path) -> Result<Vec<Value>, ManifestError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ManifestError::Read { path: path.to_owned(), source })?;
    serde_saphyr::from_multiple(&text)
        .map_err(|error| ManifestError::Syntax { path: path.to_owned(), message: error.to_string() })
}

fn str_at<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn rank(kind: &str) -> u8 {
    match kind {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        "ServiceAccount" | "Role" | "ClusterRole" => 2,
        "RoleBinding" | "ClusterRoleBinding" => 3,
        _ => 4,
    }
}
