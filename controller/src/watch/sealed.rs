//! SealedSecrets: a changed spec or scope makes one due; one that is gone is forgotten.

use std::{collections::HashSet, sync::Arc};

use kube::runtime::watcher::{self, Event};
use sealed_secrets_core::{SealedSecret, names};

use super::follow::follow;
use crate::{
    api::sealed::api,
    context::Context,
    reconcile::collect,
    state::{key::Key, secret::has_true, sighting::Sighting},
};

/// Watches the SealedSecrets of a namespace, or of the cluster, for ever.
pub async fn watch(context: Arc<Context>, namespace: Option<String>) {
    let mut config = watcher::Config::default().page_size(PAGE);
    config.label_selector.clone_from(&context.config.label_selector);
    if context.config.streaming_lists {
        config = config.streaming_lists();
    }
    let source = || (api(&context.client, namespace.as_deref()), config.clone());
    let mut listed: Option<HashSet<Key>> = None;
    let shown = namespace.as_deref().unwrap_or_default();
    let handle = |event| match event {
        Event::Init => listed = Some(HashSet::new()),
        Event::InitApply(object) => {
            if let (Some(listed), Some(key)) = (&mut listed, key_of(&object)) {
                listed.insert(key);
            }
            seen(&context, object);
        }
        Event::InitDone => {
            let listed = listed.take().unwrap_or_default();
            let missing = context.index.lock().missing(namespace.as_deref(), &listed);
            for key in &missing {
                gone(&context, key);
            }
        }
        Event::Apply(object) => seen(&context, object),
        Event::Delete(object) => {
            if let Some(key) = key_of(&object) {
                gone(&context, &key);
            }
        }
    };
    follow(names::PLURAL, shown, source, handle).await;
}

fn seen(context: &Context, object: SealedSecret) {
    let Some(key) = key_of(&object) else { return };
    let sighting = sighting(&object);
    let instance = sighting.instance.clone();
    let mut inner = context.index.lock();
    let due = inner.see(&key, sighting, object);
    // Under the lock, like all that is shown of an object: see `reconcile::conclude`.
    context.metrics.relabel_condition(&key, &instance);
    drop(inner);
    if let Some(priority) = due {
        context.queue.push(&key, priority);
    }
}

fn gone(context: &Arc<Context>, key: &Key) {
    let mut inner = context.index.lock();
    let entry = inner.forget(key);
    context.metrics.forget_condition(key);
    if !inner.has_namespace(key.namespace()) {
        context.metrics.forget_namespace(key.namespace());
    }
    drop(inner);
    context.queue.forget(key);
    if let Some(entry) = entry
        && context.config.old_gc
    {
        tokio::spawn(collect::collect(Arc::clone(context), key.clone(), entry));
    }
}

fn sighting(object: &SealedSecret) -> Sighting {
    let meta = &object.metadata;
    let label = meta.labels.as_ref().and_then(|labels| labels.get(INSTANCE));
    Sighting {
        uid: meta.uid.as_deref().unwrap_or_default().into(),
        generation: meta.generation,
        scope: object.scope(),
        repair: has_true(meta, names::REPAIR_DRIFT),
        deleting: meta.deletion_timestamp.is_some(),
        instance: label.map(String::as_str).unwrap_or_default().into(),
        status: object.status.clone(),
    }
}

/// Namespace and name of an object.
fn key_of(object: &SealedSecret) -> Option<Key> {
    Some(Key::new(object.metadata.namespace.as_deref()?, object.metadata.name.as_deref()?))
}

const INSTANCE: &str = "app.kubernetes.io/instance";
const PAGE: u32 = 250;
