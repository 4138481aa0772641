//! What is remembered of each SealedSecret: a few words, never its ciphertexts once it is settled.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sealed_secrets_core::{Fingerprint, Scope, SealedSecret, sealed_secret::Status};

use crate::{
    capacity::{
        pool::{Cancel, Priority},
        weight,
    },
    state::{key::Key, turn::Work},
};

/// One SealedSecret.
#[derive(Debug)]
pub struct Entry {
    /// Its uid.
    pub uid: Box<str>,
    /// `metadata.generation` of what was seen last.
    pub generation: Option<i64>,
    /// Scope by its annotations: a change alters the outcome, yet not the generation.
    pub scope: Scope,
    /// Whether drift is to be repaired.
    pub repair: bool,
    /// It is being deleted.
    pub deleting: bool,
    /// Its label `app.kubernetes.io/instance`, for metrics.
    pub instance: Box<str>,
    /// How it stands.
    pub state: State,
    /// Failed tries since the last success or change.
    pub attempts: u32,
    /// What the last Event said: told again only when it changes.
    pub told: Option<u64>,
    /// The resourceVersion that our last status made; 0: none.
    pub told_in: u64,
    /// Keys that its items are sealed to, with the number of items.
    pub keys: Vec<(Fingerprint, u64)>,
    /// Why it is in the queue.
    pub cause: Cause,
    /// Whether it is being worked on, and what its Secret did meanwhile.
    pub work: Work,
    /// Tells the turn in progress that nobody wants its outcome any more.
    pub cancel: Cancel,
    /// About how many bytes it takes as the API server gives it.
    pub bytes: usize,
    /// The object as the watch brought it, while there is room.
    pub pending: Option<Box<SealedSecret>>,
}

/// How a SealedSecret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not looked at yet.
    Unknown,
    /// Its Secret is as it should be, in this version.
    Synced(Version),
    /// Its Secret was edited, up to this version, and that was reported.
    Drifted(Version),
    /// Its items do not open with the keys at hand, or cost too much with them.
    WaitsForKey,
    /// A Secret that looks like this is in the way.
    WaitsForSecret(Looks),
    /// Something else failed; retried by the clock.
    Failed,
    /// It led into a fault of ours: it rests until it changes.
    Faulty,
}

/// A version of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its uid.
    pub uid: Box<str>,
    /// Its resourceVersion.
    pub resource: Box<str>,
}

/// Those metadata of a Secret that decide whether it may be touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// Its uid; empty: there is none.
    pub uid: Box<str>,
    /// Uid of its controlling owner.
    pub owner: Option<Box<str>>,
    /// Annotated managed.
    pub managed: bool,
    /// Annotated patch.
    pub patch: bool,
    /// Annotated skip-set-owner-references.
    pub ownerless: bool,
    /// The label of a sealing key.
    pub key: Option<Box<str>>,
}

/// Why an object is reconciled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Its Secret changed, not by our hand.
    SecretChanged,
    /// Anything else: the object, the keys, a restart, a retry.
    Due,
}

/// What was seen of a SealedSecret, for the decision whether it is due.
pub struct Sighting {
    /// Its uid.
    pub uid: Box<str>,
    /// Its generation.
    pub generation: Option<i64>,
    /// Its scope.
    pub scope: Scope,
    /// Whether drift is to be repaired.
    pub repair: bool,
    /// It is being deleted.
    pub deleting: bool,
    /// Its instance label.
    pub instance: Box<str>,
    /// Its status.
    pub status: Option<Status>,
}

/// All SealedSecrets that are served.
#[derive(Default)]
pub struct Index {
    inner: Mutex<Inner>,
}

/// The locked part of [`Index`].
#[derive(Default)]
pub struct Inner {
    /// By namespace and name.
    pub objects: HashMap<Key, Entry>,
    /// The key that last opened something in a namespace.
    last_key: HashMap<Arc<str>, Fingerprint>,
    /// How many objects a namespace has.
    by_namespace: HashMap<Arc<str>, usize>,
    pending: usize,
}

impl Index {
    /// Locks the index; nothing may be awaited meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes one entry, if it is still there.
    pub fn with<T>(&self, key: &Key, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.lock().objects.get_mut(key).map(change)
    }

    /// Takes the waiting object over, unless it is older than our last status: then its own is not the one to
    /// compare with.
    pub fn take_pending(&self, key: &Key) -> Option<Box<SealedSecret>> {
        let mut inner = self.lock();
        let entry = inner.objects.get_mut(key)?;
        let (object, told_in) = (entry.pending.take()?, entry.told_in);
        inner.pending -= weight::of(&object);
        let version = object.metadata.resource_version.as_deref().and_then(|text| text.parse::<u64>().ok());
        version.is_none_or(|version| version >= told_in).then_some(object)
    }

