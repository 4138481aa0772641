//! What the API server holds at one moment, as far as a scenario can see it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sandbox::objects::{ApiError, Objects, kind_of, name_of};
use serde_json::Value;

/// Namespace and name.
pub(super) type Place = (String, String);

/// Objects of the scenario's namespaces and of the controller's.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Snapshot {
    pub(super) secrets: BTreeMap<Place, Value>,
    pub(super) sealed: BTreeMap<Place, Value>,
    /// Events about SealedSecrets in the scenario's namespaces, by their own names.
    pub(super) events: BTreeMap<Place, Value>,
}

impl Snapshot {
    pub(super) async fn take(admin: &Objects, namespaces: &[String], own: &str) -> Result<Self, ApiError> {
        let mut snapshot = Self::default();
        for namespace in namespaces.iter().map(String::as_str).chain([own]) {
            keep(&mut snapshot.secrets, namespace, admin.list("Secret", namespace).await?);
            keep(&mut snapshot.sealed, namespace, admin.list("SealedSecret", namespace).await?);
            if namespace != own {
                let mut events = admin.list("Event", namespace).await?;
                events.retain(|event| kind_of(&event["involvedObject"]) == "SealedSecret");
                keep(&mut snapshot.events, namespace, events);
            }
        }
        Ok(snapshot)
    }

    /// Takes snapshots until nothing has changed for `quiet`, and gives the last one.
    pub(super) async fn settled(
        admin: &Objects,
        namespaces: &[String],
        own: &str,
        quiet: Duration,
    ) -> Result<Self, ApiError> {
        let (start, mut since) = (Instant::now(), Instant::now());
        let mut last = Self::take(admin, namespaces, own).await?;
        while since.elapsed() < quiet && start.elapsed() < SETTLE_WITHIN {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let next = Self::take(admin, namespaces, own).await?;
            if next.versions() != last.versions() {
                since = Instant::now();
            }
            last = next;
        }
        Ok(last)
    }

    fn versions(&self) -> Vec<(&Place, &str)> {
        let all = self.secrets.iter().chain(&self.sealed).chain(&self.events);
        all.map(|(place, object)| (place, version(object))).collect()
    }
}

/// `metadata.resourceVersion`.
pub(super) fn version(object: &Value) -> &str {
    object["metadata"]["resourceVersion"].as_str().unwrap_or_default()
}

/// Cumulative counts of the writes that the API server has seen, such as `PUT sealedsecrets/status`.
pub(super) async fn writes(admin: &Objects) -> Result<BTreeMap<String, f64>, ApiError> {
    let text = admin.text(http::Method::GET, "/metrics", "text/plain", Vec::new()).await?;
    let mut counts = BTreeMap::new();
    for (series, value) in super::metrics::series(&text) {
        if series.name != "apiserver_request_total" || !WRITTEN.contains(&series.label("resource")) {
            continue;
        }
        let verb = series.label("verb");
        if VERBS.contains(&verb) {
            let subresource = series.label("subresource");
            let slash = if subresource.is_empty() { "" } else { "/" };
            *counts.entry(format!("{verb} {}{slash}{subresource}", series.label("resource"))).or_default() +=
                value;
        }
    }
    Ok(counts)
}

fn keep(into: &mut BTreeMap<Place, Value>, namespace: &str, objects: Vec<Value>) {
    into.extend(
        objects.into_iter().map(|object| ((namespace.to_owned(), name_of(&object).to_owned()), object)),
    );
}

const SETTLE_WITHIN: Duration = Duration::from_secs(20);
const WRITTEN: &[&str] = &["secrets", "sealedsecrets", "events"];
const VERBS: &[&str] = &["POST", "PUT", "PATCH", "APPLY", "DELETE"];
