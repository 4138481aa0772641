//! Events as core/v1, one object per thing to tell, counted up by patches: what existing RBAC allows.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use jiff::Timestamp;
use k8s_openapi::{
    api::core::v1::{Event, EventSource, ObjectReference},
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time},
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;

use crate::{
    api::{
        error::{ApiError, Request},
        retry::EVENT_RETRIES,
    },
    report::shorten::shortened,
};

/// Whether an Event tells of something wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All is well.
    Normal,
    /// Somebody should look.
    Warning,
}

/// One thing to tell.
#[derive(Clone, Debug)]
pub struct Note {
    /// Of which object.
    pub about: ObjectReference,
    /// Good or bad.
    pub kind: Kind,
    /// One word for machines.
    pub reason: &'static str,
    /// One sentence for people.
    pub message: String,
}

/// Writes Events and remembers how often each was told, by a number that stands for its name.
pub struct Events {
    client: Client,
    counts: Mutex<HashMap<u64, i32>>,
    /// Events that are tried again.
    retrying: AtomicUsize,
}

impl Events {
    /// A recorder that has told nothing yet.
    pub fn new(client: Client) -> Arc<Self> {
        Arc::new(Self { client, counts: Mutex::default(), retrying: AtomicUsize::new(0) })
    }

    /// Writes an Event, or tries again by itself while nobody waits; says whether it is written or tried again.
    pub async fn record(self: &Arc<Self>, note: Note) -> bool {
        let (namespace, name) = (note.about.namespace.clone().unwrap_or_default(), name(&note));
        let count = self.count(&namespace, &name);
        let Err(error) = self.write(&namespace, &name, count, &note).await else { return true };
        if !matches!(error, ApiError::Terminating { .. } | ApiError::NotLeading) {
            tracing::warn!(%error, reason = note.reason, object = note.about.name, "cannot write an Event");
        }
        let retrying = self.retrying.fetch_add(1, Ordering::Relaxed);
        if retrying >= MOST_RETRYING || !is_worth_a_retry(&error) {
            self.retrying.fetch_sub(1, Ordering::Relaxed);
            return false;
        }
        let events = Arc::clone(self);
        tokio::spawn(async move {
            events.retry(&namespace, &name, count, &note).await;
            events.retrying.fetch_sub(1, Ordering::Relaxed);
        });
        true
    }

    async fn retry(&self, namespace: &str, name: &str, count: i32, note: &Note) {
        for wait in EVENT_RETRIES {
            tokio::time::sleep(wait).await;
            if self.write(namespace, name, count, note).await.is_ok() {
                return;
            }
        }
    }

    async fn write(&self, namespace: &str, name: &str, count: i32, note: &Note) -> Result<(), ApiError> {
        match count {
            1 => self.create(namespace, name, note).await,
            _ => self.repeat(namespace, name, count, note).await,
        }
    }

