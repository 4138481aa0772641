//! Expectation and what was seen, in; what is wrong, out. Nothing here talks to anybody.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sandbox::http_client::Answer;
use sealed_secrets_core::names::{KEY_ACTIVE, KEY_LABEL};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::file::{
    ConditionExpect, EventExpect, Expect, HttpExpect, KeysExpect, Named, SecretExpect, StatusExpect,
};
use super::keys::{self, decoded, or_empty};
use super::metrics;
use super::snapshot::{Place, Snapshot, version};

/// Everything that an expectation may speak of.
pub(super) struct Seen<'a> {
    pub(super) before: &'a Snapshot,
    pub(super) now: &'a Snapshot,
    pub(super) own_namespace: &'a str,
    /// `/metrics` of the controller, when asked for.
    pub(super) metrics: Option<String>,
    /// `/v1/cert.pem`, when asked for.
    pub(super) cert: Option<Answer>,
    /// Answer to the step's request.
    pub(super) response: Option<&'a Answer>,
    /// Writes since the step began.
    pub(super) writes: BTreeMap<String, f64>,
    /// How the controller ended, when it has.
    pub(super) ended: Option<Ended>,
    /// Status with which the API server refused the step.
    pub(super) rejected: Option<u16>,
}

/// The exit code of a controller that has ended; none when a signal ended it.
#[derive(Clone, Copy)]
pub(super) struct Ended(pub(super) Option<i32>);

/// What is wrong; empty when all is as expected.
pub(super) fn check(expect: &Expect, seen: &Seen<'_>) -> Vec<String> {
    let mut bad = Vec::new();
    bad.extend(expect.secret.iter().flat_map(|e| secret(e, seen)));
    bad.extend(absent("secret", expect.secret_absent.iter(), &seen.now.secrets));
    bad.extend(expect.sealedsecret_status.iter().flat_map(|e| status(e, seen)));
    bad.extend(absent("sealedsecret", expect.sealedsecret_absent.iter(), &seen.now.sealed));
    bad.extend(expect.event.iter().filter(|e| new_events(e, seen).next().is_none()).map(no_new_event));
    bad.extend(
        expect
            .no_event
            .iter()
            .flat_map(|e| new_events(e, seen).map(|event| format!("unexpected event {}", event["message"]))),
    );
    bad.extend(expect.metrics.iter().filter_map(|(name, wanted)| metric(name, wanted, seen)));
    bad.extend(expect.keys.iter().flat_map(|e| key_secrets(e, seen)));
    bad.extend(expect.cert.iter().filter_map(|e| certificate(e, seen)));
    bad.extend(expect.http.iter().flat_map(|e| response(e, seen)));
    for (name, wanted) in &expect.api_writes {
        let count = seen.writes.get(name).copied().unwrap_or_default();
        if !metrics::holds(wanted, count) {
            bad.push(format!("API writes {name}: {count}, expected {wanted}"));
        }
    }
    bad.extend(process(expect, seen));
    if expect.rejected.is_some() && expect.rejected != seen.rejected {
        bad.push(format!("the API server answered {:?}, expected {:?}", seen.rejected, expect.rejected));
    }
    bad
}

fn secret(e: &SecretExpect, seen: &Seen<'_>) -> Vec<String> {
    let place = (e.namespace.clone(), e.name.clone());
    let Some(found) = seen.now.secrets.get(&place) else {
        return vec![format!("secret {}/{}: absent", e.namespace, e.name)];
    };
    let metadata = &found["metadata"];
    let mut bad = secret_data(e, found);
    let mut differs = |what: &str, found: &Value, wanted: Option<Value>| {
        if let Some(wanted) = wanted.filter(|wanted| wanted != found) {
            bad.push(format!("{what} {found}, expected {wanted}"));
        }
    };
    differs("type", &found["type"], e.type_.clone().map(Value::from));
    differs("labels", &or_empty(&metadata["labels"]), e.labels.clone());
    differs("annotations", &or_empty(&metadata["annotations"]), e.annotations.clone());
    differs("immutable", &found["immutable"].as_bool().unwrap_or(false).into(), e.immutable.map(Value::from));
    let finalizers = if metadata["finalizers"].is_null() {
        Value::Array(Vec::new())
    } else {
        metadata["finalizers"].clone()
    };
    differs("finalizers", &finalizers, e.finalizers.clone());
    bad.extend(owners(e, found, seen));
    if let Some(before) = seen.before.secrets.get(&place) {
        if e.unchanged && version(before) != version(found) {
            bad.push("was rewritten".to_owned());
        }
        let same = before["metadata"]["uid"] == metadata["uid"];
        if e.recreated && same {
            bad.push("same uid, not recreated".to_owned());
        }
        if e.same_uid && !same {
            bad.push("recreated".to_owned());
        }
    }
    bad.into_iter().map(|text| format!("secret {}/{}: {text}", e.namespace, e.name)).collect()
}

