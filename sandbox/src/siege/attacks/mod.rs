//! The attacks, each with its honest twin.

use std::time::Duration;

use futures::future::LocalBoxFuture;
use sandbox::controller::Launch;

use super::Failure;
use super::field::{Field, Target};

mod combined;
mod connections;
mod honest;
mod items;
mod keys;
mod manifests;
mod many;
mod templates;

/// One attack, or one honest use.
#[derive(Clone, Copy)]
pub(super) struct Attack {
    /// For the table and `--only`.
    pub(super) name: &'static str,
    /// The honest use that must work as well; an honest use has none.
    pub(super) twin: Option<&'static str>,
    /// What is there before the controller starts, and how it is started.
    pub(super) before: Before,
    /// What happens while it runs.
    pub(super) run: Run,
    /// Whether `--small` has it.
    pub(super) small: bool,
}

type Before = for<'a> fn(&'a Field) -> LocalBoxFuture<'a, Result<Launch, Failure>>;
type Run = for<'a> fn(&'a Field, Target) -> LocalBoxFuture<'a, Result<Outcome, Failure>>;

/// What an attack has seen besides the figures.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Answers or statuses.
    pub(super) answers: String,
    /// What must not be.
    pub(super) faults: Vec<String>,
}

impl Outcome {
    fn of(answers: String) -> Self {
        Self { answers, faults: Vec::new() }
    }

    /// Adds a fault unless it is so.
    fn must(&mut self, is_so: bool, fault: impl FnOnce() -> String) {
        if !is_so {
            self.faults.push(fault());
        }
    }
}

impl Attack {
    const fn new(name: &'static str, twin: &'static str, run: Run) -> Self {
        Self {
            name,
            twin: Some(twin),
            before: |_| Box::pin(async { Ok(Launch::default()) }),
            run,
            small: true,
        }
    }

    const fn honest(name: &'static str, run: Run) -> Self {
        Self { twin: None, ..Self::new(name, "", run) }
    }

    const fn after(self, before: Before) -> Self {
        Self { before, ..self }
    }

    /// Only in a full run.
    const fn full(self) -> Self {
        Self { small: false, ..self }
    }
}

/// All of them, attacks first.
pub(super) fn all() -> Vec<Attack> {
    let families =
        [manifests::ALL, templates::ALL, items::ALL, many::ALL, connections::ALL, keys::ALL, combined::ALL];
    families.concat().into_iter().chain(honest::ALL.iter().copied()).collect()
}

/// Those that were asked for by name, with their twins; all when none was named.
pub(super) fn chosen(all: Vec<Attack>, only: &[String], small: bool) -> Result<Vec<Attack>, String> {
    if let Some(unknown) = only.iter().find(|name| !all.iter().any(|attack| attack.name == **name)) {
        let names: Vec<_> = all.iter().map(|attack| attack.name).collect();
        return Err(format!("there is no attack {unknown:?}: choose from {}", names.join(", ")));
    }
    if only.is_empty() {
        return Ok(all.into_iter().filter(|attack| attack.small || !small).collect());
    }
    let is_named = |name: &str| only.iter().any(|wanted| wanted == name);
    let twins: Vec<_> =
        all.iter().filter(|attack| is_named(attack.name)).filter_map(|attack| attack.twin).collect();
    Ok(all.into_iter().filter(|attack| is_named(attack.name) || twins.contains(&attack.name)).collect())
}

/// Blocking work, beside the probes and not on a thread that serves them.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    Ok(tokio::task::spawn_blocking(work).await?)
}

/// A caller's address of its own for each number, as an honest proxy would name it.
fn caller(number: usize) -> String {
    format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255)
}

/// How long a hostile request is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attack_has_a_twin_that_is_honest() {
        let all = all();
        for attack in &all {
            let Some(twin) = attack.twin else { continue };
            let found = all.iter().find(|other| other.name == twin);
            assert!(found.is_some_and(|twin| twin.twin.is_none()), "{} has no twin {twin:?}", attack.name);
        }
    }

    #[test]
    fn names_are_told_apart() {
        let mut names: Vec<_> = all().iter().map(|attack| attack.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn whoever_names_an_attack_gets_its_twin_too() {
        let first = all()[0];
        let names: Vec<_> = chosen(all(), &[first.name.to_owned()], true)
            .expect("it is known")
            .iter()
            .map(|attack| attack.name)
            .collect();
        assert_eq!(Some(names), first.twin.map(|twin| vec![first.name, twin]));
        assert!(chosen(all(), &["no-such-attack".to_owned()], true).is_err());
    }
}
