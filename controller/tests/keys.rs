//! Key Secrets that come, change, lose their label and go.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{collections::BTreeMap, convert::Infallible, fs, path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{OwnerReference, Time},
};
use kube::{Client, client::Body};
use sealed_secrets_controller::{
    config::{KeyOrder, KeySettings},
    keys::{
        known::{Change, KnownKeys},
        store::{Look, Store},
    },
};
use sealed_secrets_core::{
    Fingerprint, KeyPair, KeyRing,
    keys::{KeySecret, KeySpec},
    names,
};

const PREFIX: &str = "sealed-secrets-key";

fn testdata(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path)).unwrap()
}

fn fingerprint(key: &str) -> Fingerprint {
    *KeyPair::from_private_pem(&testdata(&format!("keys/{key}.key"))).unwrap().fingerprint()
}

/// A key Secret created at this second, with the certificate `cert`.
fn secret(name: &str, key: &str, cert: &str, created: i64) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(name.to_owned());
    secret.metadata.creation_timestamp = Some(Time(Timestamp::from_second(created).unwrap()));
    secret.metadata.labels =
        Some(BTreeMap::from([(names::KEY_LABEL.to_owned(), names::KEY_ACTIVE.to_owned())]));
    secret.data = Some(BTreeMap::from([
        ("tls.key".to_owned(), ByteString(testdata(&format!("keys/{key}.key")))),
        ("tls.crt".to_owned(), ByteString(testdata(&format!("controller/certs/{cert}.crt")))),
    ]));
    secret
}

fn held(secrets: &[Secret]) -> KnownKeys {
    let mut held = KnownKeys::default();
    for secret in secrets {
        held.apply(secret, PREFIX);
    }
    held
}

/// The ring when every certificate has begun.
fn ring(held: &KnownKeys, order: KeyOrder) -> KeyRing {
    held.ring(order, "2026-06-01T00:00:00Z".parse().unwrap())
}

fn newest(held: &KnownKeys, order: KeyOrder) -> Option<Fingerprint> {
    ring(held, order).newest().map(|pair| *pair.fingerprint())
}

#[test]
fn the_newest_is_chosen_by_certificate_or_by_creation() {
    let held = held(&[secret("b", "b", "b", 1), secret("a", "a", "a", 2)]);
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(fingerprint("b")));
    assert_eq!(newest(&held, KeyOrder::SecretCreation), Some(fingerprint("a")));
}

#[test]
fn of_equal_certificates_the_first_created_stays_newest() {
    // In whatever order they are seen.
    let (first, second) = (secret("z-first", "a", "a", 1), secret("a-second", "c", "c-tie", 2));
    for secrets in [[first.clone(), second.clone()], [second, first]] {
        assert_eq!(newest(&held(&secrets), KeyOrder::CertNotBefore), Some(fingerprint("a")));
    }
}

#[test]
fn a_key_that_loses_its_label_is_dropped_at_once() {
    let mut held = held(&[secret("a", "a", "a", 1), secret("b", "b", "b", 2)]);
    let mut compromised = secret("b", "b", "b", 2);
    compromised
        .metadata
        .labels
        .as_mut()
        .unwrap()
        .insert(names::KEY_LABEL.to_owned(), "compromised".to_owned());
    assert_eq!(held.apply(&compromised, PREFIX), Change::Dropped(fingerprint("b")));
    assert!(ring(&held, KeyOrder::CertNotBefore).get(&fingerprint("b")).is_none());
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(fingerprint("a")));
    assert_eq!(held.apply(&compromised, PREFIX), Change::None, "told once");
}

