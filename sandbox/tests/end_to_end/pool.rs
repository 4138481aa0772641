//! Backends for tests: each test has one for itself, and leaves it as it found it.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use libtest_mimic::{Failed, Trial};
use sandbox::backend::{Backend, BackendError, Kind};
use sandbox::objects::{ApiError, Objects, PatchType, Target, name_of, namespace_of};
use sealed_secrets_core::names::KEY_LABEL;
use serde_json::json;
use tokio::runtime::Runtime;

/// Running backends of one kind that no test uses at the moment.
#[derive(Clone)]
pub(crate) struct Pool {
    pub(crate) kind: Kind,
    runtime: Arc<Runtime>,
    idle: Arc<Mutex<Vec<Backend>>>,
}

impl Pool {
    pub(crate) fn new(kind: Kind, runtime: &Arc<Runtime>) -> Self {
        Self { kind, runtime: Arc::clone(runtime), idle: Arc::default() }
    }

    /// A test called `name` that gets a backend for itself.
    pub(crate) fn trial<F>(&self, name: &str, test: F) -> Trial
    where
        F: AsyncFnOnce(&Backend) -> Result<(), Failed> + Send + 'static,
    {
        let pool = self.clone();
        Trial::test(format!("{}::{name}", self.kind), move || pool.runtime.clone().block_on(pool.run(test)))
    }

    async fn run<F>(&self, test: F) -> Result<(), Failed>
    where
        F: AsyncFnOnce(&Backend) -> Result<(), Failed>,
    {
        let backend = self.lease().await.map_err(told)?;
        // A test that panics leaves a backend that nobody should use again, but that must be stopped.
        let outcome = AssertUnwindSafe(test(&backend)).catch_unwind().await;
        match outcome {
            Ok(Ok(())) => self.give_back(backend).await.map_err(told),
            Ok(Err(failed)) => {
                backend.stop().await;
                Err(failed)
            }
            Err(panic) => {
                backend.stop().await;
                std::panic::resume_unwind(panic)
            }
        }
    }

    async fn lease(&self) -> Result<Backend, BackendError> {
        let idle = self.idle.lock().unwrap().pop();
        match idle {
            Some(backend) => Ok(backend),
            None => Backend::start(self.kind).await,
        }
    }

    /// A memory server costs nothing, so it is never used twice; a real one is cleaned.
    async fn give_back(&self, backend: Backend) -> Result<(), BackendError> {
        match self.kind {
            Kind::Memory => backend.stop().await,
            Kind::Kubernetes => {
                clean(&backend).await?;
                self.idle.lock().unwrap().push(backend);
            }
        }
        Ok(())
    }
}

/// An error with all its causes, as a test's failure.
pub(crate) fn told(error: impl std::error::Error + 'static) -> Failed {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.into()
}

/// Removes everything that a test may have made: SealedSecrets, Secrets, sealing keys, namespaces, cluster
/// roles. Does not wait until the namespaces are gone: hardly a test uses a name again.
async fn clean(backend: &Backend) -> Result<(), BackendError> {
    let admin = backend.admin();
    for sealed in admin.list("SealedSecret", "").await? {
        let (namespace, name) = (namespace_of(&sealed), name_of(&sealed));
        if sealed["metadata"].get("finalizers").is_some() {
            let target = Target { kind: "SealedSecret", namespace, name, ..Target::default() };
            admin.patch(target, PatchType::Merge, &json!({"metadata": {"finalizers": null}})).await?;
        }
        admin.delete("SealedSecret", namespace, name, None).await?;
    }
    for secret in admin.list("Secret", "").await? {
        let ours = OWN_NAMESPACES.contains(&namespace_of(&secret))
            && secret["metadata"]["labels"].get(KEY_LABEL).is_none();
        if !ours || name_of(&secret).starts_with("sealed-secrets-key") {
            free(admin, "Secret", namespace_of(&secret), name_of(&secret)).await?;
        }
    }
    for kind in ["ClusterRole", "ClusterRoleBinding"] {
        for role in admin.list(kind, "").await? {
            if name_of(&role).starts_with("scenario-") {
                admin.delete(kind, "", name_of(&role), None).await?;
            }
        }
    }
    for name in other_namespaces(admin).await? {
        admin.delete("Namespace", "", &name, None).await?;
    }
    Ok(())
}

/// Deletes an object whatever finalizers it has.
async fn free(admin: &Objects, kind: &str, namespace: &str, name: &str) -> Result<(), ApiError> {
    let target = Target { kind, namespace, name, ..Target::default() };
    match admin.patch(target, PatchType::Merge, &json!({"metadata": {"finalizers": null}})).await {
        Err(error) if error.status() != Some(http::StatusCode::NOT_FOUND) => Err(error),
        _ => admin.delete(kind, namespace, name, None).await,
    }
}

/// Creates a namespace; one of that name that is on its way out is waited for.
pub(crate) async fn add_namespace(admin: &Objects, name: &str) -> Result<(), Failed> {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    match admin.create(&namespace).await {
        Err(error) if error.status() == Some(http::StatusCode::CONFLICT) => {
            let gone =
                async |admin: &Objects| Ok(admin.get("Namespace", "", name).await?.is_none().then_some(()));
            admin
                .wait_for("the namespace of an earlier test to go", GONE_WITHIN, gone)
                .await
                .map_err(told)?;
            admin.create(&namespace).await.map(drop).map_err(told)
        }
        created => created.map(drop).map_err(told),
    }
}

/// Waits until nothing of earlier tests is left, for those that count the server's work.
pub(crate) async fn alone(admin: &Objects) -> Result<(), Failed> {
    let gone = async |admin: &Objects| Ok(other_namespaces(admin).await?.is_empty().then_some(()));
    admin.wait_for("the namespaces of earlier tests to go", GONE_WITHIN, gone).await.map_err(told)
}

async fn other_namespaces(admin: &Objects) -> Result<Vec<String>, ApiError> {
    let all = admin.list("Namespace", "").await?;
    let others = all.iter().map(name_of).filter(|name| !OWN_NAMESPACES.contains(name));
    Ok(others.map(str::to_owned).collect())
}

const GONE_WITHIN: Duration = Duration::from_mins(1);

/// Namespaces that are there from the start.
const OWN_NAMESPACES: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];
