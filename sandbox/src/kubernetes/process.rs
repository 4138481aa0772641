//! One program of the control plane.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};

/// A running program with its log; killed when dropped.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program`; what it prints goes to a file in `folder`.
    pub(super) fn start(
        name: &'static str,
        program: &Path,
        folder: &Path,
        flags: &[String],
    ) -> io::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let output = File::create(&log)?;
        let child = Command::new(program)
            .args(flags)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { name, child, log })
    }

    /// Its name and the end of its log, when it has ended.
    pub(super) fn ended(&mut self) -> io::Result<Option<(&'static str, String)>> {
        Ok(self.child.try_wait()?.map(|_| (self.name, self.log_tail())))
    }

    /// The end of its log.
    pub(super) fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }

    /// Ends it at once: nothing that it holds is worth keeping.
    pub(super) async fn stop(mut self) {
        if self.child.kill().await.is_err() {
            // It has ended already.
        }
    }
}

const LOG_TAIL: usize = 15;