fn secret_data(e: &SecretExpect, found: &Value) -> Vec<String> {
    if e.data.is_none() && e.data_b64.is_none() && e.data_sha256.is_none() {
        return Vec::new();
    }
    let mut bad = Vec::new();
    let mut data = decoded(found);
    for (item, wanted) in e.data_sha256.iter().flatten() {
        let hash = data.remove(item).map(|bytes| hex(&Sha256::digest(bytes)));
        if hash.as_ref() != Some(wanted) {
            bad.push(format!("item {item} has another SHA-256"));
        }
    }
    let text = e.data.iter().flatten().map(|(item, text)| (item.clone(), text.clone().into_bytes()));
    let bytes =
        e.data_b64.iter().flatten().map(|(item, text)| (item.clone(), STANDARD.decode(text).unwrap()));
    let wanted: BTreeMap<String, Vec<u8>> = text.chain(bytes).collect();
    if data != wanted {
        let shown = |map: &BTreeMap<String, Vec<u8>>| {
            map.iter().map(|(k, v)| format!("{k}={}", String::from_utf8_lossy(v))).collect::<Vec<_>>()
        };
        bad.push(format!("data {:?}, expected {:?}", shown(&data), shown(&wanted)));
    }
    bad
}

fn owners(e: &SecretExpect, found: &Value, seen: &Seen<'_>) -> Vec<String> {
    let Some(wanted) = &e.owners else { return Vec::new() };
    let empty = Vec::new();
    let owners = found["metadata"]["ownerReferences"].as_array().unwrap_or(&empty);
    let essence = |owners: &[Value]| -> Vec<Vec<Value>> {
        owners
            .iter()
            .map(|o| ["kind", "name", "controller"].iter().map(|field| o[field].clone()).collect())
            .collect()
    };
    let mut bad = Vec::new();
    if essence(owners) != essence(wanted) {
        bad.push(format!("owners {owners:?}, expected {wanted:?}"));
    }
    for owner in owners.iter().filter(|owner| owner["kind"] == "SealedSecret") {
        let place = (e.namespace.clone(), owner["name"].as_str().unwrap_or_default().to_owned());
        let sealed = seen.now.sealed.get(&place);
        let stale = sealed.is_some_and(|sealed| sealed["metadata"]["uid"] != owner["uid"]);
        if stale && e.owner_uid_current != Some(false) {
            bad.push("the owner's uid is stale".to_owned());
        }
    }
    bad
}

fn absent<'a>(
    kind: &str,
    wanted: impl Iterator<Item = &'a Named>,
    objects: &BTreeMap<Place, Value>,
) -> Vec<String> {
    wanted
        .filter(|e| objects.contains_key(&(e.namespace.clone(), e.name.clone())))
        .map(|e| format!("{kind} {}/{}: present", e.namespace, e.name))
        .collect()
}

fn status(e: &StatusExpect, seen: &Seen<'_>) -> Vec<String> {
    let place = (e.namespace.clone(), e.name.clone());
    let named = |text: String| format!("sealedsecret {}/{}: {text}", e.namespace, e.name);
    let Some(found) = seen.now.sealed.get(&place) else { return vec![named("absent".to_owned())] };
    let status = &found["status"];
    let empty = status.is_null() || status.as_object().is_some_and(serde_json::Map::is_empty);
    if e.none {
        return if empty { Vec::new() } else { vec![named(format!("has a status {status}"))] };
    }
    let before = seen.before.sealed.get(&place);
    let mut bad: Vec<String> = e.conditions.iter().flat_map(|c| condition(c, status, before)).collect();
    if let Some(wanted) = &e.observed_generation {
        let wanted = if wanted == "current" { &found["metadata"]["generation"] } else { wanted };
        if &status["observedGeneration"] != wanted {
            bad.push(format!("observedGeneration {}, expected {wanted}", status["observedGeneration"]));
        }
    }
    if e.unchanged && before.is_some_and(|before| version(before) != version(found)) {
        bad.push("was rewritten".to_owned());
    }
    bad.into_iter().map(named).collect()
}

fn condition(e: &ConditionExpect, status: &Value, before: Option<&Value>) -> Vec<String> {
    let named = |status: &Value| {
        let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default().iter();
        conditions.rev().find(|c| c["type"] == *e.type_).cloned()
    };
    let Some(found) = named(status) else { return vec![format!("no condition {}", e.type_)] };
    let mut bad = Vec::new();
    let message = found["message"].as_str().unwrap_or_default();
    if found["status"] != *e.status {
        bad.push(format!("{} is {} ({message}), expected {}", e.type_, found["status"], e.status));
    }
    if e.message.as_deref().is_some_and(|wanted| wanted != message) {
        bad.push(format!("message {message:?}, expected {:?}", e.message));
    }
    bad.extend(
        e.message_contains
            .iter()
            .filter(|part| !message.contains(*part))
            .map(|part| format!("message {message:?} lacks {part:?}")),
    );
    let old = before.and_then(|before| named(&before["status"]));
    for (field, wanted) in
        [("lastTransitionTime", &e.last_transition_time), ("lastUpdateTime", &e.last_update_time)]
    {
        let (Some(wanted), Some(old)) = (wanted, &old) else { continue };
        if (old[field] == found[field]) != (wanted == "same") {
            bad.push(format!("{field} is not {wanted}"));
        }
    }
    bad
}

