//! The one place where key Secrets become a ring: watched, created or looked up, all enter here.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, runtime::watcher};
use sealed_secrets_core::{Fingerprint, KeyRing, names};
use tokio::sync::{mpsc, watch};

use super::{
    known::{Change, KnownKeys},
    later::Later,
};
use crate::{
    api::{error::ApiError, secrets::Secrets},
    config::KeySettings,
    watch::follow,
};

/// The keys, for everybody who needs them.
pub struct Store {
    settings: KeySettings,
    namespace: String,
    known: Mutex<KnownKeys>,
    ring: watch::Sender<Snapshot>,
    changes: mpsc::UnboundedSender<KeyChange>,
}

/// The ring at one moment, and whether the key Secrets have been read at all.
#[derive(Clone, Default)]
pub struct Snapshot {
    /// The keys.
    pub ring: Arc<KeyRing>,
    /// Counts the rings that were shown: what was found with another one may be wrong by now.
    pub generation: u64,
    /// The first list is complete.
    pub loaded: bool,
}

/// A change of the keys, for reports and for what waits for a key.
#[derive(Debug)]
pub struct KeyChange {
    /// Name of the Secret.
    pub secret: String,
    /// Its uid.
    pub uid: String,
    /// What happened.
    pub change: Change,
}

/// What a look at a Secret came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It is known what there is, or it will not be known by asking again.
    Done,
    /// There was no answer: it has to be asked again, after a while.
    Again,
}

impl Store {
    /// An empty store; the receiver gets every change.
    pub fn new(settings: KeySettings, namespace: &str) -> (Arc<Self>, mpsc::UnboundedReceiver<KeyChange>) {
        let (changes, receiver) = mpsc::unbounded_channel();
        let store = Self {
            settings,
            namespace: namespace.to_owned(),
            known: Mutex::default(),
            ring: watch::Sender::default(),
            changes,
        };
        (Arc::new(store), receiver)
    }

