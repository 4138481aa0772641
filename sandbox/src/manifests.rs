//! The objects of `manifests/`, as an administrator would apply them.

use std::path::{Path, PathBuf};

use serde_json::Value;

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

    /// Reads every YAML file that lies directly in `folder`; kustomizations are no objects.
    pub fn read(folder: &Path) -> Result<Self, ManifestError> {
        let read = |source| ManifestError::Read { path: folder.to_owned(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            if path.extension().is_some_and(|e| e == "yaml") {
                files.push(path);
            }
        }
        files.sort();
        let mut objects = Vec::new();
        for path in files {
            objects.append(&mut documents(&path)?);
        }
        objects.retain(|o| !str_at(o, "/kind").is_empty() && str_at(o, "/kind") != "Kustomization");
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
