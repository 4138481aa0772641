//! Deletion: finalizers, preconditions, and what becomes of the objects that the deleted one owns.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{meta, resource::Resource, status::Refusal, store::Data};

/// What a deletion asks for, from the body or the query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Propagation {
    /// The object goes at once, what it owns goes after it.
    #[default]
    Background,
    /// The object goes last.
    Foreground,
    /// What it owns stays, without the reference.
    Orphan,
}

/// `DeleteOptions`.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    propagation: Propagation,
    uid: Option<String>,
    resource_version: Option<String>,
    pub(super) dry_run: bool,
}

impl Options {
    /// Reads the body, which may be missing, and the parameters of the query, which the body beats.
    pub(super) fn parse(body: &Value, query: impl Fn(&str) -> String) -> Result<Self, Refusal> {
        let policy =
            body["propagationPolicy"].as_str().map_or_else(|| query("propagationPolicy"), str::to_owned);
        let orphan = body["orphanDependents"] == true || query("orphanDependents") == "true";
        let propagation = match policy.as_str() {
            "Orphan" => Propagation::Orphan,
            "" if orphan => Propagation::Orphan,
            "" | "Background" => Propagation::Background,
            "Foreground" => Propagation::Foreground,
            other => return Err(Refusal::bad_request(format!("invalid propagationPolicy {other:?}"))),
        };
        let precondition = |name: &str| body["preconditions"][name].as_str().map(str::to_owned);
        let dry_run = !query("dryRun").is_empty() || body["dryRun"].is_array();
        Ok(Self {
            propagation,
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
            dry_run,
        })
    }
}

/// What is left after a deletion was asked for.
pub(super) enum Deleted {
    /// It is gone: its last state.
    Gone(Arc<Value>),
    /// It waits for its finalizers.
    Waiting(Arc<Value>),
}

/// Deletes one object, or marks it when finalizers hold it.
pub(super) fn delete(
    resource: &Resource,
    (namespace, name): (&str, &str),
    options: &Options,
    now: Timestamp,
    data: &mut Data,
) -> Result<Deleted, Refusal> {
    let id = resource.id();
    let found = data.get(&id, namespace, name).ok_or_else(|| Refusal::not_found(resource, name))?;
    check_preconditions(resource, &found, options)?;
    let mut object = Value::clone(&found);
    let finalizer = match options.propagation {
        Propagation::Background => None,
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
    };
    if let Some(finalizer) = finalizer.filter(|f| !meta::has_finalizer(&object, f)) {
        let mut finalizers = meta::list(&object, "finalizers").to_vec();
        finalizers.push(finalizer.into());
        meta::set(&mut object, "finalizers", Some(finalizers.into()));
    }
    let held = !meta::list(&object, "finalizers").is_empty() || resource.plural == "namespaces";
    if !held {
        let gone = if options.dry_run { Some(found) } else { data.remove(&id, namespace, name) };
        return gone.map(Deleted::Gone).ok_or_else(|| Refusal::not_found(resource, name));
    }
    if !meta::is_terminating(&object) {
        meta::set(&mut object, "deletionTimestamp", Some(meta::instant(now)));
        meta::set(&mut object, "deletionGracePeriodSeconds", Some(json!(0)));
        if let Some(generation) = object["metadata"]["generation"].as_i64() {
            meta::set(&mut object, "generation", Some((generation + 1).into()));
        }
        if resource.plural == "namespaces" {
            object["status"]["phase"] = "Terminating".into();
        }
    }
    if object == *found || options.dry_run {
        return Ok(Deleted::Waiting(found));
    }
    Ok(Deleted::Waiting(data.put(&id, object)))
}

fn check_preconditions(resource: &Resource, object: &Value, options: &Options) -> Result<(), Refusal> {
    let checks =
        [("uid", "UID", &options.uid), ("resourceVersion", "ResourceVersion", &options.resource_version)];
    for (field, label, wanted) in checks {
        let is = meta::text(object, field);
        if let Some(wanted) = wanted
            && wanted != is
        {
            let why = format!(
                "the {label} in the precondition ({wanted}) does not match the {label} in record ({is}). The object might have been deleted and then recreated"
            );
            return Err(Refusal::conflict(resource, meta::name(object), &why));
        }
    }
    Ok(())
}

/// Finalizer of an object whose dependents go first.
pub(super) const FOREGROUND: &str = "foregroundDeletion";
/// Finalizer of an object whose dependents stay.
pub(super) const ORPHAN: &str = "orphan";
