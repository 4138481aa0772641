//! SealedSecrets: a changed spec or scope makes one due; one that is gone is forgotten.

use std::{collections::HashSet, sync::Arc};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Api,
    core::PartialObjectMeta,
    runtime::watcher::{self, Event},
};
use sealed_secrets_core::{Scope, SealedSecret, names, sealed_secret::Status};

use super::follow::{follow, follow_while_pages_fit};
use crate::{
    api::sealed::api,
    context::Context,
    reconcile::collect,
    state::{key::Key, secret::has_true, sighting::Sighting},
};

/// Watches the SealedSecrets of a namespace, or of the cluster, for ever.
///
/// They come whole, so that none has to be fetched. Where a page of them does not fit into an answer, the watch goes on
/// with their metadata, and each is fetched when its turn comes: a tenant with many large objects would keep the others
/// waiting until all of these were read.
pub async fn watch(context: Arc<Context>, namespace: Option<String>) {
    let shown = namespace.as_deref().unwrap_or_default();
    let whole = || (api(&context.client, namespace.as_deref()), config(&context));
    follow_while_pages_fit(names::PLURAL, shown, &whole, &mut handler(&context, namespace.as_deref())).await;
    tracing::info!(
        resource = names::PLURAL,
        namespace = shown,
        "large objects: they are listed by name, and each is read when its turn comes"
    );
    let metadata = || {
        let api: Api<PartialObjectMeta<SealedSecret>> = match namespace.as_deref() {
            Some(namespace) => Api::namespaced(context.client.clone(), namespace),
            None => Api::all(context.client.clone()),
        };
        (api, config(&context))
    };
    follow(names::PLURAL, shown, metadata, handler(&context, namespace.as_deref())).await;
}

fn config(context: &Context) -> watcher::Config {
    let mut config = watcher::Config::default().page_size(PAGE);
    config.label_selector.clone_from(&context.config.label_selector);
    if context.config.streaming_lists { config.streaming_lists() } else { config }
}

/// A SealedSecret as a watch brings it.
trait Watched: Sized {
    fn metadata(&self) -> &ObjectMeta;
    /// Its status, if it came: one without counts as never reconciled.
    fn status(&self) -> Option<&Status>;
    /// All of it, if it came.
    fn whole(self) -> Option<SealedSecret>;
}

impl Watched for SealedSecret {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    fn whole(self) -> Option<SealedSecret> {
        Some(self)
    }
}

impl Watched for PartialObjectMeta<SealedSecret> {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn status(&self) -> Option<&Status> {
        None
    }

    fn whole(self) -> Option<SealedSecret> {
        None
    }
}

fn handler<K: Watched>(context: &Arc<Context>, namespace: Option<&str>) -> impl FnMut(Event<K>) {
    let mut listed: Option<HashSet<Key>> = None;
    move |event| match event {
        Event::Init => listed = Some(HashSet::new()),
        Event::InitApply(object) => {
            if let (Some(listed), Some(key)) = (&mut listed, key_of(object.metadata())) {
                listed.insert(key);
            }
            seen(context, object);
        }
        Event::InitDone => {
            let listed = listed.take().unwrap_or_default();
            tracing::debug!(
                resource = names::PLURAL,
                namespace = namespace.unwrap_or_default(),
                count = listed.len(),
                "listed"
            );
            let missing = context.index.lock().missing(namespace, &listed);
            for key in &missing {
                gone(context, key);
            }
        }
        Event::Apply(object) => seen(context, object),
        Event::Delete(object) => {
            if let Some(key) = key_of(object.metadata()) {
                gone(context, &key);
            }
        }
    }
}

fn seen<K: Watched>(context: &Context, object: K) {
    let Some(key) = key_of(object.metadata()) else { return };
    let sighting = sighting(object.metadata(), object.status());
    let instance = sighting.instance.clone();
    let mut inner = context.index.lock();
    let due = inner.see(&key, sighting, object.whole());
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

fn sighting(meta: &ObjectMeta, status: Option<&Status>) -> Sighting {
    let label = meta.labels.as_ref().and_then(|labels| labels.get(INSTANCE));
    Sighting {
        uid: meta.uid.as_deref().unwrap_or_default().into(),
        generation: meta.generation,
        scope: Scope::of(meta.annotations.as_ref()),
        repair: has_true(meta, names::REPAIR_DRIFT),
        deleting: meta.deletion_timestamp.is_some(),
        instance: label.map(String::as_str).unwrap_or_default().into(),
        status: status.cloned(),
    }
}

/// Namespace and name of an object.
fn key_of(meta: &ObjectMeta) -> Option<Key> {
    Some(Key::new(meta.namespace.as_deref()?, meta.name.as_deref()?))
}

const INSTANCE: &str = "app.kubernetes.io/instance";
/// Where objects are large the API server makes a whole page before we see that it does not fit.
const PAGE: u32 = 100;
