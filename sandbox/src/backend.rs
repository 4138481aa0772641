//! One Kubernetes API for the demo and the end-to-end tests, whichever server answers behind it.
//!
//! ```text
//! enter ──▶ Backend::start ──▶ manifests applied ──▶ Backend::start_controller ──▶ …
//! ```
//! Everything a scenario needs goes through here or through the API itself, so the two kinds differ
//! in nothing but their address, their authority and their speed.

use std::path::PathBuf;

use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binaries::{Binaries, BinariesError};
use crate::controller::{Controller, ControllerError, Home, Launch};
use crate::fault_proxy::FaultProxy;
use crate::kubeconfig::Access;
use crate::kubernetes::{ControlPlane, ControlPlaneError};
use crate::manifests::{ManifestError, Manifests};
use crate::memory;
use crate::objects::{ApiError, Objects};
use crate::tokens::{StaticTokens, User};

mod endpoint;
mod enter;
mod kind;

pub use enter::{Entered, enter};
pub use kind::{Kind, UnknownBackend};

/// What goes wrong around a backend.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant only wraps the error of the step that it names")]
pub enum BackendError {
    #[error("the binaries under test")]
    Binaries(#[from] BinariesError),
    #[error("the real control plane")]
    ControlPlane(#[from] ControlPlaneError),
    #[error("the memory backend did not start")]
    Memory(#[source] std::io::Error),
    #[error("manifests")]
    Manifests(#[from] ManifestError),
    #[error("manifests/ holds no ServiceAccount, or no Service of the same name")]
    NoServiceAccount,
    #[error("the API server")]
    Api(#[from] ApiError),
    #[error("the controller")]
    Controller(#[from] ControllerError),
    #[error("the kubeconfig that the sandbox wrote")]
    Kubeconfig(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("a file of the sandbox")]
    File(#[from] std::io::Error),
}

/// A running Kubernetes API with `manifests/` applied.
pub struct Backend {
    api: Api,
    admin: Objects,
    manifests: Manifests,
    tokens: StaticTokens,
    folder: TempDir,
    /// Stands between controllers and the API server, once [`Self::with_faults`] was asked for.
    front: Option<FaultProxy>,
}

#[allow(clippy::large_enum_variant, reason = "there are a handful of backends, and none is moved often")]
enum Api {
    Memory(memory::Server),
    Kubernetes(ControlPlane),
}

impl Backend {
    /// Starts an API server and applies the project's `manifests/`.
    pub async fn start(kind: Kind) -> Result<Self, BackendError> {
        Self::with_manifests(kind, Manifests::of_the_project()?).await
    }

    /// Starts an API server and applies these manifests.
    pub async fn with_manifests(kind: Kind, manifests: Manifests) -> Result<Self, BackendError> {
        let backend = Self::prepared(kind, manifests, true).await?;
        backend.place_pod().await?;
        Ok(backend)
    }

    /// Starts an API server where these manifests are to be applied by whoever asks for it; then [`Self::place_pod`]
    /// prepares what a controller needs that is started here.
    pub async fn bare(kind: Kind, manifests: Manifests) -> Result<Self, BackendError> {
        Self::prepared(kind, manifests, false).await
    }

    /// Makes the Pod that the controller's process stands for.
    pub async fn place_pod(&self) -> Result<(), BackendError> {
        Ok(endpoint::place_pod(&self.admin, self.service()?, self.host()).await?)
    }

    async fn prepared(kind: Kind, manifests: Manifests, installs: bool) -> Result<Self, BackendError> {
        let folder = tempfile::Builder::new().prefix("sandbox-").tempdir()?;
        let tokens = StaticTokens::new();
        let mut api = match kind {
            Kind::Memory => Api::Memory(memory::Server::start(&tokens).await.map_err(BackendError::Memory)?),
            Kind::Kubernetes => Api::Kubernetes(ControlPlane::start(&tokens).await?),
        };
        let admin = objects(&api, &tokens.admin)?;
        if installs {
            install(&admin, &manifests).await?;
        }
        if let Api::Kubernetes(control_plane) = &mut api {
            // Only now, so that the garbage collector finds SealedSecrets in its first discovery.
            control_plane.start_controller_manager(&tokens).await?;
        }
        Ok(Self { api, admin, manifests, tokens, folder, front: None })
    }

    /// Which of the two it is.
    pub fn kind(&self) -> Kind {
        match self.api {
            Api::Memory(_) => Kind::Memory,
            Api::Kubernetes(_) => Kind::Kubernetes,
        }
    }

    /// Address of the API server, `https://host:port`.
    pub fn server(&self) -> &str {
        match &self.api {
            Api::Memory(server) => server.url(),
            Api::Kubernetes(control_plane) => control_plane.url(),
        }
    }

    /// Certificate of the API server's authority, PEM.
    pub fn ca(&self) -> &str {
        match &self.api {
            Api::Memory(server) => server.ca(),
            Api::Kubernetes(control_plane) => control_plane.ca(),
        }
    }

    /// The memory server itself, to inject faults; nothing on the real backend.
    pub fn memory(&self) -> Option<&memory::Server> {
        match &self.api {
            Api::Memory(server) => Some(server),
            Api::Kubernetes(_) => None,
        }
    }

    /// Lets requests of the controllers that are started from now on fail on demand, also on the real backend.
    pub async fn with_faults(mut self) -> Result<Self, BackendError> {
        if let Api::Kubernetes(_) = &self.api {
            // Without a token: each request brings its own.
            let server =
                client(&Access { server: self.server(), ca: self.ca(), token: "", namespace: "default" })?;
            self.front = Some(FaultProxy::start(server).await?);
        }
        Ok(self)
    }

    /// What is to go wrong for controllers; nothing on the real backend without [`Self::with_faults`].
    pub fn faults(&self) -> Option<&memory::Faults> {
        match &self.api {
            Api::Memory(server) => Some(server.faults()),
            Api::Kubernetes(_) => self.front.as_ref().map(FaultProxy::faults),
        }
    }

    /// The API as its administrator sees it.
    pub fn admin(&self) -> &Objects {
        &self.admin
    }

    /// The API as `user` sees it.
    pub async fn objects_as(&self, user: &User) -> Result<Objects, BackendError> {
        objects(&self.api, &self.token(user).await?)
    }

    /// Namespace and name of the controller's ServiceAccount, from the manifests.
    pub fn service_account(&self) -> Result<(&str, &str), BackendError> {
        self.manifests.service_account().ok_or(BackendError::NoServiceAccount)
    }

    /// Namespace and name of the controller's Service, from the manifests.
    pub fn service(&self) -> Result<(&str, &str), BackendError> {
        self.manifests.service().ok_or(BackendError::NoServiceAccount)
    }

    /// Namespace of the controller.
    pub fn controller_namespace(&self) -> &str {
        self.manifests.service_account().map_or("kube-system", |account| account.0)
    }

    /// A bearer token of `user`; a ServiceAccount's comes from the TokenRequest API.
    pub async fn token(&self, user: &User) -> Result<String, BackendError> {
        match user {
            User::Admin => Ok(self.tokens.admin.clone()),
            User::Anonymous => Ok(String::new()),
            User::Ordinary => Ok(self.tokens.ordinary.clone()),
            User::ServiceAccount { namespace, name } => {
                let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
                let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                    "metadata": {"name": name, "namespace": namespace}, "spec": {"audiences": [], "expirationSeconds": 86400}});
                let answer = self.admin.json(http::Method::POST, &path, Some(&request)).await?;
                Ok(answer["status"]["token"].as_str().unwrap_or_default().to_owned())
            }
        }
    }

    /// Writes a kubeconfig for `user` whose context is in `namespace`; it lives as long as the backend.
    pub async fn kubeconfig(&self, user: &User, namespace: &str) -> Result<PathBuf, BackendError> {
        let token = self.token(user).await?;
        let access = Access { server: self.server(), ca: self.ca(), token: &token, namespace };
        let path = self.folder.path().join(format!("{}-{namespace}.kubeconfig", user.file_name()));
        std::fs::write(&path, format!("{:#}\n", access.kubeconfig()))?;
        Ok(path)
    }

    /// A folder for files that belong to this backend; gone with it.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Starts the controller as its own ServiceAccount and points its Service at it; does not wait
    /// until it is healthy ([`Controller::healthy`] does).
    pub async fn start_controller(&self, launch: Launch) -> Result<Controller, BackendError> {
        self.start_controller_after("", launch).await
    }

    /// The same, with a line of shell that the process runs before it becomes the controller: to set limits on
    /// itself, say. When the line fails, the controller does not start.
    pub async fn start_controller_after(
        &self,
        line: &str,
        launch: Launch,
    ) -> Result<Controller, BackendError> {
        let (_, name) = self.service_account()?;
        let controller = self.start_replica(name, line, launch).await?;
        endpoint::publish(&self.admin, self.service()?, controller.http()).await?;
        Ok(controller)
    }

    /// Starts the controller as a ServiceAccount of this name in its namespace; no Service points at it.
    pub async fn start_replica(
        &self,
        name: &str,
        line: &str,
        launch: Launch,
    ) -> Result<Controller, BackendError> {
        let binaries = Binaries::locate()?;
        let (namespace, _) = self.service_account()?;
        let user = User::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() };
        let home = Home {
            folder: self.folder.path(),
            host: self.host(),
            server: self.front.as_ref().map_or(self.server(), FaultProxy::url),
            ca: self.front.as_ref().map_or(self.ca(), FaultProxy::ca),
            token: &self.token(&user).await?,
            namespace,
            in_cluster: self.kind() == Kind::Kubernetes,
            line,
        };
        Ok(Controller::start(&binaries.controller, launch, &home)?)
    }

    /// Stops the servers and waits until they are gone.
    pub async fn stop(self) {
        match self.api {
            Api::Memory(server) => server.stop().await,
            Api::Kubernetes(control_plane) => control_plane.stop().await,
        }
    }

    /// The IP address at which this backend's servers and controllers listen.
    pub fn host(&self) -> std::net::IpAddr {
        match &self.api {
            Api::Memory(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            Api::Kubernetes(control_plane) => control_plane.host(),
        }
    }
}

fn objects(api: &Api, token: &str) -> Result<Objects, BackendError> {
    let (server, ca) = match api {
        Api::Memory(server) => (server.url(), server.ca()),
        Api::Kubernetes(control_plane) => (control_plane.url(), control_plane.ca()),
    };
    client(&Access { server, ca, token, namespace: "default" }).map(Objects::new)
}

/// A client for whoever `access` says; built from the same kubeconfig that every tool reads.
pub(crate) fn client(access: &Access<'_>) -> Result<kube::Client, BackendError> {
    fn wrong(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> BackendError {
        BackendError::Kubeconfig(error.into())
    }
    let kubeconfig = Kubeconfig::from_yaml(&access.kubeconfig().to_string()).map_err(wrong)?;
    let config = futures::executor::block_on(kube::Config::from_custom_kubeconfig(
        kubeconfig,
        &KubeConfigOptions::default(),
    ));
    let mut config = config.map_err(wrong)?;
    // A test wants to see the 429 or 503 itself, and at once.
    config.default_retry = false;
    kube::Client::try_from(config).map_err(wrong)
}

/// Applies the manifests and waits until the API serves SealedSecrets.
async fn install(admin: &Objects, manifests: &Manifests) -> Result<(), BackendError> {
    for object in manifests.objects() {
        if let Some(namespace) = object["metadata"]["namespace"].as_str() {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            match admin.create(&namespace).await {
                Err(error) if error.status() != Some(http::StatusCode::CONFLICT) => return Err(error.into()),
                _ => {}
            }
        }
        admin.apply(object).await?;
    }
    let served =
        async |api: &Objects| Ok::<Option<Vec<Value>>, _>(api.list("SealedSecret", "default").await.ok());
    admin.wait_for("SealedSecrets are served", std::time::Duration::from_secs(20), served).await?;
    Ok(())
}
