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

use super::follow::follow;
use crate::{
    context::Context,
    state::{
        key::Key,
        secret::{Ownership, SecretEvent},
    },
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
    // Of those that had a Secret when the list was made, whichever it does not bring has lost it. Objects that are
    // reconciled while the pages arrive are not among them: the watch continues from the revision of the list.
    let mut expected: Option<HashSet<Key>> = None;
    let scope = namespace.as_deref();
    let handle = |event: Event<PartialObjectMeta<Secret>>| match event {
        Event::Init => {
            context.existing.begin(scope);
            expected = None;
        }
        Event::InitApply(secret) => {
            let Some(key) = key_of(&secret.metadata) else { return };
            context.existing.insert(scope, &key);
            expected.get_or_insert_with(|| context.index.lock().with_secret(scope)).remove(&key);
            observe(&context, &key, SecretEvent::exists(&secret.metadata));
        }
        Event::InitDone => {
            context.existing.complete(scope);
            let missing = expected.take().unwrap_or_else(|| context.index.lock().with_secret(scope));
            for key in &missing {
                observe(&context, key, SecretEvent::Deleted(None));
            }
        }
        Event::Apply(secret) => {
            if let Some(key) = key_of(&secret.metadata) {
                context.existing.insert(scope, &key);
                observe(&context, &key, SecretEvent::exists(&secret.metadata));
            }
        }
        Event::Delete(secret) => {
            if let Some(key) = key_of(&secret.metadata) {
                context.existing.remove(scope, &key);
                observe(&context, &key, SecretEvent::Deleted(Some(Ownership::of(&secret.metadata))));
            }
        }
    };
    follow("secrets", scope.unwrap_or_default(), source, handle).await;
}

/// Takes in what a Secret does.
fn observe(context: &Context, key: &Key, event: SecretEvent) {
    let skip_recreate = context.config.skip_recreate;
    let due = context.index.with(key, |entry| entry.observe_secret(event, skip_recreate));
    if let Some(Some(priority)) = due {
        context.queue.push(key, priority);
    }
}

fn key_of(metadata: &ObjectMeta) -> Option<Key> {
    Some(Key::new(metadata.namespace.as_deref()?, metadata.name.as_deref()?))
}

/// Metadata can be large (managed fields, last-applied): a page is in memory at once.
const PAGE: u32 = 250;