    /// The ring as it is now.
    pub fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.borrow().ring)
    }

    /// The name of the Secret that holds each key, or held it last.
    pub fn secrets(&self) -> HashMap<Fingerprint, String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).secrets()
    }

    /// The ring as it is now, with its generation.
    pub fn snapshot(&self) -> Snapshot {
        self.ring.borrow().clone()
    }

    /// Follows the ring.
    pub fn subscribe(&self) -> watch::Receiver<Snapshot> {
        self.ring.subscribe()
    }

    /// Takes in a key Secret as it is now.
    pub fn apply(&self, secret: &Secret) {
        let change = self.change(|known| known.apply(secret, &self.settings.prefix));
        self.announce(secret, change);
    }

    /// Watches the key Secrets for ever.
    pub async fn watch(self: Arc<Self>, client: Client) {
        let secrets: Api<Secret> = Api::namespaced(client.clone(), &self.namespace);
        // Any value of the label: a key that loses `active` is seen as changed, not as deleted.
        let config = watcher::Config::default().labels(names::KEY_LABEL);
        let mut listed: Option<HashSet<String>> = None;
        let (lost, mut losses) = mpsc::unbounded_channel::<Secret>();
        let watching = follow::follow(
            "secrets",
            &self.namespace,
            || (secrets.clone(), config.clone()),
            |event| {
                match event {
                    watcher::Event::Init => listed = Some(HashSet::new()),
                    watcher::Event::InitApply(secret) => {
                        if let Some(listed) = &mut listed {
                            listed.insert(secret.metadata.name.clone().unwrap_or_default());
                        }
                        self.apply(&secret);
                    }
                    watcher::Event::InitDone => {
                        for name in self.missing(&listed.take().unwrap_or_default()) {
                            let _receiver_lives = lost.send(named(&name));
                        }
                        // The legacy Secret has no label: the store counts as loaded once it was looked up.
                        let _receiver_lives = lost.send(named(&self.settings.prefix));
                    }
                    watcher::Event::Apply(secret) => self.apply(&secret),
                    // Deleted, or just without the label? Only a look at the Secret tells.
                    watcher::Event::Delete(secret) => {
                        let _receiver_lives = lost.send(secret);
                    }
                }
            },
        );
        let looking_up = async {
            let mut later = Later::default();
            while let Some(secret) = later.next(&mut losses).await {
                match self.look_up(&client, &secret).await {
                    Look::Done => {}
                    Look::Again => later.add(secret),
                }
            }
        };
        tokio::join!(watching, looking_up);
    }

    /// Looks a Secret up by name, once: one that left the watch, or the legacy one.
    pub async fn look_up(&self, client: &Client, last_seen: &Secret) -> Look {
        let secrets = Secrets::new(client, &self.namespace);
        let name = last_seen.metadata.name.clone().unwrap_or_default();
        match secrets.get(&name).await {
            Ok(Some(secret)) => self.apply(&secret),
            Ok(None) => {
                let change = self.change(|known| known.delete(&name));
                self.announce(last_seen, change);
            }
            Err(error) => {
                tracing::warn!(secret = name, "cannot look at a key Secret: {error}");
                if is_passing(&error) {
                    return Look::Again;
                }
            }
        }
        if name == self.settings.prefix {
            self.publish();
        }
        Look::Done
    }

    /// Changes over, for ever, to each key whose certificate begins later, when its time comes.
    pub async fn keep_time(self: Arc<Self>) {
        let mut snapshots = self.subscribe();
        loop {
            let next = snapshots.borrow_and_update().ring.next_start();
            tokio::select! {
                () = until(next) => self.look_at_the_clock(Timestamp::now()),
                changed = snapshots.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Shows the ring as it is at `now`, if another key seals then.
    pub fn look_at_the_clock(&self, now: Timestamp) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = known.ring(self.settings.order, now);
        self.ring.send_if_modified(|shown| {
            let due = shown.loaded && ring.next_start() != shown.ring.next_start();
            if due {
                if let Some(pair) = ring.newest() {
                    tracing::info!(key = %pair.fingerprint(), "its time has come: values are sealed to this key");
                }
                (shown.ring, shown.generation) = (Arc::new(ring), shown.generation + 1);
            }
            due
        });
    }

    /// The key Secrets have been read: from now on the ring is shown as it is.
    pub fn publish(&self) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = Arc::new(known.ring(self.settings.order, Timestamp::now()));
        self.ring.send_if_modified(|now| {
            let first = !now.loaded;
            if first {
                *now = Snapshot { ring, generation: now.generation + 1, loaded: true };
            }
            first
        });
    }

    fn missing(&self, listed: &HashSet<String>) -> Vec<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .names()
            .filter(|name| !listed.contains(*name) && **name != self.settings.prefix)
            .cloned()
            .collect()
    }

    fn change(&self, work: impl FnOnce(&mut KnownKeys) -> Change) -> Change {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let change = work(&mut known);
        if change != Change::None {
            let ring = Arc::new(known.ring(self.settings.order, Timestamp::now()));
            // Half a list could show an old key as the newest: until it is whole, there is no key.
            self.ring.send_if_modified(|now| {
                if now.loaded {
                    (now.ring, now.generation) = (ring, now.generation + 1);
                }
                now.loaded
            });
        }
        change
    }

    fn announce(&self, secret: &Secret, change: Change) {
        if change == Change::None {
            return;
        }
        let change = KeyChange {
            secret: secret.metadata.name.clone().unwrap_or_default(),
            uid: secret.metadata.uid.clone().unwrap_or_default(),
            change,
        };
        let _receiver_lives = self.changes.send(change);
    }
}

/// The keys that opened something, most promising first: of the object, then of its namespace.
pub fn preferred(of_object: &[(Fingerprint, u64)], of_namespace: Option<Fingerprint>) -> Vec<Fingerprint> {
    let mut first: Vec<_> = of_object.iter().map(|(key, _)| *key).collect();
    first.extend(of_namespace.filter(|key| !of_object.iter().any(|(known, _)| known == key)));
    first
}

/// Sleeps until an instant; never too long, as clocks are set.
async fn until(instant: Option<Timestamp>) {
    let Some(instant) = instant else { return std::future::pending().await };
    let left = Duration::try_from(instant.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::time::sleep(left.min(LONGEST_NAP)).await;
}

/// Whether another answer may come if it is asked again.
fn is_passing(error: &ApiError) -> bool {
    match error {
        ApiError::Forbidden { .. } => false,
        // What was answered does not read as a Secret, and the next list looks at it once more.
        ApiError::Other { code, .. } => *code != 200,
        ApiError::Undecided { .. }
        | ApiError::Terminating { .. }
        | ApiError::NotFound { .. }
        | ApiError::Conflict { .. }
        | ApiError::Invalid { .. }
        | ApiError::NotAdmitted { .. }
        | ApiError::NotLeading
        | ApiError::Busy { .. }
        | ApiError::Unreachable { .. } => true,
    }
}

fn named(name: &str) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(name.to_owned());
    secret
}

const LONGEST_NAP: Duration = Duration::from_mins(1);
