//! Many SealedSecrets of all kinds, changed at random from a seed, beside restarts and new keys; then a
//! judgement: does every Secret equal what a fresh unseal gives, and is it quiet?
//!
//! ```text
//! random ▶ world (what is sealed next) ▶ storm (does it to the API)      judge (pure: objects and keys in, faults out)
//! ```

mod judge;
mod random;
mod storm;
mod trouble;
mod world;

use std::fmt;
use std::time::{Duration, Instant};

use crate::backend::{Backend, BackendError};
use crate::objects::{ApiError, Objects, name_of, namespace_of};
use storm::Storm;

/// How long, how many, and which course.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Seconds of changes.
    pub seconds: u64,
    /// How many SealedSecrets.
    pub objects: usize,
    /// Whether requests of the controller fail at random meanwhile; the real backend needs [`Backend::with_faults`].
    pub faults: bool,
    /// The same seed makes the same choices; what the machine makes of them in time may differ.
    pub seed: u64,
}

/// What was done and found.
#[derive(Debug, Default)]
pub struct Report {
    /// Changes by what they were.
    pub done: std::collections::BTreeMap<&'static str, usize>,
    /// Secrets that equal a fresh unseal.
    pub equal: usize,
    /// SealedSecrets that cannot be opened or may not touch what is there, and say so.
    pub refused: usize,
    /// Everything that is not as it should be.
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done: Vec<String> = self.done.iter().map(|(what, count)| format!("{count} {what}")).collect();
        writeln!(f, "changes: {}", done.join(", "))?;
        write!(
            f,
            "{} Secrets as a fresh unseal gives, {} refused with a reason, ",
            self.equal, self.refused
        )?;
        write!(f, "{} faults", self.faults.len())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

/// Changes things for as long as the settings say, waits until it is quiet, and judges.
pub async fn run(backend: &Backend, settings: Settings) -> Result<Report, BackendError> {
    let mut storm = Storm::gather(backend, settings).await?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(settings.seconds) {
        storm.change().await?;
    }
    let (done, controller) = storm.end().await?;
    let mut report = Report { done, ..Report::default() };
    let enough = if settings.faults { QUIET_AFTER_FAULTS } else { QUIET };
    quiet(backend.admin(), enough, &mut report).await?;
    judge::judge(backend, &mut report).await?;
    if !report.faults.is_empty() {
        report.faults.push(format!(
            "seed {}; the controller's log ends:\n{}",
            settings.seed,
            tail(&controller.log())
        ));
    }
    controller.stop().await?;
    Ok(report)
}

/// Waits for some seconds in which nothing is written; never getting them is a fault.
async fn quiet(admin: &Objects, enough: Duration, report: &mut Report) -> Result<(), ApiError> {
    let start = Instant::now();
    let (mut last, mut since) = (versions(admin).await?, Instant::now());
    while since.elapsed() < enough {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let next = versions(admin).await?;
        if next != last {
            if start.elapsed() > QUIET_WITHIN + enough {
                let changed: Vec<_> = next.iter().filter(|one| !last.contains(one)).take(5).collect();
                report
                    .faults
                    .push(format!("it is never quiet for {} s; last: {changed:?}", enough.as_secs()));
                return Ok(());
            }
            (last, since) = (next, Instant::now());
        }
    }
    Ok(())
}

/// Kind, namespace, name and version of everything that the controller may write.
async fn versions(admin: &Objects) -> Result<Vec<[String; 4]>, ApiError> {
    let mut all = Vec::new();
    for kind in ["SealedSecret", "Secret", "Event"] {
        let objects = admin.list(kind, "").await?;
        let ours = objects.iter().filter(|object| namespace_of(object).starts_with(world::NAMESPACE));
        all.extend(ours.map(|object| {
            let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
            [kind, namespace_of(object), name_of(object), version].map(str::to_owned)
        }));
    }
    Ok(all)
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

const QUIET: Duration = Duration::from_secs(10);
/// Longer than a slow retry of an object, a watch or a list waits.
const QUIET_AFTER_FAULTS: Duration = Duration::from_secs(45);
/// The controller's longest interval between retries must not be mistaken for unrest, nor for quiet.
const QUIET_WITHIN: Duration = Duration::from_secs(90);
