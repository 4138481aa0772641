//! The result: a table for people, JSON for comparisons.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::attacks::Outcome;
use super::bounds::{Bounds, Measured, Worst, verdict};

/// One attack or honest use, as it went.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) honest: bool,
    pub(super) measured: Measured,
    pub(super) outcome: Outcome,
    /// What it is held to.
    pub(super) bounds: Bounds,
}

impl Row {
    /// Every bound that did not hold and every fault; none is good.
    pub(super) fn broken(&self) -> Vec<String> {
        let broken = verdict(&self.bounds, &self.measured).into_iter().map(|broken| broken.to_string());
        broken.chain(self.outcome.faults.iter().cloned()).collect()
    }
}

/// Everything that one run has measured.
pub(super) struct Report {
    pub(super) backend: String,
    pub(super) bounds: Bounds,
    /// What limits the controller's memory.
    pub(super) limit: String,
    pub(super) rows: Vec<Row>,
}

impl Report {
    pub(super) fn is_good(&self) -> bool {
        self.rows.iter().all(|row| row.broken().is_empty())
    }

    /// A Markdown table.
    pub(super) fn to_table(&self) -> String {
        let mut table = format!("{}; {}; {}\n\n", self.backend, self.limit, self.bounds);
        table
            .push_str("| attack | fresh (s) | event (s) | write (s) | health (ms) | peak (MiB) | kept (MiB) | answers | verdict |\n");
        table.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
        for row in &self.rows {
            let (measured, broken) = (&row.measured, row.broken());
            let mark = if row.honest { "✓ " } else { "" };
            let verdict = if broken.is_empty() { "holds".to_owned() } else { broken.join("; ") };
            let (fresh, health) = (seconds(&measured.fresh), milliseconds(&measured.health));
            let (event, write) = (seconds(&measured.event), seconds(&measured.write));
            let kept = measured.ended.clone().unwrap_or_else(|| format!("{:.0}", measured.kept));
            let (name, peak, answers) = (row.name, measured.peak, &row.outcome.answers);
            let _ = writeln!(
                table,
                "| {mark}{name} | {fresh} | {event} | {write} | {health} | {peak:.0} | {kept} | {answers} | {verdict} |"
            );
        }
        table.push_str("\n✓ marks honest uses. \"Event\" is how late another watcher of all namespaces hears of the fresh one; \"write\" is a small write to the API server and its read, without the controller, at worst. \"Kept\" is resident memory after the attack, or how the controller ended.\n");
        table
    }

    /// The same for machines; times in seconds, memory in MiB.
    pub(super) fn to_json(&self) -> Value {
        let worst = |worst: &Worst| json!({"seconds": worst.longest.as_secs_f64(), "given_up": worst.given_up, "probes": worst.count});
        let row = |row: &Row| {
            let m = &row.measured;
            json!({"name": row.name, "honest": row.honest, "fresh": worst(&m.fresh), "event": worst(&m.event), "write": worst(&m.write), "health": worst(&m.health),
                "peak_mib": m.peak, "kept_mib": m.kept, "ended": m.ended, "answers": row.outcome.answers, "fresh_bound_seconds": row.bounds.fresh.as_secs_f64(),
                "broken": row.broken()})
        };
        json!({"backend": self.backend, "limit": self.limit,
            "bounds": {"fresh_seconds": self.bounds.fresh.as_secs_f64(),
                "health_seconds": self.bounds.health.as_secs_f64(), "peak_mib": self.bounds.peak,
                "debug": self.bounds.debug},
            "good": self.is_good(), "rows": self.rows.iter().map(row).collect::<Vec<_>>()})
    }
}

fn seconds(worst: &Worst) -> String {
    told(worst, |longest| format!("{:.2}", longest.as_secs_f64()))
}

fn milliseconds(worst: &Worst) -> String {
    told(worst, |longest| longest.as_millis().to_string())
}

fn told(worst: &Worst, figure: impl Fn(Duration) -> String) -> String {
    match (worst.count, worst.given_up) {
        (0, _) => "–".to_owned(),
        (_, true) => format!("> {}", figure(worst.longest)),
        (_, false) => figure(worst.longest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(faults: Vec<String>) -> Report {
        let mut measured = Measured { peak: 40.0, kept: 30.0, ..Measured::default() };
        measured.fresh.add(Duration::from_millis(120), false);
        measured.write.add(Duration::from_millis(50), false);
        measured.event.add(Duration::from_millis(20), false);
        measured.health.add(Duration::from_millis(3), false);
        let outcome = Outcome { answers: "3×200".to_owned(), faults };
        let row = Row { name: "some attack", honest: false, measured, outcome, bounds: Bounds::RELEASE };
        Report {
            backend: "memory".to_owned(),
            bounds: Bounds::RELEASE,
            limit: String::new(),
            rows: vec![row],
        }
    }

    #[test]
    fn a_row_says_what_was_measured() {
        let table = report(Vec::new()).to_table();
        assert!(
            table.contains("| some attack | 0.12 | 0.02 | 0.05 | 3 | 40 | 30 | 3×200 | holds |"),
            "{table}"
        );
    }

    #[test]
    fn a_fault_alone_makes_a_report_bad() {
        assert!(report(Vec::new()).is_good());
        let bad = report(vec!["another certificate is served".to_owned()]);
        assert!(!bad.is_good());
        assert_eq!(bad.to_json()["rows"][0]["broken"][0], "another certificate is served");
    }

    #[test]
    fn what_was_given_up_is_longer_than_it_was_waited_for() {
        let mut worst = Worst::default();
        assert_eq!(seconds(&worst), "–");
        worst.add(Duration::from_secs(30), true);
        assert_eq!(seconds(&worst), "> 30.00");
    }
}
