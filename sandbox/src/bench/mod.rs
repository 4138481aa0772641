//! `sandbox bench`: what Sealed Secrets costs, measured against what the hardware can do at best.
//!
//! ```text
//! openssl speed ─┐
//! in process ────┼──▶ Report ──▶ table, or JSON with --json
//! in a cluster ──┘    settle, restart, memory, many keys
//! ```
//! Every number of a cluster is taken by a client of its API and from the controller's own metrics; every
//! ratio is to OpenSSL on the same machine in the same run.

use std::error::Error;
use std::process::ExitCode;

use sandbox::backend::Kind;

mod cluster;
pub(crate) mod in_process;
pub(crate) mod keys;
pub(crate) mod load;
mod memory;
mod openssl;
mod report;
mod scrape;
mod settle;

use openssl::Rates;
use report::Report;

type Failure = Box<dyn Error>;

/// Options of the bench.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// The API server to measure on: kubernetes (the real one) or memory (embedded)
    #[arg(long, default_value = "kubernetes", value_parser = kind)]
    backend: Kind,
    /// How many SealedSecrets to load
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// How many values each of them has
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    values: u32,
    /// How many Secrets of 1 KiB that concern nobody to add for the measure of memory
    #[arg(long, default_value_t = 10_000)]
    foreign: u32,
}

pub(crate) fn kind(text: &str) -> Result<Kind, String> {
    match text {
        "memory" => Ok(Kind::Memory),
        "kubernetes" => Ok(Kind::Kubernetes),
        _ => Err("expected memory or kubernetes".to_owned()),
    }
}

impl Args {
    pub(crate) fn kind(&self) -> Kind {
        self.backend
    }

    /// Measures everything and prints it.
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        let (floor, in_process) = rates().await?;
        let cluster = cluster::measure(&self).await?;
        let report = Report {
            backend: self.backend.to_string(),
            cores: openssl::cores(),
            count: self.count,
            values: self.values,
            floor,
            in_process,
            cluster,
        };
        if self.json {
            println!("{:#}", report.to_json());
        } else {
            print!("{}", report.to_table());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// OpenSSL's rates and ours, in turns, the best of three each: what else the machine does meets both alike.
async fn rates() -> Result<(Rates, Rates), Failure> {
    let key =
        tokio::task::spawn_blocking(in_process::Yardstick::new).await?.map_err(|error| error.to_string())?;
    let key = std::sync::Arc::new(key);
    let (mut floor, mut own) = (Rates::default(), Rates::default());
    for round in 1..=3 {
        tell(&format!("OpenSSL, then sealing and unsealing in process, round {round} of 3"));
        floor = floor.best_of(openssl::measure()?);
        let key = std::sync::Arc::clone(&key);
        own = own.best_of(tokio::task::spawn_blocking(move || key.measure()).await?);
    }
    Ok((floor, own))
}

/// Progress, beside what is measured.
fn tell(what: &str) {
    eprintln!("bench: {what} …");
}
