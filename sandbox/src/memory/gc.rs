//! The garbage collector and the end of namespaces: what the real cluster's controller manager does.
//!
//! ```text
//! change ──▶ owners index ──▶ owner gone?      delete the dependent, or drop the dead reference
//!                         ├──▶ foreground?      dependents first, then the finalizer
//!                         ├──▶ orphan?          references first, then the finalizer
//!                         └──▶ namespace ends?  contents first, then the namespace
//! ```

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    delete::{self, FOREGROUND, ORPHAN, Options},
    meta,
    resource::{Registry, Resource},
    store::{Change, Data, Key},
    write::{Part, Writer},
};

/// Resource and key of an object.
type Place = (String, Key);

/// Who owns whom, and how far the history has been read.
#[derive(Debug, Default)]
pub(super) struct Collector {
    dependents: HashMap<String, BTreeSet<Place>>,
    read: HashMap<String, u64>,
}

impl Collector {
    /// Brings the objects in order until nothing is left to do.
    pub(super) fn settle(&mut self, registry: &Registry, now: Timestamp, data: &mut Data) {
        loop {
            let before = data.revision;
            let mut work = Work { registry, now, data };
            for resource in work.data.resources() {
                let from = self.read.insert(resource.clone(), before).unwrap_or_default();
                for (_, change) in work.data.changes_after(&resource, from).unwrap_or_default() {
                    self.index(&resource, &change);
                    self.act_on(&resource, &change, &mut work);
                }
            }
            work.end_namespaces();
            if data.revision == before {
                return;
            }
        }
    }

    fn index(&mut self, resource: &str, change: &Change) {
        let place = (resource.to_owned(), meta::key(&change.after));
        for owner in change.before.iter().flat_map(|o| owners(o)) {
            if let Some(places) = self.dependents.get_mut(owner) {
                places.remove(&place);
            }
        }
        if !change.deleted {
            for owner in owners(&change.after) {
                self.dependents.entry(owner.to_owned()).or_default().insert(place.clone());
            }
        }
    }

    fn act_on(&mut self, resource: &str, change: &Change, work: &mut Work<'_>) {
        let uid = meta::text(&change.after, "uid");
        let of = |collector: &Self, uid: &str| collector.dependents.get(uid).cloned().unwrap_or_default();
        if change.deleted {
            for (resource, key) in of(self, uid) {
                work.check_owners(&resource, &key);
            }
            // The owner that waits in the foreground may be free now.
            for owner in owners(&change.after) {
                if let Some((resource, key)) = work.data.by_uid(owner).cloned() {
                    work.finish_foreground(&resource, &key, &of(self, owner));
                }
            }
            return;
        }
        let key = meta::key(&change.after);
        work.check_owners(resource, &key);
        if meta::is_terminating(&change.after) && meta::has_finalizer(&change.after, ORPHAN) {
            for (resource, key) in of(self, uid) {
                work.drop_references(&resource, &key, |owner| owner == uid);
            }
            work.drop_finalizer(resource, &key, ORPHAN);
        }
        if meta::is_terminating(&change.after) && meta::has_finalizer(&change.after, FOREGROUND) {
            for (resource, key) in of(self, uid) {
                work.delete(&resource, &key);
            }
            work.finish_foreground(resource, &key, &of(self, uid));
        }
    }
}

/// One round of work, under the store's lock.
struct Work<'a> {
    registry: &'a Registry,
    now: Timestamp,
    data: &'a mut Data,
}

