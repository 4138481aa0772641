//! The kubeconfig that names the API server where there is no cluster around.

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError as Cause};

/// Why no kubeconfig names an API server.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// None of the files exists, or none was named.
    #[error(
        "no API server is known here: run the controller in a cluster, or set KUBECONFIG to a file that names one{}",
        unread(files)
    )]
    Missing {
        /// Where one was looked for.
        files: Files,
        /// Why this is no pod with a service account.
        in_cluster: Box<InClusterError>,
        /// What the system says of the last one.
        source: io::Error,
    },
    /// There is one, and it cannot be used.
    #[error(
        "{files} cannot be used as a kubeconfig: correct it, or set KUBECONFIG to a file that names an API server"
    )]
    Unusable {
        /// The file, or all that were read together.
        files: Files,
        /// Why.
        source: Box<Cause>,
    },
}

fn unread(files: &Files) -> String {
    if files.0.is_empty() { String::new() } else { format!("; {files} cannot be read") }
}

/// Names of files, for messages.
#[derive(Debug)]
pub struct Files(Vec<PathBuf>);

impl fmt::Display for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|path| format!("{:?}", path.display().to_string())).collect();
        f.write_str(&names.join(", "))
    }
}

impl KubeconfigError {
    /// What a library says. The words of the reader would show the line in question, which may hold a token: only its
    /// place is told.
    pub fn cause(&self) -> String {
        match self {
            Self::Missing { in_cluster, source, .. } => {
                format!("in a cluster: {in_cluster}; by a kubeconfig: {source}")
            }
            Self::Unusable { source, .. } => match &**source {
                Cause::Parse(error) => match error.location() {
                    Some(place) => format!("line {} does not read as one", place.line()),
                    None => "it does not read as one".to_owned(),
                },
                other => other.to_string(),
            },
        }
    }
}

/// What the files say together, as kubectl reads them: those of a list need not all exist. `in_cluster` is why there is
/// no cluster around.
pub async fn load(in_cluster: InClusterError) -> Result<kube::Config, KubeconfigError> {
    let unusable = |paths: Vec<PathBuf>| {
        |source| KubeconfigError::Unusable { files: Files(paths), source: Box::new(source) }
    };
    let (mut merged, mut read) = (Kubeconfig::default(), Vec::new());
    let listed = listed();
    let mut missing = io::Error::from(io::ErrorKind::NotFound);
    for path in &listed {
        match fs::metadata(path) {
            Ok(_) => {
                let one = |path: &Path| unusable(vec![path.to_owned()]);
                let config = Kubeconfig::read_from(path).map_err(one(path))?;
                merged = merged.merge(config).map_err(one(path))?;
                read.push(path.clone());
            }
            Err(error) => missing = error,
        }
    }
    if read.is_empty() {
        return Err(KubeconfigError::Missing {
            files: Files(listed),
            in_cluster: Box::new(in_cluster),
            source: missing,
        });
    }
    kube::Config::from_custom_kubeconfig(merged, &KubeConfigOptions::default()).await.map_err(unusable(read))
}

/// The files of `KUBECONFIG`, else the one in the home folder.
fn listed() -> Vec<PathBuf> {
    match env::var_os("KUBECONFIG") {
        Some(list) if !list.is_empty() => {
            env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect()
        }
        _ => env::home_dir().map(|home| home.join(".kube").join("config")).into_iter().collect(),
    }
}
