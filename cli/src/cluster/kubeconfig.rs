//! Kubeconfig files: which are read, how they add up, and what is said when one cannot be read.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use kube::config::{InClusterError, Kubeconfig, KubeconfigError as KubeError};
use transport::TlsError;

use super::{Masked, exec::ExecError};
use crate::problem::reason;

/// Why there is no way to a cluster.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KubeconfigError {
    #[error("invalid configuration: no configuration has been provided: {}", nothing(.0))]
    Nothing(Vec<Looked>),
    #[error("stat {path}: {reason}")]
    Missing {
        path: String,
        #[source]
        reason: FileReason,
    },
    #[error("error loading config file \"{path}\": {reason}")]
    Load {
        path: String,
        #[source]
        reason: LoadError,
    },
    #[error("{kind} {name:?} does not exist")]
    Unknown { kind: Part, name: String },
    #[error("context was not found for specified context: {0}")]
    CurrentContext(String),
    #[error("invalid configuration: no server found for cluster {0:?}")]
    NoServer(String),
    #[error("specifying a root certificates file with the insecure flag is not allowed")]
    InsecureWithAuthority,
    #[error("invalid configuration: more than one authentication method given: a token and a user name")]
    SeveralCredentials,
    #[error(
        "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)"
    )]
    Timeout,
    #[error("{what} {url:?} is not a URL")]
    Url { what: Address, url: Masked },
    #[error("open {path}: {reason}")]
    File {
        path: String,
        #[source]
        reason: FileReason,
    },
    #[error("--as-group and --as-uid need --as")]
    GroupWithoutUser,
    #[error("{what} {value:?} cannot be sent in a header")]
    Header { what: &'static str, value: String },
    #[error("getting credentials: exec plugin {command:?}: {error}")]
    Plugin {
        command: String,
        #[source]
        error: ExecError,
    },
    /// The service account of the pod that this runs in.
    #[error(transparent)]
    InCluster(Box<InClusterError>),
    #[error(transparent)]
    Tls(TlsProblem),
}

/// A kubeconfig that was named and gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) path: PathBuf,
    pub(crate) found: Found,
}

/// What was found in a kubeconfig that gives nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Missing,
    /// It has neither clusters nor contexts, as other kinds of YAML.
    Empty,
    NoCurrentContext,
}

impl std::fmt::Display for Looked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let found = match self.found {
            Found::Missing => "does not exist",
            Found::Empty => "holds no clusters and no contexts",
            Found::NoCurrentContext => "has no current-context",
        };
        write!(f, "{} {found}", self.path.display())
    }
}

fn nothing(looked: &[Looked]) -> String {
    let files: Vec<_> = looked.iter().map(Looked::to_string).collect();
    let files = if files.is_empty() { "no kubeconfig".to_owned() } else { files.join(", ") };
    format!("{files}, no --server, and not inside a cluster")
}

/// Whose address cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Server,
    Proxy,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Server => "--server",
            Self::Proxy => "the proxy",
        })
    }
}

/// Certificates, keys or credentials that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsProblem {
    #[error(transparent)]
    Transport(TlsError),
    #[error(transparent)]
    Auth(Box<kube::Error>),
    #[error(transparent)]
    Config(Box<KubeError>),
}

/// What the system says of a file, in the same words on every platform.
#[derive(Debug, thiserror::Error)]
#[error("{}", reason(.0))]
pub(crate) struct FileReason(#[source] pub(crate) io::Error);

/// Why a kubeconfig cannot be read. The reader's own text would show the line in question, which may hold a token: only
/// the place is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("yaml: line {0}: cannot be read")]
    Line(u64),
    #[error("yaml: cannot be read")]
    Yaml,
    #[error(transparent)]
    File(FileReason),
    #[error(transparent)]
    Other(Box<KubeError>),
}

/// A part of a kubeconfig that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Context,
    Cluster,
    User,
}

