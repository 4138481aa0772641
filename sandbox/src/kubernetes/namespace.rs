//! This program again, in namespaces of its own.
//!
//! The API server's service proxy refuses loopback addresses, so it needs an address that exists nowhere
//! else: `10.99.0.0/24` on the loopback device of a new *network* namespace (a prefix on that device makes
//! each of its addresses local). A new *PID* namespace ends with its first process, so nothing outlives
//! us, whatever way we die. In a new *mount* namespace a file system in memory holds every file that we
//! make: fast, and gone with the namespace. No root is needed where the kernel lets users make namespaces.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, Stdio};

use super::assets::cache_folder;
use crate::binaries::{BINARIES, Binaries};

/// Why there is no namespace.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    /// The kernel or the container says no.
    #[error(
        "cannot make a network namespace ({reason}): the real backend needs Linux with util-linux, iproute2 and \
         either root or user namespaces; SANDBOX=memory does without"
    )]
    Refused {
        /// What the last attempt printed.
        reason: String,
    },
    /// Something around the process.
    #[error("cannot run this program again inside a namespace")]
    Io(#[from] io::Error),
}

/// Whether this process is the one inside.
pub fn inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs this program again inside, with the same arguments, and waits for its end.
///
/// Must be called from the main thread: what is inside dies with the thread that started it.
pub fn run_again_inside(binaries: &Binaries) -> Result<ExitCode, NamespaceError> {
    let scratch = cache_folder().join("scratch");
    std::fs::create_dir_all(&scratch)?;
    let mut command = first_that_works(&scratch)?;
    command.arg(std::env::current_exe()?).args(std::env::args_os().skip(1));
    command.env(INSIDE, "1").env(BINARIES, binaries.folder()).env("TMPDIR", &scratch);
    let status = command.status()?;
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)))
}

/// The command that becomes what follows it: with its own `/proc` where that may be mounted.
fn first_that_works(scratch: &std::path::Path) -> Result<Command, NamespaceError> {
    let mut reason = String::new();
    for (user, proc) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut attempt = wrap(user, proc, scratch);
        let output = attempt.arg("true").stdin(Stdio::null()).output()?;
        if output.status.success() {
            return Ok(wrap(user, proc, scratch));
        }
        String::from_utf8_lossy(&output.stderr).trim().clone_into(&mut reason);
    }
    Err(NamespaceError::Refused { reason })
}

fn wrap(user: bool, proc: bool, scratch: &std::path::Path) -> Command {
    let mut command = Command::new("sh");
    // The process keeps its number until it waits for the end of what is inside.
    command.args(["-c", &format!(r#"{OUTSIDE}=$$ exec unshare "$@""#), "unshare", "--net", "--mount"]);
    if user {
        command.arg("--map-root-user");
    }
    // The kernel forgets a parent-death signal when a user namespace is entered, so it is set after that.
    command.args(["--", "setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child"]);
    if proc {
        command.arg("--mount-proc");
    }
    command.args(["--", "sh", "-c", PREPARE_AND_BECOME]).arg(scratch);
    command
}

/// Set inside: the number, as seen from outside, of a process whose namespaces `nsenter` can enter.
pub const OUTSIDE: &str = "SANDBOX_OUTSIDE_PID";

const INSIDE: &str = "SANDBOX_INSIDE";

/// `$0` is a folder for temporary files; the rest is the command to become.
const PREPARE_AND_BECOME: &str = r#"
ip link set lo up && ip address add 10.99.0.1/24 dev lo && mount -t tmpfs -o mode=0700 tmpfs "$0" && exec "$@"
"#;
