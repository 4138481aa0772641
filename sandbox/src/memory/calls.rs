//! How many requests of which kind there were: for tests, for the bench, and as the real server's metric.

use std::{collections::BTreeMap, fmt::Write as _, sync::Mutex, time::Instant};

use super::request::Request;

/// Counts of requests.
#[derive(Debug, Default)]
pub struct Calls {
    kinds: Mutex<BTreeMap<Call, u64>>,
    /// By user and namespace.
    places: Mutex<BTreeMap<(String, String), u64>>,
    journal: Mutex<Option<Vec<Written>>>,
}

/// A write that was carried out.
#[derive(Clone, Debug)]
pub struct Written {
    /// When it was done.
    pub at: Instant,
    /// Name of the user.
    pub user: String,
    /// `create`, `update`, `patch`, `delete`.
    pub verb: String,
    /// Resource, with its subresource if any.
    pub resource: String,
}

/// One kind of request and who made it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// API group; empty for the core.
    pub group: String,
    /// Resource, with its subresource if any: `sealedsecrets/status`.
    pub resource: String,
    /// Status code of the answer.
    pub code: u16,
    /// Name of the user.
    pub user: String,
}

impl Calls {
    /// Every kind of request so far, with its count.
    pub fn all(&self) -> BTreeMap<Call, u64> {
        self.kinds.lock().expect("no holder panics").clone()
    }

    /// How many requests `wanted` is true of.
    pub fn count(&self, wanted: impl Fn(&Call) -> bool) -> u64 {
        self.all().iter().filter(|(call, _)| wanted(call)).map(|(_, count)| count).sum()
    }

    /// How many requests of users `wanted` is true of there were in a namespace.
    pub fn within(&self, namespace: &str, wanted: impl Fn(&str) -> bool) -> u64 {
        let places = self.places.lock().expect("no holder panics");
        places.iter().filter(|((user, place), _)| place == namespace && wanted(user)).map(|(_, n)| n).sum()
    }

    /// Writes down every write from now on.
    pub fn keep_journal(&self) {
        *self.journal.lock().expect("no holder panics") = Some(Vec::new());
    }

    /// The writes since then, in their order.
    pub fn journal(&self) -> Vec<Written> {
        self.journal.lock().expect("no holder panics").clone().unwrap_or_default()
    }

    /// Starts again from nothing.
    pub fn reset(&self) {
        self.kinds.lock().expect("no holder panics").clear();
        self.places.lock().expect("no holder panics").clear();
    }

    pub(super) fn record(&self, request: &Request, user: &str, code: u16) {
        if !request.is_resource {
            return;
        }
        if (200..300).contains(&code)
            && !matches!(&*request.verb, "get" | "list" | "watch")
            && let Some(journal) = &mut *self.journal.lock().expect("no holder panics")
        {
            journal.push(Written {
                at: Instant::now(),
                user: user.to_owned(),
                verb: request.verb.clone(),
                resource: request.resource_path(),
            });
        }
        let call = Call {
            verb: request.verb.clone(),
            group: request.group.clone(),
            resource: request.resource_path(),
            code,
            user: user.to_owned(),
        };
        *self.kinds.lock().expect("no holder panics").entry(call).or_default() += 1;
        let place = (user.to_owned(), request.namespace.clone());
        *self.places.lock().expect("no holder panics").entry(place).or_default() += 1;
    }

    /// `apiserver_request_total`, in the text format and with the labels of the real server.
    pub(super) fn metrics(&self) -> String {
        let mut series: BTreeMap<String, u64> = BTreeMap::new();
        for (call, count) in self.all() {
            let (resource, subresource) = call.resource.split_once('/').unwrap_or((&call.resource, ""));
            let labels = format!(
                "code=\"{}\",group=\"{}\",resource=\"{resource}\",subresource=\"{subresource}\",verb=\"{}\"",
                call.code,
                call.group,
                http_verb(&call.verb)
            );
            *series.entry(labels).or_default() += count;
        }
        let head = "# HELP apiserver_request_total Requests by verb, resource and status code.\n# TYPE apiserver_request_total counter\n";
        series.into_iter().fold(head.to_owned(), |mut text, (labels, count)| {
            let _ = writeln!(text, "apiserver_request_total{{{labels}}} {count}");
            text
        })
    }
}

/// Compat: the metric names changes by their HTTP method.
fn http_verb(verb: &str) -> String {
    match verb {
        "create" => "POST".to_owned(),
        "update" => "PUT".to_owned(),
        other => other.to_uppercase(),
    }
}
