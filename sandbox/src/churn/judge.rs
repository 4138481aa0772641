//! Every Secret against a fresh unseal of its SealedSecret with every key that the cluster holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use sealed_secrets_core::keys::KeyRing;
use sealed_secrets_core::names::KEY_LABEL;
use sealed_secrets_core::unseal::{Env, Limits, Options, unseal};
use sealed_secrets_core::{KeyPair, SealedSecret};
use serde_json::{Value, json};

use super::{Report, world};
use crate::backend::{Backend, BackendError};
use crate::objects::{name_of, namespace_of};

pub(super) async fn judge(backend: &Backend, report: &mut Report) -> Result<(), BackendError> {
    let admin = backend.admin();
    let ring = ring(&admin.list("Secret", backend.controller_namespace()).await?);
    let mut secrets = BTreeMap::new();
    for secret in admin.list("Secret", "").await? {
        secrets.insert(format!("{}/{}", namespace_of(&secret), name_of(&secret)), secret);
    }
    for sealed in admin.list("SealedSecret", "").await? {
        let place = format!("{}/{}", namespace_of(&sealed), name_of(&sealed));
        match verdict(&sealed, secrets.remove(&place).as_ref(), &ring) {
            Ok(Found::Equal) => report.equal += 1,
            Ok(Found::Refused) => report.refused += 1,
            Err(fault) => report.faults.push(format!("{place}: {fault}")),
        }
    }
    let left = secrets
        .iter()
        .filter(|(place, secret)| place.starts_with(world::NAMESPACE) && owner(secret).is_some());
    report.faults.extend(left.map(|(place, _)| format!("{place}: its SealedSecret is gone and it is not")));
    Ok(())
}

enum Found {
    Equal,
    /// The SealedSecret cannot be opened, or the Secret is not ours; the status says so.
    Refused,
}

fn verdict(sealed: &Value, secret: Option<&Value>, ring: &KeyRing) -> Result<Found, String> {
    let synced = &sealed["status"]["conditions"][0];
    if synced["type"] != "Synced" {
        return Err(format!("the first condition is {synced}"));
    }
    if sealed["status"]["observedGeneration"] != sealed["metadata"]["generation"] {
        return Err("its status is of an older generation".to_owned());
    }
    let random = |buffer: &mut [u8]| buffer.fill(0);
    let env = Env { now: Timestamp::UNIX_EPOCH, random: &random, limits: Limits::default() };
    let options = Options { accept_v1_data: true, first: &[], env: &env };
    let wanted = unseal(&SealedSecret::from_value(sealed.clone()), ring, &options);
    let foreign = secret.is_some_and(|secret| owner(secret) != sealed["metadata"]["uid"].as_str());
    match (wanted, secret, synced["status"] == "True") {
        (Err(_), _, false) => Ok(Found::Refused),
        (Err(error), _, true) => Err(format!("is Synced, and does not open: {error}")),
        (Ok(_), Some(_), false) if foreign && said(synced).contains("is not managed by SealedSecret") => {
            Ok(Found::Refused)
        }
        (Ok(_), _, false) => Err(format!("opens, and is not Synced: {}", said(synced))),
        (Ok(_), None, true) => Err("is Synced, and there is no Secret".to_owned()),
        (Ok(_), Some(_), true) if foreign => Err("is Synced, and the Secret is not its own".to_owned()),
        (Ok(wanted), Some(secret), true) => equal(&wanted.to_api_value(), secret),
    }
}

fn equal(wanted: &Value, found: &Value) -> Result<Found, String> {
    let or_empty = |value: &Value| if value.is_null() { json!({}) } else { value.clone() };
    let of = |object: &Value, pointer: &str| or_empty(object.pointer(pointer).unwrap_or(&Value::Null));
    for pointer in ["/data", "/metadata/labels", "/metadata/annotations"] {
        if of(wanted, pointer) != of(found, pointer) {
            return Err(format!("the Secret's {pointer} is not what a fresh unseal gives"));
        }
    }
    let kind = wanted["type"].as_str().unwrap_or("Opaque");
    if found["type"] == kind {
        Ok(Found::Equal)
    } else {
        Err(format!("the Secret's type is {}", found["type"]))
    }
}

/// Every active key of the cluster.
fn ring(secrets: &[Value]) -> KeyRing {
    let active = secrets.iter().filter(|secret| secret["metadata"]["labels"][KEY_LABEL] == "active");
    let item = |secret: &Value, name: &str| {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        STANDARD.decode(secret["data"][name].as_str().unwrap_or_default()).unwrap_or_default()
    };
    let pairs = active
        .filter_map(|secret| KeyPair::from_pem(&item(secret, "tls.key"), &item(secret, "tls.crt")).ok());
    KeyRing::new(pairs.map(Arc::new).collect())
}

/// Uid of the SealedSecret that controls it.
fn owner(secret: &Value) -> Option<&str> {
    let owners = secret["metadata"]["ownerReferences"].as_array()?;
    owners.iter().find(|owner| owner["kind"] == "SealedSecret")?["uid"].as_str()
}

fn said(condition: &Value) -> &str {
    condition["message"].as_str().unwrap_or_default()
}
