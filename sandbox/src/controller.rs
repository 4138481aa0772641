//! The controller's process: started as in a cluster, under its ServiceAccount, and always ended.
//!
//! On the real backend it finds exactly what a Pod finds: `KUBERNETES_SERVICE_HOST` and the folder
//! `/var/run/secrets/kubernetes.io/serviceaccount`, the latter in a mount namespace of its own. On the
//! memory backend, which must also run where there are no namespaces, the same token comes in a
//! kubeconfig that `KUBECONFIG` names.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::http_client;
use crate::kubeconfig::Access;
use crate::kubernetes::namespace;

/// What to start the controller with.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Flags besides the listen addresses.
    pub flags: Vec<String>,
    /// Environment besides what a Pod has.
    pub env: Vec<(String, String)>,
}

/// What goes wrong with the controller's process.
#[derive(Debug, thiserror::Error)]
pub enum ControllerError {
    /// It could not be started.
    #[error("cannot start {path}")]
    Start {
        /// The binary.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It ended by itself.
    #[error("the controller ended with {status}; its log ends:\n{log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// The end of its log.
        log: String,
    },
    /// It runs and does not answer.
    #[error("the controller did not answer on /readyz in time; its log ends:\n{log}")]
    NotHealthy {
        /// The end of its log.
        log: String,
    },
    /// A file or a signal.
    #[error("the controller's process")]
    Io(#[from] io::Error),
}

/// Where and as whom the controller runs.
pub(crate) struct Home<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) host: IpAddr,
    pub(crate) server: &'a str,
    pub(crate) ca: &'a str,
    pub(crate) token: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) in_cluster: bool,
    /// Shell that runs first, in the same process; may be empty.
    pub(crate) line: &'a str,
}

/// A controller's process; killed when dropped.
pub struct Controller {
    child: Child,
    http: SocketAddr,
    metrics: SocketAddr,
    log: PathBuf,
}

impl Controller {
    pub(crate) fn start(binary: &Path, launch: Launch, home: &Home<'_>) -> Result<Self, ControllerError> {
        let (http, metrics) = (free_port(home.host)?, free_port(home.host)?);
        let log = home.folder.join(format!("controller-{}.log", http.port()));
        let output = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let mut command = if home.in_cluster { in_cluster(home)? } else { with_kubeconfig(home)? };
        if !home.line.is_empty() {
            command.args(["sh", "-c", &format!("{} && exec \"$@\"", home.line), "sh"]);
        }
        command
            .arg(binary)
            .arg(format!("--listen-addr={http}"))
            .arg(format!("--listen-metrics-addr={metrics}"))
            .args(launch.flags)
            .envs(launch.env)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true);
        let child =
            command.spawn().map_err(|source| ControllerError::Start { path: binary.to_owned(), source })?;
        Ok(Self { child, http, metrics, log })
    }

    /// Number of the process, as seen from this one; nothing once it was waited for.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Where it serves `/v1/…`, `/healthz` and `/readyz`.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where it serves `/metrics`.
    pub fn metrics(&self) -> SocketAddr {
        self.metrics
    }

    /// Waits until `/readyz` says ok.
    pub async fn healthy(&mut self, within: Duration) -> Result<(), ControllerError> {
        let start = Instant::now();
        while start.elapsed() < within {
            if let Some(status) = self.child.try_wait()? {
                return Err(ControllerError::Ended { status, log: self.log_tail() });
            }
            if http_client::get(self.http, "/readyz").await.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Err(ControllerError::NotHealthy { log: self.log_tail() })
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until it ends by itself.
    pub async fn end(&mut self, within: Duration) -> io::Result<Option<ExitStatus>> {
        match tokio::time::timeout(within, self.child.wait()).await {
            Ok(status) => status.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(kill_process(pid.ok_or(io::ErrorKind::NotFound)?, signal)?)
    }

    /// Asks it to end as Kubernetes does, and kills it when it does not within ten seconds.
    pub async fn stop(mut self) -> io::Result<ExitStatus> {
        if self.ended()?.is_none() {
            self.signal(Signal::TERM)?;
        }
        if let Some(status) = self.end(Duration::from_secs(10)).await? {
            return Ok(status);
        }
        self.kill().await
    }

    /// Kills it without a word, as a node that loses power does.
    pub async fn kill(mut self) -> io::Result<ExitStatus> {
        self.child.start_kill()?;
        self.child.wait().await
    }

    /// Everything it has written.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }
}

/// A command that becomes what follows it, with the files of a Pod in their usual place.
fn in_cluster(home: &Home<'_>) -> io::Result<Command> {
    let run = home.folder.join("run");
    let files = run.join("secrets/kubernetes.io/serviceaccount");
    std::fs::create_dir_all(&files)?;
    for (name, content) in [("token", home.token), ("ca.crt", home.ca), ("namespace", home.namespace)] {
        std::fs::write(files.join(name), content)?;
    }
    let mut command = clean("unshare");
    command.args(["--mount", "sh", "-c", MOUNT_AND_BECOME]).arg(run);
    let (host, port) = host_and_port(home.server);
    command.env("KUBERNETES_SERVICE_HOST", host).env("KUBERNETES_SERVICE_PORT", port);
    Ok(command)
}

/// A command that becomes what follows it, with the ServiceAccount's kubeconfig.
/// Replicas have one each.
static NEXT_KUBECONFIG: AtomicU32 = AtomicU32::new(0);

fn with_kubeconfig(home: &Home<'_>) -> io::Result<Command> {
    let access = Access { server: home.server, ca: home.ca, token: home.token, namespace: home.namespace };
    let number = NEXT_KUBECONFIG.fetch_add(1, Ordering::Relaxed);
    let path = home.folder.join(format!("controller-{number}.kubeconfig"));
    std::fs::write(&path, access.kubeconfig().to_string())?;
    // Outside the sandbox's own PID namespace nothing else ends the controller when we are killed.
    let mut command = if namespace::inside() || !has_setpriv() {
        clean("env")
    } else {
        let mut command = clean("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        command
    };
    command.env("KUBECONFIG", path).env("POD_NAMESPACE", home.namespace);
    Ok(command)
}

/// A command that inherits nothing but the search path.
fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

fn has_setpriv() -> bool {
    std::process::Command::new("setpriv")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

fn host_and_port(server: &str) -> (&str, &str) {
    server.trim_start_matches("https://").rsplit_once(':').unwrap_or((server, "443"))
}

/// A port that is free now; the controller takes it a moment later. Below the range from which the kernel
/// takes the ports of outgoing connections, one of which could otherwise be faster.
fn free_port(host: IpAddr) -> io::Result<SocketAddr> {
    let first = std::process::id().wrapping_mul(97);
    for _ in 0..PORTS {
        let step = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
        let port = LOWEST_PORT + u16::try_from(first.wrapping_add(step) % PORTS).unwrap_or_default();
        if let Ok(listener) = TcpListener::bind((host, port)) {
            return listener.local_addr();
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

static NEXT_PORT: AtomicU32 = AtomicU32::new(0);
const LOWEST_PORT: u16 = 12_000;
const PORTS: u32 = 20_000;
const LOG_TAIL: usize = 20;

/// `$0` is a folder to be seen as `/run`; the rest is the command to become.
const MOUNT_AND_BECOME: &str = r#"mount --bind "$0" "$(readlink -f /var/run)" && exec "$@""#;