#[test]
fn a_deleted_key_opens_on_and_never_seals() {
    let mut held = held(&[secret("a", "a", "a", 1), secret("b", "b", "b", 2)]);
    assert_eq!(held.delete("b"), Change::Deleted(fingerprint("b")));
    let ring = ring(&held, KeyOrder::CertNotBefore);
    assert!(ring.is_retired(&fingerprint("b")) && ring.get(&fingerprint("b")).is_some());
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(fingerprint("a")));
    assert_eq!(held.delete("b"), Change::None, "told once");
    assert_eq!(held.apply(&secret("b", "b", "b", 9), PREFIX), Change::Added(fingerprint("b")), "restored");
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(fingerprint("b")));
}

#[test]
fn a_key_in_two_secrets_seals_on_when_one_is_deleted() {
    let mut held = held(&[secret("b", "b", "b", 1), secret("b2", "b", "b", 2)]);
    held.delete("b");
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(fingerprint("b")));
    held.delete("b2");
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), None);
}

#[test]
fn a_broken_secret_disturbs_nothing_and_one_that_breaks_opens_on() {
    let mut held = held(&[secret("a", "a", "a", 1)]);
    let mut garbage = secret("x", "b", "b", 2);
    garbage.data.as_mut().unwrap().insert("tls.key".to_owned(), ByteString(b"nota key".to_vec()));
    assert!(matches!(held.apply(&garbage, PREFIX), Change::Broken(_)));
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(fingerprint("a")));
    garbage.metadata.name = Some("a".to_owned());
    assert!(matches!(held.apply(&garbage, PREFIX), Change::Broken(_)));
    assert!(ring(&held, KeyOrder::CertNotBefore).get(&fingerprint("a")).is_some());
}

#[test]
fn a_certificate_of_another_key_is_never_served_but_the_key_opens() {
    let mut held = KnownKeys::default();
    let change = held.apply(&secret("x", "b", "a", 1), PREFIX);
    assert!(
        matches!(change, Change::AddedWithoutCertificate(key, _) if key == fingerprint("b")),
        "{change:?}"
    );
    let ring = ring(&held, KeyOrder::CertNotBefore);
    assert!(ring.newest().is_none() && ring.get(&fingerprint("b")).is_some());
}

#[test]
fn without_a_label_only_the_legacy_name_counts() {
    let mut legacy = secret(PREFIX, "c", "c", 1);
    legacy.metadata.labels = None;
    let mut held = KnownKeys::default();
    assert_eq!(held.apply(&legacy, PREFIX), Change::Added(fingerprint("c")));
    legacy.metadata.name = Some("another".to_owned());
    assert_eq!(held.apply(&legacy, PREFIX), Change::None);
}

/// As an old version made it from a SealedSecret.
fn planted(name: &str, key: &str) -> Secret {
    let mut secret = secret(name, key, key, 9);
    secret.metadata.uid = Some(format!("uid-{name}"));
    secret.metadata.owner_references = Some(vec![OwnerReference {
        api_version: names::API_VERSION.to_owned(),
        kind: names::KIND.to_owned(),
        ..OwnerReference::default()
    }]);
    secret
}

#[test]
fn a_key_that_a_sealed_secret_made_is_never_read_and_told_once() {
    let mut held = held(&[secret("a", "a", "a", 1)]);
    assert_eq!(held.apply(&planted("x", "b"), PREFIX), Change::Planted);
    assert_eq!(held.apply(&planted("x", "b"), PREFIX), Change::None, "told once");
    assert!(ring(&held, KeyOrder::SecretCreation).get(&fingerprint("b")).is_none());
    assert_eq!(newest(&held, KeyOrder::SecretCreation), Some(fingerprint("a")));
    assert!(held.names().any(|name| name == "x"), "its end is noticed");
    assert_eq!(held.delete("x"), Change::Unmarked);
    assert_eq!(held.apply(&planted("x", "b"), PREFIX), Change::Planted, "it came back");

    let mut legacy = planted(PREFIX, "b");
    legacy.metadata.labels = None;
    assert_eq!(held.apply(&legacy, PREFIX), Change::Planted);
    let mut ownerless = planted("y", "b");
    ownerless.metadata.owner_references = None;
    ownerless.metadata.annotations =
        Some(BTreeMap::from([(names::SKIP_SET_OWNER_REFERENCES.to_owned(), "true".to_owned())]));
    assert_eq!(held.apply(&ownerless, PREFIX), Change::Planted);
    assert_eq!(held.apply(&secret("x", "b", "b", 9), PREFIX), Change::Added(fingerprint("b")), "by hand");
}

