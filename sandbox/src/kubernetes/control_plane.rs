//! etcd, kube-apiserver and kube-controller-manager, started for one backend.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use http::Method;
use tempfile::TempDir;

use super::assets::{Assets, AssetsError};
use super::namespace::{self, NamespaceError};
use super::process::Process;
use crate::backend;
use crate::certificates::Authority;
use crate::kubeconfig::Access;
use crate::objects::Objects;
use crate::tokens::StaticTokens;

/// Why the control plane does not run.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the variants' messages say it")]
pub enum ControlPlaneError {
    #[error("the programs")]
    Assets(#[from] AssetsError),
    #[error("the namespace")]
    Namespace(#[from] NamespaceError),
    #[error("the real backend starts only inside its namespace: call sandbox::backend::enter first")]
    Outside,
    #[error("its certificates")]
    Certificates(#[from] rcgen::Error),
    #[error("its files")]
    File(#[from] io::Error),
    #[error("{name} ended; its log ends:\n{log}")]
    Ended { name: &'static str, log: String },
    #[error("the API server was not ready in time; its log ends:\n{log}")]
    NotReady { log: String },
    #[error("a client for it")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A running control plane at an address of its own.
pub struct ControlPlane {
    host: IpAddr,
    url: String,
    ca: String,
    assets: Assets,
    folder: TempDir,
    etcd: Process,
    apiserver: Process,
    controller_manager: Option<Process>,
}

impl ControlPlane {
    /// Starts etcd and the API server and waits until it is ready.
    pub async fn start(tokens: &StaticTokens) -> Result<Self, ControlPlaneError> {
        if !namespace::inside() {
            return Err(ControlPlaneError::Outside);
        }
        let assets = Assets::locate_or_build()?;
        let host = Ipv4Addr::new(10, 99, 0, NEXT_HOST.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::Builder::new().prefix("control-plane-").tempdir()?;
        let authority =
            Authority::for_server(&[&host.to_string(), "127.0.0.1", "localhost", "kubernetes.default.svc"])?;
        write_files(&folder, &authority, tokens)?;
        let etcd = Process::start("etcd", &assets.etcd, folder.path(), &etcd_flags(host))?;
        let apiserver =
            Process::start("kube-apiserver", &assets.apiserver, folder.path(), &apiserver_flags(host))?;
        let mut this = Self {
            host: host.into(),
            url: format!("https://{host}:{PORT}"),
            ca: authority.ca,
            assets,
            folder,
            etcd,
            apiserver,
            controller_manager: None,
        };
        this.ready(&tokens.admin).await?;
        Ok(this)
    }

    /// Starts the garbage collector and the namespace controller. They learn what kinds exist when they
    /// start and then only every half minute: start them after the definitions are in place.
    pub(crate) async fn start_controller_manager(
        &mut self,
        tokens: &StaticTokens,
    ) -> Result<(), ControlPlaneError> {
        let access =
            Access { server: &self.url, ca: &self.ca, token: &tokens.admin, namespace: "kube-system" };
        tokio::fs::write(self.folder.path().join("admin.kubeconfig"), access.kubeconfig().to_string())
            .await?;
        let flags = controller_manager_flags();
        let program = &self.assets.controller_manager;
        self.controller_manager =
            Some(Process::start("kube-controller-manager", program, self.folder.path(), &flags)?);
        Ok(())
    }

    /// `https://10.99.0.N:6443`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Certificate of its authority, PEM.
    pub fn ca(&self) -> &str {
        &self.ca
    }

    /// The address of its own.
    pub fn host(&self) -> IpAddr {
        self.host
    }

    /// Ends all three.
    pub async fn stop(self) {
        if let Some(process) = self.controller_manager {
            process.stop().await;
        }
        self.apiserver.stop().await;
        self.etcd.stop().await;
    }

    async fn ready(&mut self, token: &str) -> Result<(), ControlPlaneError> {
        let access = Access { server: &self.url, ca: &self.ca, token, namespace: "default" };
        let client = backend::client(&access).map_err(|error| ControlPlaneError::Client(error.into()))?;
        let objects = Objects::new(client);
        let start = Instant::now();
        while start.elapsed() < READY_WITHIN {
            for process in [&mut self.etcd, &mut self.apiserver] {
                if let Some((name, log)) = process.ended()? {
                    return Err(ControlPlaneError::Ended { name, log });
                }
            }
            if objects.text(Method::GET, "/readyz", "text/plain", Vec::new()).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(ControlPlaneError::NotReady { log: self.apiserver.log_tail() })
    }
}

fn write_files(
    folder: &TempDir,
    authority: &Authority,
    tokens: &StaticTokens,
) -> Result<(), ControlPlaneError> {
    let StaticTokens { admin, ordinary } = tokens;
    let signer = rcgen::KeyPair::generate()?;
    let files = [
        ("server.crt", authority.certificate.clone()),
        ("server.key", authority.key.clone()),
        ("service-account.key", signer.serialize_pem()),
        ("service-account.pub", signer.public_key_pem()),
        ("tokens.csv", format!("{admin},admin,admin,system:masters\n{ordinary},jane,jane\n")),
    ];
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content)?;
    }
    Ok(())
}

fn etcd_flags(host: Ipv4Addr) -> Vec<String> {
    let (client, peer) = (format!("http://{host}:2379"), format!("http://{host}:2380"));
    vec![
        "--data-dir=etcd".to_owned(),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=error".to_owned(),
    ]
}

fn apiserver_flags(host: Ipv4Addr) -> Vec<String> {
    let own = [
        format!("--etcd-servers=http://{host}:2379"),
        format!("--bind-address={host}"),
        format!("--advertise-address={host}"),
        format!("--secure-port={PORT}"),
    ];
    own.into_iter().chain(APISERVER_FLAGS.iter().map(ToString::to_string)).collect()
}

fn controller_manager_flags() -> Vec<String> {
    CONTROLLER_MANAGER_FLAGS.iter().map(ToString::to_string).collect()
}

const PORT: u16 = 6443;
const READY_WITHIN: Duration = Duration::from_mins(1);

/// The first API server of this process listens at 10.99.0.1, the next at 10.99.0.2.
static NEXT_HOST: AtomicU8 = AtomicU8::new(1);

/// The ServiceAccount admission plugin would refuse the Pod that stands for the controller's process: its
/// account's token volume needs a certificate bundle that nobody publishes here.
const APISERVER_FLAGS: &[&str] = &[
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount",
    "--enable-priority-and-fairness=false",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-key-file=service-account.pub",
    "--service-account-signing-key-file=service-account.key",
    "--service-cluster-ip-range=10.100.0.0/24",
    "--tls-cert-file=server.crt",
    "--tls-private-key-file=server.key",
    "--token-auth-file=tokens.csv",
];

const CONTROLLER_MANAGER_FLAGS: &[&str] = &[
    "--controllers=garbage-collector-controller,namespace-controller",
    "--kubeconfig=admin.kubeconfig",
    "--leader-elect=false",
    "--secure-port=0",
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
    "--namespace-sync-period=10s",
];
