//! `sandbox siege`: what a hostile tenant or caller can do to the controller, and what honest ones still can.
//!
//! ```text
//! attacks (values: name, run, twin) ──▶ field (API server, controller) ◀── probes: fresh, health, memory
//!                                           │ cage: memory limit, where one can be set
//!                                           ▼
//!                     bounds::verdict (pure) ──▶ report: table, or JSON with --json
//! ```
//! Each attack has a controller to itself. Every loop of requests is bounded in number and time, and
//! everything stays on addresses of this machine.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use sandbox::backend::Kind;
use sandbox::controller::{Controller, ControllerError};
use sealed_secrets_core::KeyPair;

use crate::bench::kind;

mod attacks;
mod bounds;
mod cage;
mod events;
mod field;
mod make;
mod probes;
mod process;
mod report;
mod wire;
mod yardstick;

use attacks::{Attack, Outcome};
use bounds::{Bounds, Measured};
use cage::Cage;
use field::{Field, Target};
use probes::Probes;
use report::{Report, Row};

type Failure = Box<dyn Error>;

/// Options of the siege.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// The API server to use: memory (embedded) or kubernetes (the real one)
    #[arg(long, default_value = "memory", value_parser = kind)]
    backend: Kind,
    /// Only these attacks, and their honest twins
    #[arg(long, num_args = 1..)]
    only: Vec<String>,
    /// Fewer attacks, and smaller ones
    #[arg(long)]
    small: bool,
}

impl Args {
    pub(crate) fn kind(&self) -> Kind {
        self.backend
    }

    /// Runs every attack and every honest use; fails when one of the bounds does not hold.
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        let chosen = attacks::chosen(attacks::all(), &self.only, self.small)?;
        many_files();
        let siege = Siege {
            kind: self.backend,
            small: self.small,
            bounds: Bounds::of_this_build(),
            pair: field::sealing_pair()?,
        };
        let report = siege.all(&chosen).await?;
        if self.json {
            println!("{:#}", report.to_json());
        } else {
            print!("{}", report.to_table());
        }
        Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

struct Siege {
    kind: Kind,
    small: bool,
    bounds: Bounds,
    pair: std::sync::Arc<KeyPair>,
}

impl Siege {
    async fn all(&self, chosen: &[Attack]) -> Result<Report, Failure> {
        let limit = match Cage::make(self.bounds.limit) {
            Some(cage) => format!("memory limit {} MiB ({cage})", self.bounds.limit),
            None => "no memory limit could be set".to_owned(),
        };
        tell(&format!("starting the API server ({}); {limit}", self.kind));
        let (mut rows, mut field) = (Vec::new(), None);
        for attack in chosen {
            let here = match field.take() {
                Some(field) => field,
                None => Field::start(self.kind, &self.pair, self.small).await?,
            };
            tell(attack.name);
            let row = self.one(attack, &here).await.map_err(|error| format!("{}: {error}", attack.name))?;
            for broken in row.broken() {
                eprintln!("siege:   {broken}");
            }
            rows.push(row);
            match self.kind {
                // It costs nothing to begin anew, and gives back what the last one has stored.
                Kind::Memory => here.backend.stop().await,
                Kind::Kubernetes => {
                    here.clean().await?;
                    field = Some(here);
                }
            }
        }
        if let Some(field) = field {
            field.backend.stop().await;
        }
        Ok(Report { backend: self.kind.to_string(), bounds: self.bounds, limit, rows })
    }

    async fn one(&self, attack: &Attack, field: &Field) -> Result<Row, Failure> {
        let before = self.slowness();
        let launch = (attack.before)(field).await?;
        let cage = Cage::make(self.bounds.limit);
        let line = cage.as_ref().map_or_else(|| LAST_RESORT.to_owned(), Cage::enter);
        let mut controller = field.controller(&line, launch).await?;
        let (mut measured, outcome) = match controller.healthy(Duration::from_secs(20)).await {
            Ok(()) => self.under_attack(attack, field, &controller).await?,
            Err(ControllerError::Ended { .. } | ControllerError::NotHealthy { .. }) => {
                (Measured::default(), Outcome::default())
            }
            Err(error) => return Err(error.into()),
        };
        tokio::time::sleep(field.sized(Duration::from_secs(2), Duration::from_millis(300))).await;
        measured.kept = controller.id().and_then(|id| process::Process(id).resident()).unwrap_or_default();
        measured.ended = ended(&mut controller)?;
        controller.kill().await?;
        let bounds = self.bounds.slowed(before.max(self.slowness()));
        Ok(Row { name: attack.name, honest: attack.twin.is_none(), measured, outcome, bounds })
    }

    /// See [`Bounds::slowed`]; it costs nothing where it does not matter.
    fn slowness(&self) -> f64 {
        if self.bounds.debug { yardstick::slowness() } else { 1.0 }
    }

    async fn under_attack(
        &self,
        attack: &Attack,
        field: &Field,
        controller: &Controller,
    ) -> Result<(Measured, Outcome), Failure> {
        let target = Target::of(controller)?;
        let probes = Probes::start(&field.subject(target).await?);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let outcome = (attack.run)(field, target).await;
        let measured = probes.end().await?;
        Ok((measured, outcome?))
    }
}

/// How the process ended, if it has.
fn ended(controller: &mut Controller) -> Result<Option<String>, Failure> {
    use std::os::unix::process::ExitStatusExt as _;
    let Some(status) = controller.ended()? else { return Ok(None) };
    Ok(Some(match status.signal() {
        Some(signal) => format!("killed by signal {signal}"),
        None => format!("ended: {status}"),
    }))
}

/// Thousands of connections need as many files, here and in the controller, which inherits the limit.
fn many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where this is refused there will be fewer connections.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Progress, beside what is measured.
fn tell(what: &str) {
    eprintln!("siege: {what} …");
}

/// Where there are no control groups: nothing measured depends on it, and the machine survives.
const LAST_RESORT: &str = "ulimit -v 4194304";
