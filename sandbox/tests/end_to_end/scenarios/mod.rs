//! Every file of `testdata/controller/scenarios/`, on the backend.

mod check;
pub(crate) mod file;
pub(crate) mod keys;
mod metrics;
mod run;
mod snapshot;

use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Kind;

use crate::pool::Pool;
use crate::tally::Tally;

/// One test for each file.
pub(crate) fn trials(pool: &Pool, tally: &Tally) -> Vec<Trial> {
    let corpus = format!("scenarios ({})", pool.kind);
    let mut trials = Vec::new();
    for path in files() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if let Some(reason) = excuse(pool.kind, &name) {
            tally.note(&corpus, format!("{name} does not run here: {reason}"));
            continue;
        }
        let (tally, corpus) = (tally.clone(), corpus.clone());
        trials.push(pool.trial(&format!("scenarios::{name}"), async move |backend| {
            let scenario = read(&path)?;
            let outcome = run::run(backend, &scenario).await;
            tally.count(&corpus, outcome.is_ok());
            outcome.map_err(|failed| {
                format!("{}: {}", scenario.name, failed.message().unwrap_or_default()).into()
            })
        }));
    }
    trials
}

/// The files were written by a tool that takes `y` and `on` for text.
fn read(path: &Path) -> Result<file::Scenario, Failed> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let text = std::fs::read_to_string(path)?;
    serde_saphyr::from_str_with_options(&text, options)
        .map_err(|error| format!("{}: {error}", path.display()).into())
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/controller/scenarios");
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

/// Why a scenario cannot work on a backend, if it cannot.
fn excuse(kind: Kind, name: &str) -> Option<&'static str> {
    match kind {
        Kind::Kubernetes => None,
        Kind::Memory => NOT_IN_MEMORY.iter().find(|(n, _)| *n == name).map(|(_, reason)| *reason),
    }
}

/// Scenarios that need more of an API server than the embedded one has, each with the reason.
const NOT_IN_MEMORY: &[(&str, &str)] = &[];
