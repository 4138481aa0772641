//! Which Secrets exist, as one number each: so that the first look at a new object costs no request.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::state::key::Key;

/// Fingerprints of the names of all Secrets that a watch has shown. Two names with one fingerprint only
/// cost a request.
#[derive(Default)]
pub struct Existing {
    hasher: RandomState,
    scopes: Mutex<HashMap<Option<String>, Scope>>,
}

#[derive(Default)]
struct Scope {
    names: HashSet<u64>,
    listing: Option<HashSet<u64>>,
    complete: bool,
}

impl Existing {
    /// A new list of a scope (a namespace, or all) begins.
    pub fn begin(&self, scope: Option<&str>) {
        self.lock().entry(scope.map(str::to_owned)).or_default().listing = Some(HashSet::new());
    }

    /// The list of a scope is complete.
    pub fn complete(&self, scope: Option<&str>) {
        if let Some(scope) = self.lock().get_mut(&scope.map(str::to_owned)) {
            scope.names = scope.listing.take().unwrap_or_default();
            scope.names.shrink_to_fit();
            scope.complete = true;
        }
    }

    /// A Secret exists.
    pub fn insert(&self, scope: Option<&str>, key: &Key) {
        let name = self.hasher.hash_one(key);
        if let Some(scope) = self.lock().get_mut(&scope.map(str::to_owned)) {
            scope.listing.as_mut().unwrap_or(&mut scope.names).insert(name);
        }
    }

    /// A Secret is gone.
    pub fn remove(&self, scope: Option<&str>, key: &Key) {
        let name = self.hasher.hash_one(key);
        if let Some(scope) = self.lock().get_mut(&scope.map(str::to_owned)) {
            scope.names.remove(&name);
        }
    }

    /// Whether a Secret may exist: surely not only if a complete watch has not shown it.
    pub fn may_exist(&self, key: &Key) -> bool {
        let name = self.hasher.hash_one(key);
        let scopes = self.lock();
        let scope = scopes.get(&None).or_else(|| scopes.get(&Some(key.namespace().to_owned())));
        scope.is_none_or(|scope| !scope.complete || scope.names.contains(&name))
    }

    /// Whether a complete watch shows a Secret.
    pub fn is_shown(&self, key: &Key) -> bool {
        let name = self.hasher.hash_one(key);
        let scopes = self.lock();
        let scope = scopes.get(&None).or_else(|| scopes.get(&Some(key.namespace().to_owned())));
        scope.is_some_and(|scope| scope.complete && scope.names.contains(&name))
    }

    /// Forgets everything: until a list is complete again, any Secret may exist.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<String>, Scope>> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_watch_rules_a_secret_out() {
        let (existing, here, gone) = (Existing::default(), Key::new("ns", "here"), Key::new("ns", "gone"));
        assert!(existing.may_exist(&gone), "nothing is known yet");
        existing.begin(None);
        existing.insert(None, &here);
        assert!(existing.may_exist(&gone), "the list is not complete");
        existing.complete(None);
        assert!(existing.may_exist(&here) && !existing.may_exist(&gone));
        assert!(existing.is_shown(&here) && !existing.is_shown(&gone));
        existing.insert(None, &gone);
        existing.remove(None, &here);
        assert!(existing.may_exist(&gone) && !existing.may_exist(&here));
        existing.begin(None);
        existing.complete(None);
        assert!(!existing.may_exist(&gone), "a new list replaces the old one");
    }

    #[test]
    fn a_namespace_that_is_not_watched_is_unknown() {
        let existing = Existing::default();
        existing.begin(Some("ns"));
        existing.complete(Some("ns"));
        assert!(!existing.may_exist(&Key::new("ns", "app")));
        assert!(existing.may_exist(&Key::new("other", "app")));
    }
}