impl Work<'_> {
    /// Deletes the object when all its owners are gone; drops the references of those that are.
    fn check_owners(&mut self, resource: &str, key: &Key) {
        let Some(object) = self.data.get(resource, &key.0, &key.1) else { return };
        let (mut living, mut dead) = (0, Vec::new());
        for reference in meta::list(&object, "ownerReferences") {
            let uid = reference["uid"].as_str().unwrap_or_default();
            let text = |field: &str| reference[field].as_str().unwrap_or_default();
            // Compat: of a kind that nobody serves nothing is known, so nothing is collected.
            let known = self.registry.of_kind(text("apiVersion"), text("kind")).is_some();
            let there =
                self.data.by_uid(uid).is_some_and(|(_, owner)| owner.0.is_empty() || owner.0 == key.0);
            if there || !known { living += 1 } else { dead.push(uid.to_owned()) }
        }
        if dead.is_empty() || meta::is_terminating(&object) {
            return;
        }
        if living == 0 {
            self.delete(resource, key);
        } else {
            self.drop_references(resource, key, |owner| dead.iter().any(|d| d == owner));
        }
    }

    fn finish_foreground(&mut self, resource: &str, key: &Key, dependents: &BTreeSet<Place>) {
        let Some(owner) = self.data.get(resource, &key.0, &key.1) else { return };
        let uid = meta::text(&owner, "uid");
        let blocks = |place: &Place| {
            let dependent = self.data.get(&place.0, &place.1.0, &place.1.1);
            let references = dependent.as_deref().map_or(&[][..], |d| meta::list(d, "ownerReferences"));
            references.iter().any(|r| r["uid"] == uid && r["blockOwnerDeletion"] == true)
        };
        if meta::is_terminating(&owner)
            && meta::has_finalizer(&owner, FOREGROUND)
            && !dependents.iter().any(blocks)
        {
            self.drop_finalizer(resource, key, FOREGROUND);
        }
    }

    fn drop_finalizer(&mut self, resource: &str, key: &Key, finalizer: &str) {
        self.change(resource, key, |object| {
            let rest: Vec<Value> =
                meta::list(object, "finalizers").iter().filter(|f| *f != finalizer).cloned().collect();
            meta::set(object, "finalizers", (!rest.is_empty()).then(|| rest.into()));
        });
    }

    fn drop_references(&mut self, resource: &str, key: &Key, is_dropped: impl Fn(&str) -> bool) {
        self.change(resource, key, |object| {
            let stays = |r: &&Value| !is_dropped(r["uid"].as_str().unwrap_or_default());
            let rest: Vec<Value> =
                meta::list(object, "ownerReferences").iter().filter(stays).cloned().collect();
            meta::set(object, "ownerReferences", (!rest.is_empty()).then(|| rest.into()));
        });
    }

    fn change(&mut self, resource: &str, key: &Key, edit: impl FnOnce(&mut Value)) {
        let (Some(kind), Some(object)) = (self.resource(resource), self.data.get(resource, &key.0, &key.1))
        else {
            return;
        };
        let mut object = Value::clone(&object);
        edit(&mut object);
        let writer = Writer { resource: &kind, namespace: &key.0, now: self.now, dry_run: false };
        // A refusal leaves the object as it is, as a failing collector would; the next change tries again.
        let _ = writer.update(&key.1, object, Part::Main, self.data);
    }

    fn delete(&mut self, resource: &str, key: &Key) {
        let Some(kind) = self.resource(resource) else { return };
        let _ = delete::delete(&kind, (&key.0, &key.1), &Options::default(), self.now, self.data);
    }

    /// Empties namespaces that are terminating, and takes the empty ones away.
    fn end_namespaces(&mut self) {
        let terminating = |n: &Arc<Value>| meta::is_terminating(n);
        for namespace in self.data.list("namespaces", "").into_iter().filter(terminating) {
            let name = meta::name(&namespace);
            let mut left = 0;
            for resource in self.data.resources().into_iter().filter(|r| r != "namespaces") {
                let inside = self.data.list(&resource, name);
                for object in inside.iter().filter(|o| meta::namespace(o) == name) {
                    self.delete(&resource, &meta::key(object));
                }
                left += self.data.list(&resource, name).len();
            }
            if left == 0 && meta::list(&namespace, "finalizers").is_empty() {
                self.data.remove("namespaces", "", name);
            }
        }
    }

    fn resource(&self, id: &str) -> Option<Arc<Resource>> {
        self.registry.all().iter().find(|r| r.id() == id).cloned()
    }
}

fn owners(object: &Value) -> impl Iterator<Item = &str> {
    meta::list(object, "ownerReferences").iter().filter_map(|r| r["uid"].as_str())
}
