//! Secrets, as metadata only: one of ours that goes or changes makes its SealedSecret due.
//!
//! Foreign Secrets leave one number each: memory grows with the SealedSecrets, not with the cluster.

use std::{collections::HashSet, sync::Arc};

use k8s_openapi::{api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::{
    Api,
    core::PartialObjectMeta,
    runtime::watcher::{self, Event},
};
use sealed_secrets_core::names;

use super::follow::follow;
use crate::{
    context::Context,
    index::{Cause, Entry, Looks, State, Version},
    pool::Priority,
    queue::Key,
    reconcile::plan::has_true,
};

/// Watches the metadata of the Secrets of a namespace, or of the cluster, for ever.
pub async fn watch(context: Arc<Context>, namespace: Option<String>) {
    let mut config = watcher::Config::default().page_size(PAGE);
    if context.config.streaming_lists {
        config = config.streaming_lists();
    }
    let client = context.client.clone();
    let source = || {
        let api: Api<PartialObjectMeta<Secret>> = match &namespace {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        };
        (api, config.clone())
    };
    let mut listed: Option<HashSet<Key>> = None;
    let scope = namespace.as_deref();
    let handle = |event: Event<PartialObjectMeta<Secret>>| match event {
        Event::Init => {
            context.existing.begin(scope);
            listed = Some(HashSet::new());
        }
        Event::InitApply(secret) => {
            let Some(key) = key_of(&secret.metadata) else { return };
            context.existing.insert(scope, &key);
            // Of foreign Secrets nothing more is kept.
            if seen(&context, &key, &secret.metadata)
                && let Some(listed) = &mut listed
            {
                listed.insert(key);
            }
        }
        Event::InitDone => {
            context.existing.complete(scope);
            let listed = listed.take().unwrap_or_default();
            let missing = context.index.lock().missing(scope, &listed);
            for key in &missing {
                gone(&context, key, None);
            }
        }
        Event::Apply(secret) => {
            if let Some(key) = key_of(&secret.metadata) {
                context.existing.insert(scope, &key);
                seen(&context, &key, &secret.metadata);
            }
        }
        Event::Delete(secret) => {
            if let Some(key) = key_of(&secret.metadata) {
                context.existing.remove(scope, &key);
                gone(&context, &key, Some(&Looks::of(&secret.metadata)));
            }
        }
    };
    follow("secrets", scope.unwrap_or_default(), source, handle).await;
}

/// Takes in a Secret that exists; says whether a SealedSecret has its name.
fn seen(context: &Context, key: &Key, metadata: &ObjectMeta) -> bool {
    let version = Version::of(metadata);
    let running = context.queue.is_running(key);
    let due = context.index.with(key, |entry| {
        entry.seen = Some(version.clone());
        if running { None } else { reaction(entry, &version, &Looks::of(metadata)) }
    });
    if let Some(Some((cause, priority))) = due {
        context.index.with(key, |entry| entry.cause = entry.cause.max(cause));
        context.queue.push(key, priority);
    }
    due.is_some()
}

/// Pure: whether a Secret that looks like this makes its SealedSecret due.
pub fn reaction(entry: &Entry, version: &Version, looks: &Looks) -> Option<(Cause, Priority)> {
    match &entry.state {
        State::Synced(ours) | State::Drifted(ours) if ours.uid != version.uid => {
            Some((Cause::Due, Priority::Fresh))
        }
        State::Synced(ours) | State::Drifted(ours) => {
            if !version.is_later_than(ours) {
                return None;
            }
            Some((Cause::SecretChanged, Priority::Verify))
        }
        State::WaitsForSecret(before) if before != looks => Some((Cause::Due, Priority::Fresh)),
        State::WaitsForSecret(_) | State::Unknown | State::WaitsForKey | State::Failed => None,
    }
}

/// Takes in that a Secret is gone; `looks` is how it looked last, where that is known.
fn gone(context: &Context, key: &Key, looks: Option<&Looks>) {
    let running = context.queue.is_running(key);
    let due = context.index.with(key, |entry| {
        entry.seen = None;
        entry.lost = running && !context.config.skip_recreate;
        let due = returns(entry, looks, context.config.skip_recreate);
        if due {
            (entry.cause, entry.attempts) = (Cause::Due, 0);
        }
        due
    });
    if due == Some(true) {
        context.queue.push(key, Priority::Fresh);
    }
}

/// Pure: whether a deleted Secret is made again.
pub fn returns(entry: &Entry, looks: Option<&Looks>, skip_recreate: bool) -> bool {
    match &entry.state {
        // It stood in the way.
        State::WaitsForSecret(_) => true,
        State::Synced(_) | State::Drifted(_) => {
            // Compat: a Secret that was only merged into belongs to whoever deleted it.
            let ours = looks.is_none_or(|looks| {
                looks.managed || looks.ownerless || looks.owner.as_ref() == Some(&entry.uid)
            });
            !skip_recreate && ours
        }
        State::Unknown | State::WaitsForKey | State::Failed => false,
    }
}

impl Version {
    /// The version of an object.
    pub fn of(metadata: &ObjectMeta) -> Self {
        Self {
            uid: metadata.uid.as_deref().unwrap_or_default().into(),
            resource: metadata.resource_version.as_deref().unwrap_or_default().into(),
        }
    }

    /// Whether this is a later version than `other` of the same object.
    pub fn is_later_than(&self, other: &Self) -> bool {
        match (self.resource.parse::<u64>(), other.resource.parse::<u64>()) {
            (Ok(ours), Ok(theirs)) => ours > theirs,
            // Versions are opaque: if they are no numbers, another one counts as later.
            (Ok(_) | Err(_), _) => self.resource != other.resource,
        }
    }
}

impl Looks {
    /// What decides whether a Secret may be touched.
    pub fn of(metadata: &ObjectMeta) -> Self {
        let owner = metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
        Self {
            uid: metadata.uid.as_deref().unwrap_or_default().into(),
            owner: owner.map(|owner| owner.uid.as_str().into()),
            managed: has_true(metadata, names::MANAGED),
            patch: has_true(metadata, names::PATCH),
            ownerless: has_true(metadata, names::SKIP_SET_OWNER_REFERENCES),
        }
    }
}

fn key_of(metadata: &ObjectMeta) -> Option<Key> {
    Some(Key::new(metadata.namespace.as_deref()?, metadata.name.as_deref()?))
}

/// Metadata can be large (managed fields, last-applied): a page is in memory at once.
const PAGE: u32 = 250;
