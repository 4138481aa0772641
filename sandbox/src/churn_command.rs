//! `sandbox churn`: random changes for as long as you like, then the judgement.

use std::error::Error;
use std::process::ExitCode;

use sandbox::backend::{Backend, Kind};
use sandbox::churn::{self, Settings};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use the embedded server instead of the real etcd and kube-apiserver
    #[arg(long)]
    memory: bool,
    /// Seconds of changes
    #[arg(long, default_value_t = 300)]
    seconds: u64,
    /// How many SealedSecrets
    #[arg(long, default_value_t = 200)]
    objects: usize,
    /// Let requests of the controller fail at random
    #[arg(long)]
    faults: bool,
    /// Seed of the course; a report with faults names it
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Args {
    pub(crate) fn kind(&self) -> Kind {
        if self.memory { Kind::Memory } else { Kind::Kubernetes }
    }

    pub(crate) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let mut backend = Backend::start(self.kind()).await?;
        if self.faults {
            backend = backend.with_faults().await?;
        }
        let settings =
            Settings { seconds: self.seconds, objects: self.objects, faults: self.faults, seed: self.seed };
        println!(
            "churn ({}): {} SealedSecrets, {} s, seed {}",
            backend.kind(),
            self.objects,
            self.seconds,
            self.seed
        );
        let report = churn::run(&backend, settings).await?;
        println!("{report}");
        backend.stop().await;
        Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
