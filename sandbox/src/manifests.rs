//! The objects of `manifests/` and its overlays, as kustomize renders them.
//!
//! They are recorded in `testdata/manifests/`, so that a machine without kubectl has them too; a test with the real
//! kubectl holds the record against what it renders now.

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

/// A kustomization of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// `manifests/` itself.
    None,
    /// Two replicas.
    LeaderElection,
    /// A controller for one namespace.
    OwnNamespace,
}

impl Overlay {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::LeaderElection, Self::OwnNamespace];

    /// The folder that `kubectl apply -k` takes.
    pub fn folder(self) -> PathBuf {
        project(match self {
            Self::None => "manifests",
            Self::LeaderElection => "manifests/overlays/leader-election",
            Self::OwnNamespace => "manifests/overlays/own-namespace",
        })
    }

    /// The file with what kustomize makes of it.
    pub fn record(self) -> PathBuf {
        project(match self {
            Self::None => "testdata/manifests/all.yaml",
            Self::LeaderElection => "testdata/manifests/leader-election.yaml",
            Self::OwnNamespace => "testdata/manifests/own-namespace.yaml",
        })
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Every object of `manifests/`, in an order in which each may be created.
#[derive(Clone, Debug)]
pub struct Manifests {
    objects: Vec<Value>,
}

impl Manifests {
    /// What `kubectl apply -k manifests/` applies.
    pub fn of_the_project() -> Result<Self, ManifestError> {
        Self::of(Overlay::None)
    }

    /// What `kubectl apply -k` applies for an overlay.
    pub fn of(overlay: Overlay) -> Result<Self, ManifestError> {
        let mut objects = documents(&overlay.record())?;
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

    /// Arguments of the controller's container.
    pub fn arguments(&self) -> Vec<String> {
        let deployment = self.objects.iter().find(|o| str_at(o, "/kind") == "Deployment");
        let arguments = deployment.and_then(|o| o.pointer("/spec/template/spec/containers/0/args"));
        let arguments = arguments.and_then(Value::as_array).into_iter().flatten();
        arguments.filter_map(|argument| Some(argument.as_str()?.to_owned())).collect()
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