/// As kubectl calls it.
impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Context => "context",
            Self::Cluster => "cluster",
            Self::User => "auth info",
        })
    }
}

/// What the kubeconfig files say together.
#[derive(Default)]
pub(crate) struct Files {
    /// An empty one when there are none.
    pub(crate) config: Kubeconfig,
    /// Those that were named, or are there.
    looked: Vec<(PathBuf, bool)>,
}

impl Files {
    /// The error of files that lead to no cluster.
    pub(crate) fn nothing(self) -> KubeconfigError {
        let is_empty = self.config.clusters.is_empty() && self.config.contexts.is_empty();
        let found = |is_there| match (is_there, is_empty) {
            (false, _) => Found::Missing,
            (true, true) => Found::Empty,
            (true, false) => Found::NoCurrentContext,
        };
        let looked = self.looked.into_iter();
        KubeconfigError::Nothing(
            looked.map(|(path, is_there)| Looked { path, found: found(is_there) }).collect(),
        )
    }
}

/// Reads the kubeconfig files.
///
/// A file that a flag names must exist, the files of the `KUBECONFIG` list and the default one need not.
pub(crate) fn load(flag: &str) -> Result<Files, KubeconfigError> {
    if !flag.is_empty() {
        return match fs::metadata(flag) {
            Ok(_) => Ok(Files { config: read(Path::new(flag))?, looked: vec![(flag.into(), true)] }),
            Err(error) => Err(KubeconfigError::Missing { path: flag.to_owned(), reason: FileReason(error) }),
        };
    }
    let mut files = Files::default();
    let (paths, are_named) = listed();
    for path in paths {
        let is_there = !fs::metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        if is_there {
            files.config = files.config.merge(read(&path)?).map_err(|error| load_error(&path, error))?;
        }
        if is_there || are_named {
            files.looked.push((path, is_there));
        }
    }
    Ok(files)
}

/// The files of `KUBECONFIG`, else the one in the home folder; and whether they are named.
fn listed() -> (Vec<PathBuf>, bool) {
    match env::var_os("KUBECONFIG") {
        Some(list) if !list.is_empty() => {
            let paths = env::split_paths(&list).filter(|path| !path.as_os_str().is_empty());
            (paths.collect(), true)
        }
        _ => {
            let path = env::home_dir().map(|home| home.join(".kube").join("config"));
            (path.into_iter().collect(), false)
        }
    }
}

fn read(path: &Path) -> Result<Kubeconfig, KubeconfigError> {
    let mut config = Kubeconfig::read_from(path).map_err(|error| load_error(path, error))?;
    // Go reads an empty text as "not given".
    config.current_context = config.current_context.filter(|name| !name.is_empty());
    Ok(config)
}

fn load_error(path: &Path, error: KubeError) -> KubeconfigError {
    let reason = match error {
        KubeError::Parse(error) => {
            error.location().map_or(LoadError::Yaml, |place| LoadError::Line(place.line()))
        }
        KubeError::ReadConfig(error, _) => LoadError::File(FileReason(error)),
        other => LoadError::Other(Box::new(other)),
    };
    KubeconfigError::Load { path: path.display().to_string(), reason }
}

/// Whether this runs in a pod, with the token of its service account at hand.
pub(crate) fn in_cluster() -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    set("KUBERNETES_SERVICE_HOST")
        && set("KUBERNETES_SERVICE_PORT")
        && Path::new(SERVICE_ACCOUNT).join("token").is_file()
}

/// The namespace of the pod that this runs in.
pub(crate) fn in_cluster_namespace() -> Option<String> {
    if !in_cluster() {
        return None;
    }
    let file = || fs::read_to_string(Path::new(SERVICE_ACCOUNT).join("namespace")).ok();
    let name = env::var("POD_NAMESPACE").ok().filter(|name| !name.is_empty()).or_else(file);
    Some(name.map_or_else(|| "default".to_owned(), |name| name.trim().to_owned()))
}

/// Where Kubernetes puts a pod's credentials.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
