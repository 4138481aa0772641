//! The first thing that `main` does: everything that needs the network or the compiler, then the namespace.

use std::process::ExitCode;

use super::{BackendError, Kind};
use crate::binaries::Binaries;
use crate::kubernetes::{Assets, ControlPlaneError, namespace};

/// What `main` does next.
pub enum Entered {
    /// Go on: every kind that was asked for can be started from here.
    GoOn,
    /// This program has run inside the namespace and ended; end like it.
    Ended(ExitCode),
}

/// Builds what the backends need (with visible progress) and, for the real one, runs this program again
/// in a network namespace of its own.
///
/// # Guarantees
/// Call it first, from the main thread and outside any runtime. When this process dies, however it does,
/// everything inside the namespace dies too.
pub fn enter(kinds: &[Kind]) -> Result<Entered, BackendError> {
    if namespace::inside() {
        return Ok(Entered::GoOn);
    }
    let binaries = Binaries::build()?;
    if !kinds.contains(&Kind::Kubernetes) {
        return Ok(Entered::GoOn);
    }
    Assets::locate_or_build().map_err(ControlPlaneError::from)?;
    let code = namespace::run_again_inside(&binaries).map_err(ControlPlaneError::from)?;
    Ok(Entered::Ended(code))
}