/// Events about the object that are new or were counted again since the step began, and fit.
fn new_events<'a>(e: &'a EventExpect, seen: &'a Seen<'_>) -> impl Iterator<Item = &'a Value> {
    let fits = |wanted: &Option<String>, found: &Value| wanted.as_ref().is_none_or(|wanted| found == wanted);
    seen.now
        .events
        .iter()
        .filter(move |(place, event)| {
            let old = seen.before.events.get(*place);
            let again =
                old.is_none_or(|old| old["count"] != event["count"] || version(old) != version(event));
            let message = event["message"].as_str().unwrap_or_default();
            again
                && place.0 == e.namespace
                && event["involvedObject"]["name"] == *e.name
                && fits(&e.type_, &event["type"])
                && fits(&e.reason, &event["reason"])
                && fits(&e.message, &event["message"])
                && fits(&e.source_component, &event["source"]["component"])
                && e.message_contains.iter().all(|part| message.contains(part))
        })
        .map(|(_, event)| event)
}

fn no_new_event(e: &EventExpect) -> String {
    format!(
        "no new event {:?} {:?} {:?} on {}/{}",
        e.reason, e.message, e.message_contains, e.namespace, e.name
    )
}

fn metric(name: &str, wanted: &Value, seen: &Seen<'_>) -> Option<String> {
    let value = metrics::sum(seen.metrics.as_deref().unwrap_or_default(), name);
    let good = if wanted == "absent" {
        value.is_none()
    } else {
        value.is_some_and(|value| metrics::holds(wanted, value))
    };
    (!good).then(|| format!("metric {name} is {value:?}, expected {wanted}"))
}

fn key_secrets(e: &KeysExpect, seen: &Seen<'_>) -> Vec<String> {
    let own =
        seen.now.secrets.iter().filter(|(place, _)| place.0 == seen.own_namespace).map(|(_, secret)| secret);
    let labelled: Vec<&Value> =
        own.filter(|secret| !secret["metadata"]["labels"][KEY_LABEL].is_null()).collect();
    let active =
        labelled.iter().filter(|secret| secret["metadata"]["labels"][KEY_LABEL] == KEY_ACTIVE).count();
    let is_new =
        |secret: &&&Value| !secret["metadata"]["name"].as_str().unwrap_or_default().starts_with("test-key-");
    let new: Vec<&Value> = labelled.iter().filter(is_new).copied().collect();
    let mut bad = Vec::new();
    for (what, wanted, count) in [("active", &e.active, active), ("new", &e.new, new.len())] {
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if let Some(wanted) = wanted.as_ref().filter(|wanted| !metrics::holds(wanted, count)) {
            bad.push(format!("{what} keys: {count}, expected {wanted}"));
        }
    }
    let newest = new.into_iter().max_by_key(|secret| version(secret).parse::<u64>().unwrap_or_default());
    if let (Some(shape), Some(newest)) = (&e.shape, newest) {
        bad.extend(keys::check_shape(newest, shape));
    }
    bad
}

fn certificate(wanted: &str, seen: &Seen<'_>) -> Option<String> {
    let Some(answer) = &seen.cert else { return Some("cert.pem: no answer".to_owned()) };
    let good = if wanted == "new" {
        answer.status == 200 && !keys::is_known(&answer.body)
    } else {
        keys::same_pem(&answer.body, &keys::certificate_pem(wanted))
    };
    (!good).then(|| format!("cert.pem is not {wanted} (status {})", answer.status))
}

fn response(e: &HttpExpect, seen: &Seen<'_>) -> Vec<String> {
    let Some(answer) = seen.response else { return vec!["no answer".to_owned()] };
    let mut bad = Vec::new();
    if e.status.is_some_and(|status| status != answer.status) {
        bad.push(format!("http status {}, expected {:?}", answer.status, e.status));
    }
    let text = answer.text();
    if e.body.as_ref().is_some_and(|body| *body != text) {
        bad.push(format!("http body {text:?}"));
    }
    bad.extend(
        e.body_contains
            .iter()
            .filter(|part| !text.contains(*part))
            .map(|part| format!("http body lacks {part:?}")),
    );
    for (name, value) in &e.headers {
        if answer.header(name) != Some(value) {
            bad.push(format!("http header {name}: {:?}, expected {value:?}", answer.header(name)));
        }
    }
    bad.extend(e.rotated.iter().flat_map(|rotated| keys::check_rotated(&answer.body, rotated)));
    bad
}

fn process(expect: &Expect, seen: &Seen<'_>) -> Vec<String> {
    let Some(e) = &expect.controller else { return Vec::new() };
    let mut bad = Vec::new();
    if e.running.unwrap_or(true) == seen.ended.is_some() {
        bad.push(format!("the controller runs: {}", seen.ended.is_none()));
    }
    if let (Some(wanted), Some(Ended(code))) = (&e.exit_code, seen.ended)
        && !wanted.iter().any(|wanted| Some(*wanted) == code)
    {
        bad.push(format!("the controller's exit code is {code:?}"));
    }
    bad
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
