//! `sandbox exec`: a command of your choice beside a new API server.

use std::error::Error;
use std::process::ExitCode;

use sandbox::backend::{Backend, Kind};
use sandbox::binaries::Binaries;
use sandbox::tokens::User;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use the real etcd and kube-apiserver instead of the embedded server
    #[arg(long)]
    kubernetes: bool,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Args {
    pub(crate) fn kind(&self) -> Kind {
        if self.kubernetes { Kind::Kubernetes } else { Kind::Memory }
    }

    /// Runs the command with `KUBECONFIG` (administrator), `SANDBOX_HOST` (the address to listen at),
    /// `SANDBOX_TOKEN` (the controller's ServiceAccount) and `SANDBOX_BINARIES` (kubeseal and controller).
    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let backend = Backend::start(self.kind()).await?;
        let (namespace, name) = backend.service_account()?;
        let account = User::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() };
        let ca = backend.folder().join("ca.crt");
        std::fs::write(&ca, backend.ca())?;
        let [program, arguments @ ..] = self.command.as_slice() else { return Ok(ExitCode::SUCCESS) };
        let status = tokio::process::Command::new(program)
            .args(arguments)
            .env("KUBECONFIG", backend.kubeconfig(&User::Admin, "default").await?)
            .env("SANDBOX_HOST", backend.host().to_string())
            .env("SANDBOX_TOKEN", backend.token(&account).await?)
            .env("SANDBOX_CA", ca)
            .env(sandbox::binaries::BINARIES, Binaries::locate()?.folder())
            .status()
            .await?;
        backend.stop().await;
        Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
    }
}
