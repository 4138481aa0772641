//! What is remembered of each SealedSecret: a few words, never its ciphertexts once it is settled.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sealed_secrets_core::{Fingerprint, SealedSecret};

use super::{
    conclusion::{Outcome, Policy, Requeue},
    entry::{Entry, Task},
    key::Key,
    sighting::Sighting,
};
use crate::{
    capacity::{pool::Priority, weight},
    keys::store::Snapshot,
};

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
        let object = entry.pending.take()?;
        let outdated = entry.is_outdated(&object);
        inner.pending -= weight::of(&object);
        (!outdated).then_some(object)
    }

    /// Number of items sealed to each key.
    pub fn items_per_key(&self) -> HashMap<Fingerprint, u64> {
        let mut counts = HashMap::new();
        for (key, items) in self.lock().objects.values().flat_map(Entry::keys) {
            *counts.entry(*key).or_default() += items;
        }
        counts
    }
}

impl Inner {
    /// Takes a sighting in and says whether the object is due. Where only its metadata was seen it is fetched when its
    /// turn comes.
    pub fn see(&mut self, key: &Key, seen: Sighting, object: Option<SealedSecret>) -> Option<Priority> {
        let due = match self.objects.get_mut(key) {
            Some(entry) if *entry.uid() == *seen.uid => entry.observe(seen),
            Some(_) | None => {
                self.forget(key);
                let due = seen.first_priority();
                self.objects.insert(key.clone(), Entry::new(seen));
                *self.by_namespace.entry(Arc::clone(key.owner())).or_default() += 1;
                due
            }
        };
        let Some(entry) = self.objects.get_mut(key) else { return due };
        match object {
            Some(object) => {
                entry.set_size(&object);
                if due.is_some() || entry.pending.is_some() {
                    self.keep(key, object);
                }
            }
            // What waits of it, if anything, is as it was before.
            None if due.is_some() => {
                entry.bytes = UNSEEN;
                self.pending -= entry.pending.take().map_or(0, |old| weight::of(&old));
            }
            None => {}
        }
        due
    }

    /// Returns an object that will be reconciled again, unless it changed meanwhile.
    pub fn put_back(&mut self, key: &Key, object: SealedSecret) {
        let same =
            self.objects.get(key).is_some_and(|entry| entry.is_as_seen(&object) && entry.pending.is_none());
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
        entry.cancel();
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

    /// Begins work on an object; `None` when it is gone or there is nothing to do. Gives also the key that last opened
    /// something in its namespace.
    pub fn begin(&mut self, key: &Key) -> Option<(Task, Option<Fingerprint>)> {
        let of_namespace = self.last_key(key.namespace());
        let task = self.objects.get_mut(key)?.begin()?;
        Some((task, of_namespace))
    }

    /// The entry that a task is of; `None` when the object is gone, or another one of its name has come.
    pub fn of_task(&mut self, key: &Key, task: &Task) -> Option<&mut Entry> {
        self.objects.get_mut(key).filter(|entry| *entry.uid() == *task.uid)
    }

    /// Ends work on an object with an outcome; says when it comes again. `None` also when it is gone: nothing of it is
    /// remembered.
    pub fn conclude(
        &mut self,
        key: &Key,
        task: &Task,
        outcome: Outcome,
        now: &Snapshot,
        policy: Policy,
    ) -> Option<Requeue> {
        let last = outcome.keys.as_ref().and_then(|keys| keys.last()).map(|(key, _)| *key);
        let requeue = self.of_task(key, task)?.conclude(task, outcome, now, policy);
        if let Some(last) = last {
            self.last_key.insert(Arc::clone(key.owner()), last);
        }
        requeue
    }

    /// Objects of a namespace (or all) whose Secret is there for all we know, or is being written.
    pub fn with_secret(&self, namespace: Option<&str>) -> HashSet<Key> {
        self.objects
            .iter()
            .filter(|(key, entry)| namespace.is_none_or(|ns| key.namespace() == ns) && entry.has_secret())
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
/// What an object counts for whose content nobody has seen: half of the room, so that two are in work at once.
const UNSEEN: usize = 1 << 20;
/// How our annotations begin.
const ANNOTATIONS: &str = "sealedsecrets.bitnami.com/";