    fn count(&self, namespace: &str, name: &str) -> i32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        // Events live for an hour; forgetting their counts costs one extra request each.
        if counts.len() >= MOST_REMEMBERED {
            counts.clear();
        }
        let count = counts.entry(digest(&[namespace, name])).or_insert(0);
        *count += 1;
        *count
    }

    fn remember(&self, namespace: &str, name: &str, count: i32) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.insert(digest(&[namespace, name]), count);
    }

    async fn create(&self, namespace: &str, name: &str, note: &Note) -> Result<(), ApiError> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let created = events.create(&PostParams::default(), &event(namespace, name, note)).await;
        match created.map_err(|error| ApiError::new(Request::core("create", "events", namespace), error)) {
            Ok(_) => Ok(()),
            // Told before a restart: its count stands in the answer to the patch.
            Err(ApiError::Conflict { exists: true, .. }) => self.continue_count(namespace, name, note).await,
            Err(error) => Err(error),
        }
    }

    async fn continue_count(&self, namespace: &str, name: &str, note: &Note) -> Result<(), ApiError> {
        let old = self.patch(namespace, name, &json!({ "lastTimestamp": Time(Timestamp::now()) })).await?;
        let count = old.count.unwrap_or(1).saturating_add(1);
        self.remember(namespace, name, count);
        self.repeat(namespace, name, count, note).await
    }

    async fn repeat(&self, namespace: &str, name: &str, count: i32, note: &Note) -> Result<(), ApiError> {
        let change = json!({ "count": count, "lastTimestamp": Time(Timestamp::now()) });
        match self.patch(namespace, name, &change).await {
            Ok(_) => Ok(()),
            // It has expired meanwhile.
            Err(ApiError::NotFound { .. }) => {
                self.remember(namespace, name, 1);
                let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
                let created = events.create(&PostParams::default(), &event(namespace, name, note)).await;
                created
                    .map(drop)
                    .map_err(|error| ApiError::new(Request::core("create", "events", namespace), error))
            }
            Err(error) => Err(error),
        }
    }

    async fn patch(
        &self,
        namespace: &str,
        name: &str,
        change: &serde_json::Value,
    ) -> Result<Event, ApiError> {
        let events: Api<Event> = Api::namespaced(self.client.clone(), namespace);
        let patched = events.patch(name, &PatchParams::default(), &Patch::Merge(change)).await;
        patched.map_err(|error| ApiError::new(Request::core("patch", "events", namespace), error))
    }
}

/// Whether an Event that the API server did not take may be taken later.
fn is_worth_a_retry(error: &ApiError) -> bool {
    match error {
        ApiError::Terminating { .. } | ApiError::Invalid { .. } => false,
        // A renewal of the lease that is late for a moment makes no Event false: the gate looks again at each try.
        ApiError::NotLeading
        | ApiError::Forbidden { .. }
        | ApiError::Undecided { .. }
        | ApiError::NotFound { .. }
        | ApiError::Conflict { .. }
        | ApiError::NotAdmitted { .. }
        | ApiError::Busy { .. }
        | ApiError::Other { .. }
        | ApiError::Unreachable { .. } => true,
    }
}

/// A number that stands for what an Event says: the same thing is one Event, also after a restart.
pub fn digest(parts: &[&str]) -> u64 {
    // The standard hasher with fixed keys: stable within a version, and nothing but a name depends on it.
    BuildHasherDefault::<DefaultHasher>::default().hash_one(parts)
}

fn name(note: &Note) -> String {
    let uid = note.about.uid.as_deref().unwrap_or_default();
    let digest = digest(&[uid, note.reason, &note.message]);
    let object = shortened(note.about.name.clone().unwrap_or_default(), LONGEST_NAME);
    format!("{}.{digest:016x}", object.trim_end_matches(['.', '-']))
}

fn event(namespace: &str, name: &str, note: &Note) -> Event {
    let now = Some(Time(Timestamp::now()));
    Event {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            ..ObjectMeta::default()
        },
        involved_object: note.about.clone(),
        type_: Some(match note.kind {
            Kind::Normal => "Normal".to_owned(),
            Kind::Warning => "Warning".to_owned(),
        }),
        reason: Some(note.reason.to_owned()),
        message: Some(shortened(note.message.clone(), LONGEST_MESSAGE)),
        source: Some(EventSource { component: Some(COMPONENT.to_owned()), host: None }),
        reporting_component: Some(COMPONENT.to_owned()),
        count: Some(1),
        first_timestamp: now.clone(),
        last_timestamp: now,
        ..Event::default()
    }
}

const COMPONENT: &str = "sealed-secrets";
/// The API server's limit.
const LONGEST_MESSAGE: usize = 1024;
/// The API server's limit on names, less the digest.
const LONGEST_NAME: usize = 230;
const MOST_REMEMBERED: usize = 16 * 1024;
/// Each is a kibibyte and a task.
const MOST_RETRYING: usize = 512;
