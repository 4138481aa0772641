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
    index::{Looks, Version},
    queue::Key,
    reconcile::plan::has_true,
    turn::Sign,
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
            if heard(&context, &key, is(&secret.metadata))
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
                heard(&context, key, Sign::Gone(None));
            }
        }
        Event::Apply(secret) => {
            if let Some(key) = key_of(&secret.metadata) {
                context.existing.insert(scope, &key);
                heard(&context, &key, is(&secret.metadata));
            }
        }
        Event::Delete(secret) => {
            if let Some(key) = key_of(&secret.metadata) {
                context.existing.remove(scope, &key);
                heard(&context, &key, Sign::Gone(Some(Looks::of(&secret.metadata))));
            }
        }
    };
    follow("secrets", scope.unwrap_or_default(), source, handle).await;
}

/// Takes in what a Secret does; says whether a SealedSecret has its name.
fn heard(context: &Context, key: &Key, sign: Sign) -> bool {
    let skip_recreate = context.config.skip_recreate;
    let due = context.index.with(key, |entry| entry.hear(sign, skip_recreate));
    if let Some(Some(priority)) = due {
        context.queue.push(key, priority);
    }
    due.is_some()
}

fn is(metadata: &ObjectMeta) -> Sign {
    Sign::Is(Version::of(metadata), Looks::of(metadata))
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
