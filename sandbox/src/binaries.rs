//! Where the binaries under test are, and how they come to be there.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names a folder with `kubeseal` and `controller`, to judge binaries that were built elsewhere.
pub const BINARIES: &str = "SANDBOX_BINARIES";

/// Both binaries of the product.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The command line.
    pub kubeseal: PathBuf,
    /// The controller.
    pub controller: PathBuf,
}

/// Why there are no binaries.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// This program does not lie in a target folder of cargo.
    #[error(
        "cannot tell the target folder from {0}: set {BINARIES} to the folder that holds kubeseal and controller"
    )]
    NoTargetFolder(PathBuf),
    /// A binary is not where it should be.
    #[error("{0} does not exist: build it with `cargo build -p kubeseal -p sealed-secrets-controller`")]
    Missing(PathBuf),
    /// Cargo could not be run.
    #[error("cannot run cargo")]
    Cargo(#[from] io::Error),
    /// Cargo said no.
    #[error("`cargo build -p kubeseal -p sealed-secrets-controller` failed, see above")]
    Build,
}

impl Binaries {
    /// Builds both beside this program, in its own profile, with cargo's progress on stderr; or takes
    /// those of [`BINARIES`] as they are.
    pub fn build() -> Result<Self, BinariesError> {
        if std::env::var_os(BINARIES).is_none() {
            let folder = profile_folder()?;
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            // With this package among them the features are those that it was built with: nothing is built twice.
            cargo.args(["build", "-p", "sandbox", "-p", "kubeseal", "-p", "sealed-secrets-controller"]);
            cargo.args(["--bin", "kubeseal", "--bin", "controller"]);
            cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
            if let Some(target) = folder.parent() {
                cargo.arg("--target-dir").arg(target);
            }
            if folder.ends_with("release") {
                cargo.arg("--release");
            }
            if !cargo.status()?.success() {
                return Err(BinariesError::Build);
            }
        }
        Self::locate()
    }

    /// Finds both without building.
    pub fn locate() -> Result<Self, BinariesError> {
        let folder = match std::env::var_os(BINARIES) {
            Some(folder) => PathBuf::from(folder),
            None => profile_folder()?,
        };
        let find = |name: &str| {
            let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            if path.is_file() { Ok(path) } else { Err(BinariesError::Missing(path)) }
        };
        Ok(Self { kubeseal: find("kubeseal")?, controller: find("controller")? })
    }

    /// The folder that holds both.
    pub fn folder(&self) -> &Path {
        self.controller.parent().unwrap_or(Path::new("."))
    }
}

/// `target/debug` or `target/release`, wherever in it this program lies (tests lie in `deps`).
fn profile_folder() -> Result<PathBuf, BinariesError> {
    let program = std::env::current_exe()?;
    let folder = program.ancestors().find(|f| f.ends_with("debug") || f.ends_with("release"));
    folder.map(Path::to_owned).ok_or(BinariesError::NoTargetFolder(program))
}
