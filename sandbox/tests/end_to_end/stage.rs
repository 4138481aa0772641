//! What a journey plays on: a backend with a running controller, a namespace, and kubeseal as a person runs it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::Failed;
use sandbox::backend::Backend;
use sandbox::binaries::Binaries;
use sandbox::controller::{Controller, Launch};
use sandbox::objects::Objects;
use sandbox::tokens::User;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::pool::{add_namespace, told};

/// A namespace of the test's own, a controller, and a folder for files.
pub(crate) struct Stage<'a> {
    pub(crate) backend: &'a Backend,
    pub(crate) controller: Controller,
    pub(crate) namespace: &'static str,
    pub(crate) folder: tempfile::TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Its standard output, when it succeeded.
    pub(crate) fn ok(self) -> Result<String, Failed> {
        if self.code == Some(0) { Ok(self.stdout) } else { Err(format!("it failed: {self:?}").into()) }
    }

    /// It must have failed with code 1, printed nothing on stdout, and each of these on stderr.
    pub(crate) fn refused(&self, says: &[&str]) -> Result<(), Failed> {
        let lacks: Vec<_> = says.iter().filter(|part| !self.stderr.contains(**part)).collect();
        if self.code == Some(1) && self.stdout.is_empty() && lacks.is_empty() {
            return Ok(());
        }
        Err(format!("expected a refusal that says {says:?}, got {self:?}").into())
    }
}

impl<'a> Stage<'a> {
    /// Creates the namespace and starts the controller, which makes a small key of its own.
    pub(crate) async fn set(backend: &'a Backend, namespace: &'static str) -> Result<Self, Failed> {
        Self::with_flags(backend, namespace, &[]).await
    }

    pub(crate) async fn with_flags(
        backend: &'a Backend,
        namespace: &'static str,
        flags: &[&str],
    ) -> Result<Self, Failed> {
        add_namespace(backend.admin(), namespace).await?;
        let controller = start(backend, flags).await?;
        Ok(Self { backend, controller, namespace, folder: tempfile::tempdir()? })
    }

    /// A controller with more in its environment.
    pub(crate) async fn with_env(
        backend: &'a Backend,
        namespace: &'static str,
        env: &[(&str, &str)],
    ) -> Result<Self, Failed> {
        add_namespace(backend.admin(), namespace).await?;
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let controller = launch(backend, &[], env).await?;
        Ok(Self { backend, controller, namespace, folder: tempfile::tempdir()? })
    }

    pub(crate) fn admin(&self) -> &Objects {
        self.backend.admin()
    }

    /// kubeseal as an ordinary authenticated user whose context is in the stage's namespace.
    pub(crate) async fn kubeseal(&self, args: &[&str], stdin: &str) -> Result<Ran, Failed> {
        self.kubeseal_as(&User::Ordinary, args, stdin).await
    }

    pub(crate) async fn kubeseal_as(&self, user: &User, args: &[&str], stdin: &str) -> Result<Ran, Failed> {
        let kubeconfig = self.backend.kubeconfig(user, self.namespace).await.map_err(told)?;
        run(&Binaries::locate()?.kubeseal, args, stdin, Some(&kubeconfig), self.folder.path()).await
    }

    /// kubeseal without any kubeconfig.
    pub(crate) async fn kubeseal_offline(&self, args: &[&str], stdin: &str) -> Result<Ran, Failed> {
        run(&Binaries::locate()?.kubeseal, args, stdin, None, self.folder.path()).await
    }

    /// Seals a Secret with the controller's certificate and reads the result.
    pub(crate) async fn seal(&self, secret: &Value) -> Result<Value, Failed> {
        let sealed = self.kubeseal(&[], &secret.to_string()).await?.ok()?;
        Ok(serde_json::from_str(&sealed)?)
    }