    /// Number of items sealed to each key.
    pub fn items_per_key(&self) -> HashMap<Fingerprint, u64> {
        let mut counts = HashMap::new();
        for (key, items) in self.lock().objects.values().flat_map(|entry| &entry.keys) {
            *counts.entry(*key).or_default() += items;
        }
        counts
    }
}

impl Inner {
    /// Takes a sighting in and says whether the object is due.
    pub fn see(&mut self, key: &Key, seen: Sighting, object: SealedSecret) -> Option<Priority> {
        let due = match self.objects.get_mut(key) {
            Some(entry) if entry.uid == seen.uid => entry.update(&seen),
            Some(_) | None => {
                self.forget(key);
                let due = first_priority(&seen);
                self.objects.insert(key.clone(), Entry::new(seen));
                *self.by_namespace.entry(Arc::clone(key.owner())).or_default() += 1;
                due
            }
        };
        let bytes = weight::of(&object);
        if let Some(entry) = self.objects.get_mut(key) {
            entry.bytes = bytes;
        }
        let waiting = due.is_some() || self.objects.get(key).is_some_and(|entry| entry.pending.is_some());
        if waiting {
            self.keep(key, object);
        }
        due
    }

    /// Takes an object back that is to have another turn, unless it changed meanwhile.
    pub fn put_back(&mut self, key: &Key, object: SealedSecret) {
        let same = self.objects.get(key).is_some_and(|entry| {
            object.metadata.uid.as_deref() == Some(&*entry.uid)
                && object.metadata.generation == entry.generation
                && object.scope() == entry.scope
                && entry.pending.is_none()
        });
        if same {
            self.keep(key, object);
        }
    }

    /// Keeps an object until its turn, unless many wait: then it is fetched when its turn comes.
    fn keep(&mut self, key: &Key, mut object: SealedSecret) {
        let Some(entry) = self.objects.get_mut(key) else { return };
        self.pending -= entry.pending.take().map_or(0, |old| weight::of(&old));
        strip(&mut object);
        let size = weight::of(&object);
        if self.pending + size <= MOST_PENDING {
            self.pending += size;
            entry.pending = Some(Box::new(object));
        }
    }

    /// Forgets an object that is gone; gives what was known of it.
    pub fn forget(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.objects.remove(key)?;
        entry.cancel.cancel();
        self.leave(key.namespace());
        self.pending -= entry.pending.as_deref().map_or(0, weight::of);
        Some(entry)
    }

    /// The last of a namespace takes what is known of it along.
    fn leave(&mut self, namespace: &str) {
        let Some(objects) = self.by_namespace.get_mut(namespace) else { return };
        *objects -= 1;
        if *objects == 0 {
            self.by_namespace.remove(namespace);
            self.last_key.remove(namespace);
        }
    }

    /// Whether a namespace has any object.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        self.by_namespace.contains_key(namespace)
    }

    /// The key that last opened something in a namespace.
    pub fn last_key(&self, namespace: &str) -> Option<Fingerprint> {
        self.last_key.get(namespace).copied()
    }

    /// Remembers which keys opened an object, unless it is gone.
    pub fn remember_keys(&mut self, key: &Key, keys: Vec<(Fingerprint, u64)>) {
        let Some(entry) = self.objects.get_mut(key) else { return };
        if let Some((last, _)) = keys.last() {
            self.last_key.insert(Arc::clone(key.owner()), *last);
        }
        entry.keys = keys;
    }

    /// Objects of a namespace (or all) whose Secret is there for all we know, or is being written.
    pub fn with_secret(&self, namespace: Option<&str>) -> HashSet<Key> {
        let has_secret = |entry: &Entry| match &entry.state {
            State::Synced(_) | State::Drifted(_) | State::WaitsForSecret(_) => true,
            State::Unknown | State::WaitsForKey | State::Failed | State::Faulty => entry.work != Work::Idle,
        };
        self.objects
            .iter()
            .filter(|(key, entry)| namespace.is_none_or(|ns| key.namespace() == ns) && has_secret(entry))
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// Objects of a namespace (or all) that a new list did not bring.
    pub fn missing(&self, namespace: Option<&str>, listed: &HashSet<Key>) -> Vec<Key> {
        self.objects
            .keys()
            .filter(|key| namespace.is_none_or(|ns| key.namespace() == ns) && !listed.contains(*key))
            .cloned()
            .collect()
    }
}

impl Entry {
    /// About how many bytes a turn of it takes: as it waits, or as it will be fetched.
    pub fn in_work(&self) -> usize {
        self.pending.as_deref().map_or(self.bytes, weight::of)
    }

