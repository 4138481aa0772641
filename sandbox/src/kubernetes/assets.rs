//! The programs of the control plane: taken from where they are, or built once from Go modules.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use sha2::{Digest as _, Sha256};

/// Paths of the control plane's programs.
#[derive(Clone, Debug)]
pub struct Assets {
    pub(super) etcd: PathBuf,
    pub(super) apiserver: PathBuf,
    pub(super) controller_manager: PathBuf,
    kubectl: PathBuf,
}

/// Why there is no control plane.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    /// Nothing is built, and there is no Go to build it with.
    #[error(
        "there is no {missing} yet and no Go ({reason}): install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder \
         that holds etcd, kube-apiserver and kube-controller-manager, or run with SANDBOX=memory"
    )]
    NoGo {
        /// The first program that is missing.
        missing: &'static str,
        /// What happened to `go version`.
        reason: String,
    },
    /// `go build` failed.
    #[error("`go build {0}` failed, see above")]
    Build(&'static str),
    /// A file of the cache.
    #[error("the cache folder {path}")]
    Cache {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Assets {
    /// Finds each program in `KUBEBUILDER_ASSETS` or in the cache; builds those that are in neither, saying
    /// so on stderr: six to ten minutes on two cores, once for each version in `control-plane/go.sum`.
    pub fn locate_or_build() -> Result<Self, AssetsError> {
        let path = |program: &Program| located(program).map_or_else(|| build(program), Ok);
        Ok(Self {
            etcd: path(&ETCD)?,
            apiserver: path(&APISERVER)?,
            controller_manager: path(&CONTROLLER_MANAGER)?,
            kubectl: path(&KUBECTL)?,
        })
    }

    /// A kubectl: the one of the search path, which is what a user has, else the one that belongs to the
    /// control plane.
    pub fn kubectl(&self) -> PathBuf {
        let on_path = std::env::var_os("PATH").and_then(|path| {
            std::env::split_paths(&path).map(|folder| folder.join("kubectl")).find(|file| file.is_file())
        });
        on_path.unwrap_or_else(|| self.kubectl.clone())
    }
}

/// Where everything that outlives a run is kept.
pub(super) fn cache_folder() -> PathBuf {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = var("XDG_CACHE_HOME").or_else(|| var("HOME").map(|home| home.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("sealed-secrets-sandbox")
}

struct Program {
    name: &'static str,
    package: &'static str,
}

const ETCD: Program = Program { name: "etcd", package: "go.etcd.io/etcd/server/v3" };
const APISERVER: Program =
    Program { name: "kube-apiserver", package: "k8s.io/kubernetes/cmd/kube-apiserver" };
const CONTROLLER_MANAGER: Program =
    Program { name: "kube-controller-manager", package: "k8s.io/kubernetes/cmd/kube-controller-manager" };
const KUBECTL: Program = Program { name: "kubectl", package: "k8s.io/kubernetes/cmd/kubectl" };

/// A change of a version changes this file, and so the cache folder.
const GO_SUM: &[u8] = include_bytes!("../../control-plane/go.sum");

/// Without it the API server calls itself v0.0.0, which clients take for a very old one.
const LINKER_FLAGS: &str = "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3";

fn located(program: &Program) -> Option<PathBuf> {
    let given = std::env::var_os("KUBEBUILDER_ASSETS").map(|folder| Path::new(&folder).join(program.name));
    given.into_iter().chain([built(program)]).find(|path| path.is_file())
}

fn built(program: &Program) -> PathBuf {
    let hash = Sha256::digest(GO_SUM);
    let key = hash.iter().take(8).fold(0u64, |key, byte| (key << 8) | u64::from(*byte));
    cache_folder().join(format!("control-plane-{key:016x}")).join(program.name)
}

fn build(program: &Program) -> Result<PathBuf, AssetsError> {
    if let Err(error) = Command::new("go").arg("version").output() {
        return Err(AssetsError::NoGo { missing: program.name, reason: error.to_string() });
    }
    let path = built(program);
    let cache = |source| AssetsError::Cache { path: path.clone(), source };
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(cache)?;
    eprintln!("sandbox: building {} from Go modules into {} …", program.name, path.display());
    let start = Instant::now();
    // Renamed when it is whole, so that an interrupted or a second build never leaves half a program.
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    let built = Command::new("go")
        .args(["build", "-trimpath", "-ldflags", LINKER_FLAGS, "-o"])
        .arg(&partial)
        .arg(program.package)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("control-plane"))
        .env("CGO_ENABLED", "0")
        .status();
    if !built.map_err(cache)?.success() {
        return Err(AssetsError::Build(program.package));
    }
    std::fs::rename(&partial, &path).map_err(cache)?;
    eprintln!("sandbox: built {} in {} s", program.name, start.elapsed().as_secs());
    Ok(path)
}