    /// Waits for a Secret whose data is this.
    pub(crate) async fn secret_is(
        &self,
        namespace: &str,
        name: &str,
        data: &[(&str, &str)],
    ) -> Result<Value, Failed> {
        let wanted = self::data(data);
        let what =
            format!("Secret {namespace}/{name} with {} items; log:\n{}", data.len(), self.controller.log());
        let found = async |admin: &Objects| {
            Ok(admin.get("Secret", namespace, name).await?.filter(|secret| secret["data"] == wanted))
        };
        self.admin().wait_for(&what, WITHIN, found).await.map_err(told)
    }

    /// Waits until `Synced` is `status` with a message that contains `part`, and gives the message.
    pub(crate) async fn synced_is(
        &self,
        namespace: &str,
        name: &str,
        status: &str,
        part: &str,
    ) -> Result<String, Failed> {
        let what = format!("Synced={status} {part:?} on {namespace}/{name}; log:\n{}", self.controller.log());
        let found = async |admin: &Objects| {
            let sealed = admin.get("SealedSecret", namespace, name).await?.unwrap_or_default();
            let synced = &sealed["status"]["conditions"][0];
            let message = synced["message"].as_str().unwrap_or_default().to_owned();
            Ok((synced["type"] == "Synced" && synced["status"] == status && message.contains(part))
                .then_some(message))
        };
        self.admin().wait_for(&what, WITHIN, found).await.map_err(told)
    }

    /// Waits for an Event on a SealedSecret.
    pub(crate) async fn event(&self, namespace: &str, name: &str, reason: &str) -> Result<Value, Failed> {
        let what = format!("an Event {reason} on {namespace}/{name}");
        let found = async |admin: &Objects| {
            let events = admin.list("Event", namespace).await?;
            Ok(events.into_iter().find(|e| e["involvedObject"]["name"] == name && e["reason"] == reason))
        };
        self.admin().wait_for(&what, WITHIN, found).await.map_err(told)
    }

    /// Writes a file into the stage's folder and gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> Result<PathBuf, Failed> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Ends the controller as Kubernetes does; it must agree.
    pub(crate) async fn strike(self) -> Result<(), Failed> {
        let status = self.controller.stop().await?;
        if status.success() { Ok(()) } else { Err(format!("the controller ended with {status}").into()) }
    }
}

/// Starts a controller with a small key, and waits until it is healthy.
pub(crate) async fn start(backend: &Backend, flags: &[&str]) -> Result<Controller, Failed> {
    launch(backend, flags, Vec::new()).await
}

async fn launch(backend: &Backend, flags: &[&str], env: Vec<(String, String)>) -> Result<Controller, Failed> {
    let flags = ["--key-size=2048"].iter().chain(flags).map(ToString::to_string).collect();
    let mut controller = backend.start_controller(Launch { flags, env }).await.map_err(told)?;
    controller.healthy(Duration::from_secs(30)).await.map_err(told)?;
    Ok(controller)
}

/// Runs a program with nothing in its environment but the search path and a home of its own.
pub(crate) async fn run(
    program: &Path,
    args: &[&str],
    stdin: &str,
    kubeconfig: Option<&Path>,
    folder: &Path,
) -> Result<Ran, Failed> {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env_clear().env("HOME", folder);
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(kubeconfig.map(|path| ("KUBECONFIG", path)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut input = child.stdin.take().ok_or("no stdin")?;
    let text = stdin.to_owned();
    // A program that does not read its input closes it, which is its right.
    let fed = tokio::spawn(async move { input.write_all(text.as_bytes()).await });
    let output = tokio::time::timeout(COMMAND_WITHIN, child.wait_with_output()).await??;
    fed.abort();
    Ok(Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A Secret as a person writes it.
pub(crate) fn secret(namespace: &str, name: &str, items: &[(&str, &str)]) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": data(items)})
}

fn data(items: &[(&str, &str)]) -> Value {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    items.iter().map(|(item, text)| ((*item).to_owned(), Value::from(STANDARD.encode(text)))).collect()
}

const WITHIN: Duration = Duration::from_secs(20);
const COMMAND_WITHIN: Duration = Duration::from_mins(1);
