//! Objects by resource, namespace and name, and the history of their changes.
//!
//! One lock guards everything: a write sees and leaves a consistent whole. Every change has a revision;
//! readers that wait for changes are woken by [`Store::revisions`].

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::sync::watch;

use super::meta;

/// Namespace (empty for cluster-wide objects) and name.
pub(super) type Key = (String, String);

/// One change of one object.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) before: Option<Arc<Value>>,
    /// The object after the change; of a deletion, its last state with the revision of the deletion.
    pub(super) after: Arc<Value>,
    pub(super) deleted: bool,
}

/// All objects.
#[derive(Debug)]
pub(super) struct Store {
    data: Mutex<Data>,
    revision: watch::Sender<u64>,
}

impl Store {
    pub(super) fn new() -> Self {
        Self { data: Mutex::new(Data::default()), revision: watch::Sender::new(0) }
    }

    /// Runs `work` on the objects, alone; wakes those who wait for changes.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Data) -> T) -> T {
        let mut data = self.data.lock().expect("no write panics halfway");
        let before = data.revision;
        let result = work(&mut data);
        if data.revision != before {
            self.revision.send_replace(data.revision);
        }
        result
    }

    /// Yields whenever there are new changes.
    pub(super) fn revisions(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}

/// What the lock guards.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) revision: u64,
    collections: HashMap<String, Collection>,
    /// Where each living object is, by uid.
    uids: HashMap<String, (String, Key)>,
}

#[derive(Debug, Default)]
struct Collection {
    objects: BTreeMap<Key, Arc<Value>>,
    history: BTreeMap<u64, Change>,
    /// Changes up to here have been forgotten.
    floor: u64,
}

impl Data {
    pub(super) fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let key = (namespace.to_owned(), name.to_owned());
        self.collections.get(resource)?.objects.get(&key).cloned()
    }

    /// Where the living object with this uid is.
    pub(super) fn by_uid(&self, uid: &str) -> Option<&(String, Key)> {
        self.uids.get(uid)
    }

    /// The objects of a resource in order; of one namespace unless that is empty.
    pub(super) fn list(&self, resource: &str, namespace: &str) -> Vec<Arc<Value>> {
        let Some(collection) = self.collections.get(resource) else { return Vec::new() };
        let from = (namespace.to_owned(), String::new());
        let in_namespace = |key: &Key| namespace.is_empty() || key.0 == namespace;
        collection
            .objects
            .range(from..)
            .take_while(|(key, _)| in_namespace(key))
            .map(|(_, o)| Arc::clone(o))
            .collect()
    }

    /// Every resource that has ever held an object.
    pub(super) fn resources(&self) -> Vec<String> {
        self.collections.keys().cloned().collect()
    }

    /// The objects of a resource as they were at `revision`; `None` when that is forgotten.
    pub(super) fn list_at(&self, resource: &str, namespace: &str, revision: u64) -> Option<Vec<Arc<Value>>> {
        let Some(collection) = self.collections.get(resource) else { return Some(Vec::new()) };
        if revision < collection.floor {
            return None;
        }
        let mut objects = collection.objects.clone();
        for change in collection.history.range(revision + 1..).rev().map(|(_, c)| c) {
            match &change.before {
                Some(before) => objects.insert(meta::key(before), Arc::clone(before)),
                None => objects.remove(&meta::key(&change.after)),
            };
        }
        let wanted = |key: &Key| namespace.is_empty() || key.0 == namespace;
        Some(objects.into_iter().filter(|(key, _)| wanted(key)).map(|(_, object)| object).collect())
    }

    /// The changes of a resource after `revision`; `None` when some of them are forgotten.
    pub(super) fn changes_after(&self, resource: &str, revision: u64) -> Option<Vec<(u64, Change)>> {
        let Some(collection) = self.collections.get(resource) else { return Some(Vec::new()) };
        if revision < collection.floor {
            return None;
        }
        Some(collection.history.range(revision + 1..).map(|(r, c)| (*r, c.clone())).collect())
    }

    /// Stores an object under its own namespace and name, with a new revision.
    pub(super) fn put(&mut self, resource: &str, mut object: Value) -> Arc<Value> {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = self.revision.to_string().into();
        let (key, object) = (meta::key(&object), Arc::new(object));
        self.uids.insert(meta::text(&object, "uid").to_owned(), (resource.to_owned(), key.clone()));
        let collection = self.collections.entry(resource.to_owned()).or_default();
        let before = collection.objects.insert(key, Arc::clone(&object));
        collection.record(self.revision, Change { before, after: Arc::clone(&object), deleted: false });
        object
    }

    /// Takes an object out; its last state carries the revision of the deletion.
    pub(super) fn remove(&mut self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let collection = self.collections.get_mut(resource)?;
        let before = collection.objects.remove(&(namespace.to_owned(), name.to_owned()))?;
        self.revision += 1;
        self.uids.remove(meta::text(&before, "uid"));
        let mut last = Value::clone(&before);
        last["metadata"]["resourceVersion"] = self.revision.to_string().into();
        let last = Arc::new(last);
        collection
            .record(self.revision, Change { before: Some(before), after: Arc::clone(&last), deleted: true });
        Some(last)
    }

    /// Forgets all history, as a compaction does: who is behind must list again.
    pub(super) fn compact(&mut self) {
        for collection in self.collections.values_mut() {
            collection.history.clear();
            collection.floor = self.revision;
        }
    }
}

impl Collection {
    fn record(&mut self, revision: u64, change: Change) {
        self.history.insert(revision, change);
        if self.history.len() > HISTORY
            && let Some((forgotten, _)) = self.history.pop_first()
        {
            self.floor = forgotten;
        }
    }
}

/// Changes kept per resource; older ones are answered with 410.
const HISTORY: usize = 20_000;