#[test]
fn a_key_secret_that_a_sealed_secret_takes_over_opens_on_with_its_old_key_alone() {
    let mut held = held(&[secret("a", "a", "a", 1)]);
    assert_eq!(held.apply(&planted("a", "b"), PREFIX), Change::Planted);
    let ring = ring(&held, KeyOrder::CertNotBefore);
    assert!(ring.is_retired(&fingerprint("a")) && ring.get(&fingerprint("b")).is_none());
}

#[test]
fn a_key_whose_secret_gets_another_key_opens_on_and_never_seals() {
    let mut held = held(&[secret("s", "b", "b", 1)]);
    let (old, new) = (fingerprint("b"), fingerprint("a"));
    assert_eq!(held.apply(&secret("s", "a", "a", 1), PREFIX), Change::Replaced { old, new, problem: None });
    let shown = ring(&held, KeyOrder::CertNotBefore);
    assert!(shown.is_retired(&old) && shown.get(&old).is_some());
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(new), "though the old one begins later");
    assert_eq!(held.apply(&secret("s", "a", "a", 1), PREFIX), Change::None, "told once");
    assert!(matches!(
        held.apply(&secret("s", "c", "a", 1), PREFIX),
        Change::Replaced { problem: Some(_), .. }
    ));
    assert_eq!(ring(&held, KeyOrder::CertNotBefore).len(), 3);
    // Restored in a Secret of its own it seals again; taken out of use it is gone everywhere.
    held.apply(&secret("t", "b", "b", 2), PREFIX);
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(old));
    let mut compromised = secret("t", "b", "b", 2);
    compromised.metadata.labels = None;
    assert_eq!(held.apply(&compromised, PREFIX), Change::Dropped(old));
    assert!(ring(&held, KeyOrder::CertNotBefore).get(&old).is_none());
}

#[test]
fn a_deleted_key_opens_on_when_another_takes_its_name() {
    let mut held = held(&[secret("s", "b", "b", 1)]);
    held.delete("s");
    assert_eq!(held.apply(&secret("s", "a", "a", 2), PREFIX), Change::Added(fingerprint("a")));
    assert!(ring(&held, KeyOrder::CertNotBefore).is_retired(&fingerprint("b")));
}

/// As `secret`, of this uid, with the label at this value.
fn marked(name: &str, key: &str, uid: &str, label: Option<&str>) -> Secret {
    let mut secret = secret(name, key, key, 1);
    secret.metadata.uid = Some(uid.to_owned());
    secret.metadata.labels =
        label.map(|value| BTreeMap::from([(names::KEY_LABEL.to_owned(), value.to_owned())]));
    secret
}

#[test]
fn a_deleted_key_opens_on_whatever_else_takes_its_name() {
    for label in [None, Some("x"), Some("compromised")] {
        let mut held = held(&[marked("s", "b", "1", Some(names::KEY_ACTIVE))]);
        held.delete("s");
        let mut sealed = planted("s", "a");
        sealed.metadata.labels = marked("s", "a", "2", label).metadata.labels;
        let mut with_the_uid = sealed.clone();
        with_the_uid.metadata.uid = Some("1".to_owned());
        for another in [sealed, with_the_uid, marked("s", "a", "2", label)] {
            assert_eq!(held.apply(&another, PREFIX), Change::None, "{label:?}");
            assert!(ring(&held, KeyOrder::CertNotBefore).is_retired(&fingerprint("b")), "{label:?}");
        }
    }
    let mut unseen = held(&[marked("s", "b", "1", Some(names::KEY_ACTIVE))]);
    let change = unseen.apply(&marked("s", "a", "2", None), PREFIX);
    assert_eq!(change, Change::Deleted(fingerprint("b")), "its deletion was not seen");
    assert!(ring(&unseen, KeyOrder::CertNotBefore).is_retired(&fingerprint("b")));
}