    fn new(seen: Sighting) -> Self {
        Self {
            uid: seen.uid,
            generation: seen.generation,
            scope: seen.scope,
            repair: seen.repair,
            deleting: seen.deleting,
            instance: seen.instance,
            state: State::Unknown,
            attempts: 0,
            told: None,
            told_in: 0,
            keys: Vec::new(),
            cause: Cause::Due,
            work: Work::Idle,
            cancel: Cancel::default(),
            bytes: 0,
            pending: None,
        }
    }

    /// Takes a sighting of the same object in and says whether it is due.
    fn update(&mut self, seen: &Sighting) -> Option<Priority> {
        let changed = self.generation != seen.generation || self.scope != seen.scope;
        let asks_repair = seen.repair && !self.repair && matches!(self.state, State::Drifted(_));
        self.generation = seen.generation;
        self.scope = seen.scope;
        self.repair = seen.repair;
        self.deleting = seen.deleting;
        self.instance.clone_from(&seen.instance);
        if changed || self.deleting {
            self.cancel.cancel();
        }
        if (changed || asks_repair) && !self.deleting {
            self.attempts = 0;
            self.cause = Cause::Due;
            return Some(Priority::Fresh);
        }
        None
    }
}

/// An object that was never reconciled goes before one whose status says that it was.
fn first_priority(seen: &Sighting) -> Option<Priority> {
    if seen.deleting {
        return None;
    }
    let reconciled = seen
        .status
        .as_ref()
        .is_some_and(|status| status.observed_generation == seen.generation && !status.conditions.is_empty());
    Some(if reconciled { Priority::Verify } else { Priority::Fresh })
}

/// Takes away what has no say in the Secret or the status, and is often larger than the rest.
pub fn strip(object: &mut SealedSecret) {
    let meta = &mut object.metadata;
    (meta.managed_fields, meta.labels, meta.owner_references, meta.finalizers) = (None, None, None, None);
    if let Some(annotations) = &mut meta.annotations {
        annotations.retain(|name, _| name.starts_with(ANNOTATIONS));
    }
}

/// Bytes: thousands of objects of the usual size; each one beyond costs a request when its turn comes.
const MOST_PENDING: usize = 8 * 1024 * 1024;
/// How our annotations begin.
const ANNOTATIONS: &str = "sealedsecrets.bitnami.com/";

#[cfg(test)]
mod tests {
    use sealed_secrets_core::KeyPair;
    use serde_json::json;

    use super::*;

    fn sighting() -> Sighting {
        Sighting {
            uid: "a".into(),
            generation: Some(1),
            scope: Scope::Strict,
            repair: false,
            deleting: false,
            instance: "".into(),
            status: None,
        }
    }

    /// Shows a hundred objects with so much at `place`; gives how many are kept, and what the last takes in work.
    fn kept_with(place: &str) -> (usize, usize) {
        let index = Index::default();
        for number in 0..100 {
            let mut object =
                json!({ "metadata": {}, "spec": { "encryptedData": {}, "template": { "metadata": {} } } });
            let meta = object.pointer_mut(place).expect("a place");
            *meta = json!({ "annotations": { "a": "x".repeat(1_400_000) } });
            let object = serde_json::from_value(object).expect("an object");
            index.lock().see(&Key::new("ns", &number.to_string()), sighting(), object);
        }
        let inner = index.lock();
        let kept = inner.objects.values().filter(|entry| entry.pending.is_some()).count();
        (kept, inner.objects.get(&Key::new("ns", "99")).map_or(0, Entry::in_work))
    }

    #[test]
    fn what_a_template_carries_counts_and_what_is_stripped_does_not() {
        let (kept, in_work) = kept_with("/spec/template/metadata");
        assert!(kept * 1_400_000 <= MOST_PENDING && kept > 0, "{kept}");
        assert!(in_work > 1_400_000, "it will be fetched as large as it is");
        let (kept, in_work) = kept_with("/metadata");
        assert_eq!(kept, 100);
        assert!(in_work < 4_096, "{in_work}");
    }

    #[test]
    fn a_namespace_is_forgotten_with_its_last_object() {
        let index = Index::default();
        let (one, two) = (Key::new("ns", "one"), Key::new("ns", "two"));
        let read = |path: &str| {
            let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path);
            std::fs::read(data).expect("recorded keys")
        };
        let pair = KeyPair::from_pem(&read("keys/a.key"), &read("controller/certs/a.crt")).expect("a key");
        let opened = || vec![(*pair.fingerprint(), 1)];
        let mut inner = index.lock();
        for key in [&one, &two, &two] {
            inner.see(key, sighting(), SealedSecret::default());
        }
        inner.remember_keys(&one, opened());
        inner.forget(&one);
        assert!(inner.has_namespace("ns") && inner.last_key("ns").is_some());
        inner.forget(&two);
        assert!(!inner.has_namespace("ns") && inner.last_key("ns").is_none());
        inner.remember_keys(&one, opened());
        assert!(inner.last_key("ns").is_none(), "its turn came to an end later");
    }
}
