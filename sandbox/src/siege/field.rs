//! Where an attack takes place: an API server with one sealing key, and what attacks do with either.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use sandbox::backend::{Backend, Kind};
use sandbox::controller::{Controller, Launch};
use sandbox::objects::{ApiError, Objects, name_of, path};
use sandbox::tokens::User;
use sealed_secrets_core::{KeyPair, SealingKey};
use serde_json::Value;

use super::probes::Subject;
use super::process::Process;
use super::{Failure, make};
use crate::bench::{in_process::new_key, keys::secret_of, load::add_namespace};

/// The namespace of whoever attacks.
pub(super) const ATTACKER: &str = "attacker";
/// The namespace of those who have no part in it.
pub(super) const TENANT: &str = "tenant";
/// The name of the Secret with the one sealing key.
const KEY: &str = "sealed-secrets-key-000";

/// An API server with the manifests, two tenants and a sealing key.
pub(super) struct Field {
    pub(super) backend: Backend,
    pub(super) admin: Objects,
    pub(super) key: SealingKey,
    /// Fewer and shorter.
    pub(super) small: bool,
}

/// A running controller, as an attack sees it.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) http: std::net::SocketAddr,
    pub(super) metrics: std::net::SocketAddr,
    pub(super) process: Process,
}

impl Target {
    pub(super) fn of(controller: &Controller) -> Result<Self, Failure> {
        let process = Process(controller.id().ok_or("the controller has ended")?);
        Ok(Self { http: controller.http(), metrics: controller.metrics(), process })
    }
}

/// A key that an hour ago was new, as most are.
pub(super) fn sealing_pair() -> Result<Arc<KeyPair>, Failure> {
    Ok(Arc::new(new_key(4096, Timestamp::now() - SignedDuration::from_hours(1))?))
}

impl Field {
    /// Starts an API server.
    pub(super) async fn start(kind: Kind, pair: &KeyPair, small: bool) -> Result<Self, Failure> {
        let backend = Backend::start(kind).await?;
        let admin = backend.admin().clone();
        let key = pair.sealing_key().map_err(ToString::to_string)?.clone();
        for namespace in [ATTACKER, TENANT] {
            add_namespace(&admin, namespace).await?;
        }
        let mut secret = secret_of(pair, 0, backend.controller_namespace())?;
        secret["metadata"]["name"] = KEY.into();
        admin.create(&secret).await?;
        // The real API server holds creations of a kind back for two seconds after the kind was defined.
        let first = make::valid(&key, TENANT, "first", 1);
        admin.create(&first).await?;
        admin.delete("SealedSecret", TENANT, "first", None).await?;
        Ok(Self { backend, admin, key, small })
    }

    /// Starts a controller that runs this line of shell first. It makes no keys of its own.
    pub(super) async fn controller(&self, line: &str, mut launch: Launch) -> Result<Controller, Failure> {
        launch.flags.push("--key-renew-period=0".to_owned());
        Ok(self.backend.start_controller_after(line, launch).await?)
    }

    /// What the probes look at.
    pub(super) async fn subject(&self, target: Target) -> Result<Subject, Failure> {
        Ok(Subject {
            process: target.process,
            http: target.http,
            kubeconfig: self.backend.kubeconfig(&User::Admin, TENANT).await?,
            key: self.key.clone(),
            namespace: TENANT,
            patience: Duration::from_secs(if self.small { 10 } else { 30 }),
        })
    }

    /// One of two sizes.
    pub(super) fn sized<T>(&self, full: T, small: T) -> T {
        if self.small { small } else { full }
    }

    /// One of two sizes of what is heavy for the API server too: without optimisation the embedded one would be
    /// what is slow, and not the controller.
    pub(super) fn bulk(&self, full: usize, small: usize) -> usize {
        self.sized(full, if cfg!(debug_assertions) { small / 4 } else { small })
    }

    /// How long an attack that goes on by itself is let alone.
    pub(super) fn span(&self) -> Duration {
        self.sized(Duration::from_secs(6), Duration::from_millis(1500))
    }

    /// Waits for [`Field::span`], or until the process has ended.
    pub(super) async fn hold(&self, target: Target) {
        let start = Instant::now();
        while start.elapsed() < self.span() && target.process.resident().is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Creates SealedSecrets of the attacker, a few at a time; gives how many the API server has refused.
    pub(super) async fn create(&self, objects: Vec<Value>) -> usize {
        let create = |object: Value| async move { usize::from(self.admin.create(&object).await.is_err()) };
        futures::stream::iter(objects).map(create).buffer_unordered(8).fold(0, async |a, b| a + b).await
    }

    /// Waits until each of the attacker's SealedSecrets has a status, or `within` is over, or the process has
    /// ended; gives the statuses by what they say.
    pub(super) async fn told(&self, target: Target, within: Duration) -> Result<String, Failure> {
        let start = Instant::now();
        loop {
            let asked = Instant::now();
            let (told, waiting) = self.statuses(ATTACKER).await?;
            if waiting == 0 || start.elapsed() > within || target.process.resident().is_none() {
                return Ok(told);
            }
            // A long list costs the server more than the attack: not too often.
            tokio::time::sleep(Duration::from_millis(300) + asked.elapsed() * 10).await;
        }
    }

    /// The statuses in a namespace by what they say, and how many there are not.
    async fn statuses(&self, namespace: &str) -> Result<(String, usize), ApiError> {
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        let mut waiting = 0;
        for sealed in self.admin.list("SealedSecret", namespace).await? {
            let said = said(&sealed);
            waiting += usize::from(said.is_none());
            *counts.entry(said.unwrap_or_else(|| "no status".to_owned())).or_default() += 1;
        }
        let parts: Vec<String> = counts.iter().map(|(said, count)| format!("{count}×{said}")).collect();
        Ok((parts.join(" "), waiting))
    }

    /// Removes what attacks have left, for the next one on the same server.
    pub(super) async fn clean(&self) -> Result<(), Failure> {
        let home = self.backend.controller_namespace();
        let namespaces = self.admin.list("Namespace", "").await?;
        let is_ours = |name: &&str| name.starts_with(ATTACKER) || [TENANT, home].contains(name);
        for namespace in namespaces.iter().map(name_of).filter(is_ours) {
            for kind in ["SealedSecret", "Event"] {
                self.admin.json(Method::DELETE, &path(kind, namespace, "")?, None).await?;
            }
            for secret in self.admin.list("Secret", namespace).await? {
                if (namespace, name_of(&secret)) != (home, KEY) {
                    self.admin.delete("Secret", namespace, name_of(&secret), None).await?;
                }
            }
        }
        Ok(())
    }
}

/// What the status of a SealedSecret says: `Synced`, or the reason why not.
pub(super) fn said(sealed: &Value) -> Option<String> {
    let condition = sealed["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == "Synced")?;
    if condition["status"] == "True" {
        return Some("Synced".to_owned());
    }
    Some(condition["reason"].as_str().filter(|r| !r.is_empty()).unwrap_or("refused").to_owned())
}

/// Waits until the process has next to nothing to do; gives how long that took, or nothing when it does not
/// come to rest within `within`.
pub(super) async fn rest(process: Process, within: Duration) -> Option<Duration> {
    let start = Instant::now();
    while start.elapsed() < within {
        let (waited, before) = (start.elapsed(), process.busy()?);
        tokio::time::sleep(WINDOW).await;
        if process.busy()?.saturating_sub(before) < AT_REST {
            return Some(waited);
        }
    }
    None
}

const WINDOW: Duration = Duration::from_millis(250);
/// In a window; the probes beside cost some.
const AT_REST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 100 });
