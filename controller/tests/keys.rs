//! Key Secrets that come, change, lose their label and go.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::{collections::BTreeMap, fs, path::Path};

use k8s_openapi::{ByteString, api::core::v1::Secret, apimachinery::pkg::apis::meta::v1::Time};
use sealed_secrets_controller::{
    config::KeyOrder,
    keys::held::{Change, Held},
};
use sealed_secrets_core::{Fingerprint, KeyPair, names};

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
    secret.metadata.creation_timestamp = Some(Time(jiff::Timestamp::from_second(created).unwrap()));
    secret.metadata.labels =
        Some(BTreeMap::from([(names::KEY_LABEL.to_owned(), names::KEY_ACTIVE.to_owned())]));
    secret.data = Some(BTreeMap::from([
        ("tls.key".to_owned(), ByteString(testdata(&format!("keys/{key}.key")))),
        ("tls.crt".to_owned(), ByteString(testdata(&format!("controller/certs/{cert}.crt")))),
    ]));
    secret
}

fn held(secrets: &[Secret]) -> Held {
    let mut held = Held::default();
    for secret in secrets {
        held.apply(secret, PREFIX);
    }
    held
}

fn newest(held: &Held, order: KeyOrder) -> Option<Fingerprint> {
    held.ring(order).newest().map(|pair| *pair.fingerprint())
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
    assert!(held.ring(KeyOrder::CertNotBefore).get(&fingerprint("b")).is_none());
    assert_eq!(newest(&held, KeyOrder::CertNotBefore), Some(fingerprint("a")));
    assert_eq!(held.apply(&compromised, PREFIX), Change::None, "told once");
}

#[test]
fn a_deleted_key_opens_on_and_never_seals() {
    let mut held = held(&[secret("a", "a", "a", 1), secret("b", "b", "b", 2)]);
    assert_eq!(held.delete("b"), Change::Deleted(fingerprint("b")));
    let ring = held.ring(KeyOrder::CertNotBefore);
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
    assert!(held.ring(KeyOrder::CertNotBefore).get(&fingerprint("a")).is_some());
}

#[test]
fn a_certificate_of_another_key_is_never_served_but_the_key_opens() {
    let mut held = Held::default();
    let change = held.apply(&secret("x", "b", "a", 1), PREFIX);
    assert!(
        matches!(change, Change::AddedWithoutCertificate(key, _) if key == fingerprint("b")),
        "{change:?}"
    );
    let ring = held.ring(KeyOrder::CertNotBefore);
    assert!(ring.newest().is_none() && ring.get(&fingerprint("b")).is_some());
}

#[test]
fn without_a_label_only_the_legacy_name_counts() {
    let mut legacy = secret(PREFIX, "c", "c", 1);
    legacy.metadata.labels = None;
    let mut held = Held::default();
    assert_eq!(held.apply(&legacy, PREFIX), Change::Added(fingerprint("c")));
    legacy.metadata.name = Some("another".to_owned());
    assert_eq!(held.apply(&legacy, PREFIX), Change::None);
}
