//! `cargo demo`: the main job from a plain Secret to an unsealed one in a cluster, with nothing installed.
//!
//! ```text
//! start ──▶ certificate ──▶ seal ──▶ apply ──▶ look ──▶ tamper ──▶ renew ──▶ tidy
//! ```
//! Everything that is printed has happened; everything that is expected is checked.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use sandbox::backend::{Backend, Kind};
use sandbox::controller::Launch;

mod example;
mod keep;
mod page;
mod renewal;
mod sealing;
mod shorten;
mod stage;
mod tampering;
mod tidying;
mod unsealing;

use page::Page;
use stage::{Failure, Stage};

/// Options of the demo.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Use the real etcd, kube-apiserver and kube-controller-manager instead of the embedded server
    #[arg(long)]
    kubernetes: bool,
    /// Leave everything running at the end, and say how to reach it
    #[arg(long)]
    keep: bool,
}

impl Args {
    pub(crate) fn kind(&self) -> Kind {
        if self.kubernetes { Kind::Kubernetes } else { Kind::Memory }
    }

    /// Plays the demo; fails when anything differs from what it should be.
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        let start = Instant::now();
        let page = Page::new();
        page.title("Sealed Secrets, from a plain Secret to the cluster");
        page.say(
            "Lines that begin with $ are what you would type. kubectl's part is done through the API, in",
        );
        page.say("case you have none. Values are made up; even so they are not shown, but for one.");
        let mut stage = open(self.kind(), page).await?;
        sealing::play(&mut stage).await?;
        unsealing::play(&mut stage).await?;
        tampering::play(&mut stage).await?;
        renewal::play(&mut stage).await?;
        tidying::play(&mut stage).await?;
        let good = stage.page.conclude(start.elapsed().as_secs_f64());
        if self.keep {
            keep::stay(&stage).await?;
        }
        let Stage { backend, controller, .. } = stage;
        controller.stop().await?;
        backend.stop().await;
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The API server and the controller, started.
async fn open(kind: Kind, mut page: Page) -> Result<Stage, Failure> {
    page.chapter("A cluster");
    let start = Instant::now();
    let backend = Backend::start(kind).await?;
    let took = start.elapsed().as_millis();
    page.say(format!("API server ({kind}) at {} in {took} ms, with manifests/ applied", backend.server()));
    page.command("kubectl apply -k manifests/");
    let start = Instant::now();
    let mut controller = backend.start_controller(Launch::default()).await?;
    controller.healthy(Duration::from_mins(1)).await?;
    let (namespace, name) = backend.service_account()?;
    let took = start.elapsed().as_millis();
    page.say(format!("the controller runs as ServiceAccount {namespace}/{name}; healthy after {took} ms"));
    let mut stage = Stage::set(backend, controller, page).await?;
    stage.add_namespace("shop").await?;
    let keys = renewal::keys(&stage).await?;
    stage.page.check(keys == 1, "there was no sealing key, so the controller has made one");
    Ok(stage)
}