#[test]
fn a_key_is_dropped_by_its_own_secret_and_by_one_that_holds_it() {
    for (case, uid) in [("relabelled", "1"), ("deleted and made again with another label", "2")] {
        for label in [None, Some("compromised")] {
            let mut held = held(&[marked("s", "b", "1", Some(names::KEY_ACTIVE))]);
            let change = held.apply(&marked("s", "b", uid, label), PREFIX);
            assert_eq!(change, Change::Dropped(fingerprint("b")), "{case}");
            assert!(ring(&held, KeyOrder::CertNotBefore).get(&fingerprint("b")).is_none());
        }
    }
    // Its items need not be readable any more.
    let mut held = held(&[marked("s", "b", "1", Some(names::KEY_ACTIVE))]);
    let mut emptied = marked("s", "b", "1", Some("compromised"));
    emptied.data = None;
    assert_eq!(held.apply(&emptied, PREFIX), Change::Dropped(fingerprint("b")));
    // Restored under the same name, with a uid of its own, and then taken out of use.
    held.apply(&marked("s", "b", "1", Some(names::KEY_ACTIVE)), PREFIX);
    held.apply(&marked("s", "b", "3", Some(names::KEY_ACTIVE)), PREFIX);
    let mut emptied = marked("s", "b", "3", Some("compromised"));
    emptied.data = None;
    assert_eq!(held.apply(&emptied, PREFIX), Change::Dropped(fingerprint("b")));
}

#[test]
fn a_certificate_that_begins_later_waits_whatever_the_order() {
    let held = held(&[secret("a", "a", "a", 1), secret("b", "b", "b", 2)]);
    for order in [KeyOrder::CertNotBefore, KeyOrder::SecretCreation] {
        let ring = held.ring(order, "2026-01-15T00:00:00Z".parse().unwrap());
        assert_eq!(ring.newest().unwrap().fingerprint(), &fingerprint("a"));
        assert!(ring.get(&fingerprint("b")).is_some() && ring.next_start().is_some());
    }
}

fn settings(prefix: &str) -> KeySettings {
    KeySettings {
        prefix: prefix.to_owned(),
        bits: 2048,
        lifetime: SignedDuration::from_hours(24),
        common_name: String::new(),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        order: KeyOrder::CertNotBefore,
        renew_period: SignedDuration::ZERO,
        cutoff: None,
    }
}

/// A client whose API server answers every request like this.
fn answering(code: u16, body: &'static str) -> Client {
    let answer = move |_: http::Request<Body>| async move {
        Ok::<_, Infallible>(
            http::Response::builder().status(code).body(Body::from(body.as_bytes().to_vec())).unwrap(),
        )
    };
    Client::new(tower::service_fn(answer), "ns")
}

fn named(name: &str) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(name.to_owned());
    secret
}

