//! Tells of changed keys, and tries again what waited for one.

use std::sync::Arc;

use k8s_openapi::api::core::v1::ObjectReference;
use sealed_secrets_core::Fingerprint;
use tokio::sync::mpsc;

use super::{known::Change, store::KeyChange};
use crate::{
    capacity::pool::Priority,
    context::Context,
    report::events::{Kind, Note},
    state::entry::State,
};

/// Reports every change of the keys, for ever.
pub async fn report(context: Arc<Context>, mut changes: mpsc::UnboundedReceiver<KeyChange>) {
    while let Some(changed) = changes.recv().await {
        react(&context, &changed.change);
        let unusable = matches!(changed.change, Change::Broken(_) | Change::Planted);
        context.metrics.set_broken_key(&changed.secret, unusable);
        let (kind, reason, message) = words(&context, &changed.change);
        match kind {
            Kind::Normal => tracing::info!(secret = changed.secret, "{message}"),
            Kind::Warning => tracing::warn!(secret = changed.secret, "{message}"),
        }
        if kind == Kind::Warning {
            // The next key may open what waits, and does not wait for the API server to take an Event.
            let (events, note) =
                (Arc::clone(&context.events), note(&context, &changed, kind, reason, message));
            tokio::spawn(async move { events.record(note).await });
        }
    }
}

/// A new key may open what failed; without a key, what it opened has to be looked at.
fn react(context: &Context, change: &Change) {
    match change {
        Change::Added(_) | Change::AddedWithoutCertificate(..) | Change::Replaced { .. } => {
            context.wake(|entry| *entry.state() == State::WaitsForKey, Priority::Fresh);
        }
        Change::Dropped(lost) => {
            context.wake(|entry| entry.keys().iter().any(|(key, _)| key == lost), Priority::Verify);
        }
        Change::None | Change::Deleted(_) | Change::Broken(_) | Change::Planted | Change::Unmarked => {}
    }
}

fn words(context: &Context, change: &Change) -> (Kind, &'static str, String) {
    match change {
        Change::None => (Kind::Normal, "Unchanged", "nothing changed".to_owned()),
        Change::Added(key) => (Kind::Normal, "KeyAdded", added(context, key)),
        Change::AddedWithoutCertificate(key, problem) => (
            Kind::Warning,
            "KeyWithoutCertificate",
            format!("key {key} {}", without_certificate(problem)),
        ),
        Change::Replaced { old, new, problem } => (
            Kind::Warning,
            "KeyReplaced",
            format!(
                "this Secret holds another key now, {new}, which {}; {} open with the old one, {old}, until the controller stops: put it into a Secret of its own, or seal them again first",
                problem.as_ref().map_or("is in use".to_owned(), |problem| without_certificate(problem)),
                items(context, old)
            ),
        ),
        Change::Planted => (
            Kind::Warning,
            "KeyNotRead",
            "this Secret has the marks of a sealing key but was made from a SealedSecret, so it is not read as one: if it is yours, apply it by hand without that owner and without the annotation sealedsecrets.bitnami.com/skip-set-owner-references; if not, delete the SealedSecret, and seal anew what was sealed to its certificate".to_owned(),
        ),
        Change::Unmarked => (
            Kind::Normal,
            "KeyNotReadGone",
            "a Secret with the marks of a sealing key that was not used is gone or has them no more".to_owned(),
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

fn added(context: &Context, key: &Fingerprint) -> String {
    match context.keys.ring().waits_until(key) {
        Some(start) => format!(
            "key {key} opens values; its certificate begins at {start}, and nothing is sealed to it before"
        ),
        None => format!("key {key} is in use"),
    }
}

fn without_certificate(problem: &str) -> String {
    format!("opens values, but nothing is sealed to it: {problem}; put its own certificate into tls.crt")
}

fn items(context: &Context, key: &Fingerprint) -> String {
    match context.index.items_per_key().get(key) {
        Some(1) => "1 item sealed to it".to_owned(),
        Some(count) => format!("{count} items sealed to it"),
        None => "0 known items sealed to it".to_owned(),
    }
}

fn note(context: &Context, changed: &KeyChange, kind: Kind, reason: &'static str, message: String) -> Note {
    let about = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Secret".to_owned()),
        namespace: Some(context.config.own_namespace.clone()),
        name: Some(changed.secret.clone()),
        uid: Some(changed.uid.clone()),
        ..ObjectReference::default()
    };
    Note { about, kind, reason, message }
}
