//! A SealedSecret in the controller's namespace that makes itself a sealing key: nobody but the controller may
//! say which certificate is served.

use jiff::Timestamp;
use sandbox::http_client;
use sealed_secrets_core::{KeyPair, Label, names};
use serde_json::{Map, Value, json};

use super::super::field::said;
use super::super::make;
use super::{Attack, Failure, Field, Outcome, Target, blocking};
use crate::bench::in_process::new_key;

pub(super) const ALL: &[Attack] =
    &[Attack::new("a key of one's own", "a hash and a key", |field, target| {
        Box::pin(own_key(field, target))
    })];

/// One way to bring about a Secret that counts as a sealing key.
struct Way {
    name: &'static str,
    /// Whether the template carries the label of an active key.
    label: bool,
    /// An annotation of the template.
    annotation: Option<&'static str>,
    /// An annotation of a Secret that is there already.
    existing: Option<&'static str>,
}

const fn way(name: &'static str) -> Way {
    Way { name, label: true, annotation: None, existing: None }
}

const WAYS: &[Way] = &[
    way("labelled"),
    Way { annotation: Some(names::SKIP_SET_OWNER_REFERENCES), ..way("without-owner") },
    Way { existing: Some(names::PATCH), ..way("patched") },
    Way { existing: Some(names::MANAGED), ..way("managed") },
    // Very old versions had one key, by this name and without a label.
    Way { label: false, ..way("sealed-secrets-key") },
];

async fn own_key(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let before = http_client::get(target.http, "/v1/cert.pem").await?.body;
    let pair = blocking(|| new_key(2048, Timestamp::now()).map_err(|error| error.to_string())).await??;
    let home = field.backend.controller_namespace();
    for way in WAYS {
        if let Some(annotation) = way.existing {
            field.admin.create(&existing(home, way.name, annotation)).await?;
        }
        field.admin.create(&sealed(field, home, way, &pair)).await?;
    }
    field.hold(target).await;
    let mut outcome = Outcome::default();
    let after = http_client::get(target.http, "/v1/cert.pem").await?.body;
    outcome.must(after == before, || "another certificate is served".to_owned());
    let mut told = Vec::new();
    for way in WAYS {
        let sealed = field.admin.get("SealedSecret", home, way.name).await?.unwrap_or_default();
        let said = said(&sealed).unwrap_or_else(|| "no status".to_owned());
        let counts = is_key(&field.admin.get("Secret", home, way.name).await?.unwrap_or_default());
        outcome.must(!counts, || format!("{} has become a sealing key", way.name));
        outcome.must(said != "Synced" || !would_count(way), || format!("{} is not refused", way.name));
        told.push(said);
    }
    outcome.answers = told.join(" ");
    Ok(outcome)
}

/// A Secret that somebody has opened to SealedSecrets.
fn existing(namespace: &str, name: &str, annotation: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": {"namespace": namespace, "name": name, "annotations": {annotation: "true"}},
        "data": {"tls.crt": "", "tls.key": ""}})
}

fn sealed(field: &Field, namespace: &str, way: &Way, pair: &KeyPair) -> Value {
    let label = Label::from(format!("{namespace}/{}", way.name));
    let item = |name: &str, value: &[u8]| (name.to_owned(), field.key.seal_to_text(&label, value).into());
    let items = Map::from_iter([
        item("tls.crt", pair.certificate_pem()),
        item("tls.key", pair.private_pem().as_bytes()),
    ]);
    let labels = if way.label { json!({names::KEY_LABEL: names::KEY_ACTIVE}) } else { json!({}) };
    let annotations = way.annotation.map_or(json!({}), |annotation| json!({annotation: "true"}));
    let metadata = json!({"labels": labels, "annotations": annotations});
    make::sealed(namespace, way.name, items, json!({"type": "kubernetes.io/tls", "metadata": metadata}))
}

fn would_count(way: &Way) -> bool {
    way.label || way.name == LEGACY
}

/// Whether a Secret counts as a sealing key.
fn is_key(secret: &Value) -> bool {
    match secret["metadata"]["labels"][names::KEY_LABEL].as_str() {
        Some(value) => value == names::KEY_ACTIVE,
        None => secret["metadata"]["name"] == LEGACY,
    }
}

const LEGACY: &str = "sealed-secrets-key";