#[tokio::test]
async fn a_look_at_a_key_secret_ends_whatever_is_answered() {
    for (code, body, look) in [
        (200, "<html>", Look::Done),
        (200, r#"{"kind":"SecretList","apiVersion":"v1","items":[]}"#, Look::Done),
        (404, "{}", Look::Done),
        (500, "", Look::Again),
        (503, "", Look::Again),
    ] {
        let (store, _news) = Store::new(settings(PREFIX), "ns");
        let looking = store.look_up(&answering(code, body), &named(PREFIX)).await;
        assert_eq!(looking, look, "{code} {body}");
        assert_eq!(store.snapshot().loaded, look == Look::Done, "{code} {body}");
    }
}

#[tokio::test]
async fn a_prefix_that_is_no_name_keeps_nobody_from_the_keys() {
    for prefix in ["", "..", "a b", "a/b", "key-", "\u{e4}"] {
        let (store, _news) = Store::new(settings(prefix), "ns");
        store.apply(&secret("a", "a", "a", 1));
        assert_eq!(store.look_up(&answering(500, ""), &named(prefix)).await, Look::Done, "{prefix}");
        assert!(store.snapshot().loaded && store.ring().newest().is_some(), "{prefix}");
    }
}

#[tokio::test]
async fn a_lost_key_opens_on_when_it_is_gone_and_stays_as_it_is_while_nobody_knows() {
    for (code, body, retired) in [(404, "{}", true), (200, "<html>", false), (500, "", false)] {
        let (store, _news) = Store::new(settings(PREFIX), "ns");
        store.apply(&secret("b", "b", "b", 1));
        store.publish();
        store.look_up(&answering(code, body), &named("b")).await;
        assert!(store.ring().get(&fingerprint("b")).is_some());
        assert_eq!(store.ring().is_retired(&fingerprint("b")), retired, "{code} {body}");
    }
}

/// A store with key `a` and a new key whose certificate begins this much later than now.
fn store_with_a_later_key(later: SignedDuration) -> (Arc<Store>, Fingerprint) {
    let settings = settings(PREFIX);
    let spec = KeySpec { bits: 2048, lifetime: settings.lifetime, common_name: String::new() };
    let pair = KeyPair::generate(&spec, Timestamp::now() + later).unwrap();
    let mut secret_of_later = KeySecret::default().of(&pair);
    secret_of_later.metadata.name = Some("later".to_owned());
    let (store, _news) = Store::new(settings, "ns");
    store.apply(&secret("a", "a", "a", 1));
    store.apply(&secret_of_later);
    store.publish();
    (store, *pair.fingerprint())
}

#[test]
fn the_ring_changes_over_once_when_the_time_of_a_certificate_comes() {
    let (store, later) = store_with_a_later_key(SignedDuration::from_hours(1));
    let seals = || *store.ring().newest().unwrap().fingerprint();
    let generation = || store.snapshot().generation;
    let before = generation();
    store.look_at_the_clock(Timestamp::now() + SignedDuration::from_mins(54));
    assert_eq!((seals(), generation()), (fingerprint("a"), before));
    for _ in 0..2 {
        store.look_at_the_clock(Timestamp::now() + SignedDuration::from_mins(56));
        assert_eq!((seals(), generation()), (later, before + 1));
    }
}

#[tokio::test]
async fn nobody_has_to_ask_for_it() {
    let (store, later) = store_with_a_later_key(SignedDuration::from_secs(5 * 60 + 3));
    assert_eq!(*store.ring().newest().unwrap().fingerprint(), fingerprint("a"));
    let mut shown = store.subscribe();
    let keeping = tokio::spawn(Arc::clone(&store).keep_time());
    let over = shown.wait_for(|now| *now.ring.newest().unwrap().fingerprint() == later);
    tokio::time::timeout(Duration::from_secs(20), over).await.unwrap().unwrap();
    keeping.abort();
}

/// Row 12: `key_broken` falls back when its Secret is gone, or has the label no more.
#[test]
fn a_secret_that_never_held_a_key_is_missed_when_it_goes() {
    let mut garbage = secret("garbage", "a", "a", 1);
    garbage.data = None;
    let mut held = KnownKeys::default();
    assert!(matches!(held.apply(&garbage, PREFIX), Change::Broken(_)));
    assert_eq!(held.names().collect::<Vec<_>>(), ["garbage"], "a new list is expected to bring it");
    assert_eq!(held.delete("garbage"), Change::Unmarked);
    assert_eq!(held.delete("garbage"), Change::None, "told once");

    assert!(matches!(held.apply(&garbage, PREFIX), Change::Broken(_)));
    garbage.metadata.labels = None;
    assert_eq!(held.apply(&garbage, PREFIX), Change::Unmarked);
}
