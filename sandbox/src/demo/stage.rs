//! What the demo plays on: a backend, a controller, a folder of files, and kubeseal as a person runs it.

use std::error::Error;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use sandbox::backend::Backend;
use sandbox::binaries::Binaries;
use sandbox::controller::Controller;
use sandbox::objects::{ApiError, Objects};
use sandbox::tokens::User;
use serde_json::{Value, json};
use tokio::process::Command;

use super::page::Page;

/// Anything that ends the demo early.
pub(super) type Failure = Box<dyn Error>;

/// A running cluster and a folder with the examples in it.
pub(super) struct Stage {
    pub(super) backend: Backend,
    pub(super) controller: Controller,
    pub(super) folder: PathBuf,
    pub(super) page: Page,
    kubeseal: PathBuf,
    kubeconfig: PathBuf,
}

impl Stage {
    /// Copies the examples into a folder of their own and makes their namespace.
    pub(super) async fn set(backend: Backend, controller: Controller, page: Page) -> Result<Self, Failure> {
        let folder = backend.folder().join("demo");
        std::fs::create_dir_all(folder.join("sealed"))?;
        for entry in std::fs::read_dir(super::example::folder())? {
            let path = entry?.path();
            if let Some(name) = path.file_name() {
                std::fs::copy(&path, folder.join(name))?;
            }
        }
        // An ordinary user: whoever may read the cluster's public certificate may seal.
        let kubeconfig = backend.kubeconfig(&User::Ordinary, "shop").await?;
        let kubeseal = Binaries::locate()?.kubeseal;
        Ok(Self { backend, controller, folder, page, kubeseal, kubeconfig })
    }

    /// The cluster as its administrator sees it.
    pub(super) fn admin(&self) -> &Objects {
        self.backend.admin()
    }

    /// Shows and runs `kubeseal`; gives what it printed.
    pub(super) async fn kubeseal(&self, args: &[&str]) -> Result<String, Failure> {
        self.page.command(&format!("kubeseal {}", quoted(args)));
        let mut command = Command::new(&self.kubeseal);
        command.args(args).current_dir(&self.folder).env_clear().env("KUBECONFIG", &self.kubeconfig);
        let output = command.stdin(Stdio::null()).output().await?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        self.page.quote(&stderr);
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("kubeseal ended with {}: {}", output.status, stderr.trim()).into())
    }

    /// Shows and does `kubectl apply -f FILE`.
    pub(super) async fn apply(&self, file: &str) -> Result<(), Failure> {
        self.page.command(&format!("kubectl apply -f {file}"));
        for object in self.objects_of(file)? {
            self.admin().apply(&object).await?;
        }
        Ok(())
    }

    /// The objects of a file of the folder.
    pub(super) fn objects_of(&self, file: &str) -> Result<Vec<Value>, Failure> {
        let text = self.read(file)?;
        let documents: Vec<Value> = serde_saphyr::from_multiple(&text).map_err(|error| error.to_string())?;
        Ok(documents.into_iter().filter(Value::is_object).collect())
    }

    /// A file of the folder as text.
    pub(super) fn read(&self, file: &str) -> Result<String, Failure> {
        Ok(std::fs::read_to_string(self.folder.join(file)).map_err(|error| format!("{file}: {error}"))?)
    }

    /// Writes a file of the folder.
    pub(super) fn write(&self, file: &str, content: impl AsRef<[u8]>) -> Result<(), Failure> {
        Ok(std::fs::write(self.folder.join(file), content)?)
    }

    /// Makes a namespace.
    pub(super) async fn add_namespace(&self, name: &str) -> Result<(), Failure> {
        self.page.command(&format!("kubectl create namespace {name}"));
        self.admin()
            .create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
            .await?;
        Ok(())
    }

    /// Waits until `wanted` is true of the object, and gives it.
    pub(super) async fn wait_for(
        &self,
        (kind, namespace, name): (&str, &str, &str),
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value, ApiError> {
        let what = format!("{kind} {namespace}/{name} {what}");
        let found =
            async |api: &Objects| Ok(api.get(kind, namespace, name).await?.filter(|object| wanted(object)));
        self.admin().wait_for(&what, PATIENCE, found).await
    }

    /// Waits for an Event with this reason about a SealedSecret, and gives its message.
    pub(super) async fn event(&self, namespace: &str, name: &str, reason: &str) -> Result<String, ApiError> {
        let find = async |api: &Objects| {
            let events = api.list("Event", namespace).await?;
            let found =
                events.into_iter().find(|e| e["involvedObject"]["name"] == name && e["reason"] == reason);
            Ok(found.map(|event| event["message"].as_str().unwrap_or_default().to_owned()))
        };
        self.admin().wait_for(&format!("event {reason} of {namespace}/{name}"), PATIENCE, find).await
    }

    /// Waits until the object is gone.
    pub(super) async fn gone(&self, kind: &str, namespace: &str, name: &str) -> Result<(), ApiError> {
        let gone = async |api: &Objects| Ok(api.get(kind, namespace, name).await?.is_none().then_some(()));
        self.admin().wait_for(&format!("{kind} {namespace}/{name} goes"), PATIENCE, gone).await
    }
}

/// The condition `Synced` of a SealedSecret.
pub(super) fn synced(sealed: &Value) -> (&str, &str) {
    let condition = &sealed["status"]["conditions"][0];
    (condition["status"].as_str().unwrap_or_default(), condition["message"].as_str().unwrap_or_default())
}

/// Arguments as one would type them.
fn quoted(args: &[&str]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,".contains(c);
    let quote = |arg: &&str| if arg.chars().all(plain) { (*arg).to_owned() } else { format!("'{arg}'") };
    args.iter().map(quote).collect::<Vec<_>>().join(" ")
}

const PATIENCE: Duration = Duration::from_secs(20);
