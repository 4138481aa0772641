//! The result: a table for people, JSON for comparisons.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::cluster::Numbers;
use super::keys::Cost;
use super::openssl::Rates;
use super::scrape::Requests;

/// Everything that one run has measured.
pub(super) struct Report {
    pub(super) backend: String,
    pub(super) cores: usize,
    pub(super) count: u32,
    pub(super) values: u32,
    pub(super) floor: Rates,
    pub(super) in_process: Rates,
    pub(super) cluster: Numbers,
}

impl Report {
    /// The least that settling can take: each value costs one private operation.
    fn settle_floor(&self) -> f64 {
        f64::from(self.count) * f64::from(self.values) / self.floor.private
    }

    /// A Markdown table.
    pub(super) fn to_table(&self) -> String {
        let (floor, own, cluster) = (self.floor, self.in_process, &self.cluster);
        let settle = cluster.settle.as_secs_f64();
        let objects = format!("{} SealedSecrets × {} values", self.count, self.values);
        let mut rows = vec![
            (
                "RSA-4096 private, OpenSSL".to_owned(),
                format!("{:.0}/s on {} cores", floor.private, self.cores),
            ),
            ("RSA-4096 public, OpenSSL".to_owned(), format!("{:.0}/s on {} cores", floor.public, self.cores)),
            ("unseal in process".to_owned(), rate(own.private, floor.private)),
            ("seal in process".to_owned(), rate(own.public, floor.public)),
            (
                format!("settle {objects}"),
                format!("{settle:.2} s, {:.2} × the RSA floor", settle / self.settle_floor()),
            ),
            ("  requests".to_owned(), list(&cluster.settle_requests)),
            (
                "start with keys there".to_owned(),
                format!("{} ms until it answers", cluster.ready.as_millis()),
            ),
            ("fresh object after a restart".to_owned(), format!("{} ms", cluster.fresh.as_millis())),
            (
                "restart in sync".to_owned(),
                format!("{} writes; {}", cluster.restart_requests.writes(), list(&cluster.restart_requests)),
            ),
            ("resident memory, settled".to_owned(), format!("{:.1} MiB", cluster.resident)),
            (
                format!("resident memory, {} foreign Secrets", cluster.foreign),
                format!("{:.1} MiB", cluster.resident_with_foreign),
            ),
        ];
        for sweep in &cluster.sweep {
            let text = format!("first {}, next {}", cost(&sweep.first), cost(&sweep.next));
            rows.push((format!("{} keys, sealed to the oldest", sweep.keys), text));
        }
        let mut table = format!("| measured on {} | |\n| --- | --- |\n", self.backend);
        for (what, value) in rows {
            let _ = writeln!(table, "| {what} | {value} |");
        }
        table
    }

    /// The same for machines; times in seconds, memory in MiB.
    pub(super) fn to_json(&self) -> Value {
        let (floor, own, cluster) = (self.floor, self.in_process, &self.cluster);
        let cost = |c: &Cost| json!({"seconds": c.waited.as_secs_f64(), "private_operations": c.operations});
        let sweep =
            |s: &super::keys::Sweep| json!({"keys": s.keys, "first": cost(&s.first), "next": cost(&s.next)});
        json!({
            "backend": self.backend, "cores": self.cores, "count": self.count, "values": self.values,
            "openssl": {"private_per_second": floor.private, "public_per_second": floor.public},
            "unseal": {"per_second": own.private, "ratio": own.private / floor.private},
            "seal": {"per_second": own.public, "ratio": own.public / floor.public},
            "settle": {"seconds": cluster.settle.as_secs_f64(), "floor_seconds": self.settle_floor(),
                "ratio": cluster.settle.as_secs_f64() / self.settle_floor(), "requests": cluster.settle_requests.0},
            "ready_seconds": cluster.ready.as_secs_f64(),
            "fresh_after_restart_seconds": cluster.fresh.as_secs_f64(),
            "restart": {"writes": cluster.restart_requests.writes(), "requests": cluster.restart_requests.0},
            "resident_mib": {"settled": cluster.resident, "with_foreign": cluster.resident_with_foreign,
                "foreign": cluster.foreign},
            "keys": cluster.sweep.iter().map(sweep).collect::<Vec<_>>(),
        })
    }
}

fn rate(own: f64, floor: f64) -> String {
    format!("{own:.0}/s, {:.2} × OpenSSL", own / floor)
}

fn cost(cost: &Cost) -> String {
    let operations =
        cost.operations.map_or_else(|| "operations not counted".to_owned(), |n| format!("{n} operations"));
    format!("{} ms ({operations})", cost.waited.as_millis())
}

fn list(requests: &Requests) -> String {
    let entries: Vec<String> = requests.0.iter().map(|(name, count)| format!("{count} {name}")).collect();
    if entries.is_empty() { "none".to_owned() } else { entries.join(", ") }
}
