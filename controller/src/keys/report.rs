//! Tells of changed keys, and tries again what waited for one.

use std::sync::Arc;

use k8s_openapi::api::core::v1::ObjectReference;
use sealed_secrets_core::Fingerprint;
use tokio::sync::mpsc;

use super::{held::Change, store::News};
use crate::{
    context::Context,
    events::{Kind, Note},
    index::State,
    pool::Priority,
    watch::sealed,
};

/// Hears of every change of the keys, for ever.
pub async fn report(context: Arc<Context>, mut news: mpsc::UnboundedReceiver<News>) {
    while let Some(news) = news.recv().await {
        react(&context, &news.change);
        context.metrics.set_broken_key(&news.secret, matches!(news.change, Change::Broken(_)));
        let (kind, reason, message) = words(&context, &news.change);
        match kind {
            Kind::Normal => tracing::info!(secret = news.secret, "{message}"),
            Kind::Warning => tracing::warn!(secret = news.secret, "{message}"),
        }
        if kind == Kind::Warning {
            context.events.tell(note(&context, &news, kind, reason, message)).await;
        }
    }
}

/// A new key may open what failed; without a key, what it opened has to be looked at.
fn react(context: &Context, change: &Change) {
    match change {
        Change::Added(_) | Change::AddedWithoutCertificate(..) => {
            sealed::wake(context, |entry| entry.state == State::WaitsForKey, Priority::Fresh);
        }
        Change::Dropped(lost) => {
            sealed::wake(context, |entry| entry.keys.iter().any(|(key, _)| key == lost), Priority::Verify);
        }
        Change::None | Change::Deleted(_) | Change::Broken(_) => {}
    }
}

fn words(context: &Context, change: &Change) -> (Kind, &'static str, String) {
    match change {
        Change::None => (Kind::Normal, "Unchanged", "nothing changed".to_owned()),
        Change::Added(key) => (Kind::Normal, "KeyAdded", format!("key {key} is in use")),
        Change::AddedWithoutCertificate(key, problem) => (
            Kind::Warning,
            "KeyWithoutCertificate",
            format!(
                "key {key} opens values, but nothing is sealed to it: {problem}; put its own certificate into tls.crt"
            ),
        ),
        Change::Dropped(key) => (
            Kind::Warning,
            "KeyDropped",
            format!("key {key} is no longer labelled active; {} open no more", items(context, key)),
        ),
        Change::Deleted(key) => (
            Kind::Warning,
            "KeyDeleted",
            format!(
                "the Secret of key {key} was deleted; {} open until the controller stops: restore the Secret, or seal them again first",
                items(context, key)
            ),
        ),
        Change::Broken(problem) => (
            Kind::Warning,
            "KeyBroken",
            format!(
                "this key Secret cannot be used: {problem}; correct tls.key and tls.crt, or remove its label"
            ),
        ),
    }
}

fn items(context: &Context, key: &Fingerprint) -> String {
    match context.index.items_per_key().get(key) {
        Some(1) => "1 item sealed to it".to_owned(),
        Some(count) => format!("{count} items sealed to it"),
        None => "0 known items sealed to it".to_owned(),
    }
}

fn note(context: &Context, news: &News, kind: Kind, reason: &'static str, message: String) -> Note {
    let about = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Secret".to_owned()),
        namespace: Some(context.config.own_namespace.clone()),
        name: Some(news.secret.clone()),
        uid: Some(news.uid.clone()),
        ..ObjectReference::default()
    };
    Note { about, kind, reason, message }
}
