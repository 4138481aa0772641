//! `cargo run -p sandbox -- …`: the sandbox as a program.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sandbox::backend::{Entered, enter};

mod bench;
mod churn_command;
mod demo;
mod exec;
mod siege;

#[derive(Parser)]
#[command(about = "A throw-away Kubernetes API on this machine")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures speed and scale against what the hardware can do at best
    Bench(bench::Args),
    /// Shows the main job from beginning to end, and checks it
    Demo(demo::Args),
    /// Changes many SealedSecrets at random, then compares every Secret with a fresh unseal
    Churn(churn_command::Args),
    /// Attacks a controller as hostile tenants and callers would, and checks that others do not notice
    Siege(siege::Args),
    /// Runs a command with KUBECONFIG pointing at a new API server that ends with the command
    Exec(exec::Args),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let kinds = match &args.command {
        Command::Bench(bench) => vec![bench.kind()],
        Command::Demo(demo) => vec![demo.kind()],
        Command::Churn(churn) => vec![churn.kind()],
        Command::Siege(siege) => vec![siege.kind()],
        Command::Exec(exec) => vec![exec.kind()],
    };
    match enter(&kinds) {
        Ok(Entered::Ended(code)) => return code,
        Ok(Entered::GoOn) => {}
        Err(error) => return report(&error),
    }
    let runtime = tokio::runtime::Runtime::new().expect("the system lets us make threads");
    let result = runtime.block_on(async {
        match args.command {
            Command::Bench(bench) => bench.run().await,
            Command::Demo(demo) => demo.run().await,
            Command::Churn(churn) => churn.run().await,
            Command::Siege(siege) => siege.run().await,
            Command::Exec(exec) => exec.run().await,
        }
    });
    result.unwrap_or_else(|error| report(error.as_ref()))
}

/// The error and each of its causes on a line.
fn report(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    eprintln!("sandbox: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
