//! New keys, key Secrets, and the ring: which key seals, which opens, and at what cost.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use golang::base64;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{
    api::core::v1,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use sealed_secrets_core::{
    Fingerprint, KeyPair, KeyRing, Label, Scope, SealingKey,
    keys::{
        CertificateError, KeyError, KeySecret, KeySpec, OpenError,
        secret::{counts, is_marked, is_of_sealed_secret},
    },
    names,
};
use x509_parser::prelude::*;

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys").join(name)).unwrap()
}

fn pair(name: &str) -> Arc<KeyPair> {
    Arc::new(KeyPair::from_pem(&file(&format!("{name}.key")), &file(&format!("{name}.crt"))).unwrap())
}

/// The same keys with certificates that begin one after the other.
fn dated(name: &str) -> Arc<KeyPair> {
    Arc::new(
        KeyPair::from_pem(&file(&format!("{name}.key")), &file(&format!("../controller/certs/{name}.crt")))
            .unwrap(),
    )
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn label() -> Label {
    Scope::Strict.label("ns", "name")
}

fn names_of(ring: &KeyRing) -> Vec<Fingerprint> {
    ring.pairs().map(|pair| *pair.fingerprint()).collect()
}

#[test]
fn a_new_key_has_the_recorded_certificate() {
    let now = at("2026-11-23T12:00:00.75Z");
    let spec = KeySpec { bits: 2048, lifetime: SignedDuration::from_hours(24), common_name: String::new() };
    let pair = KeyPair::generate(&spec, now).unwrap();
    assert!(pair.private_pem().starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    let pem = Pem::iter_from_buffer(pair.certificate_pem()).next().unwrap().unwrap();
    let certificate = pem.parse_x509().unwrap();
    assert_eq!(certificate.version(), X509Version::V3);
    assert_eq!(
        (certificate.subject().as_raw(), certificate.issuer().as_raw()),
        (&[0x30, 0][..], &[0x30, 0][..])
    );
    assert_eq!(certificate.validity().not_before.timestamp(), now.as_second());
    assert_eq!(certificate.validity().not_after.timestamp(), now.as_second() + 86_400);
    assert!(certificate.raw_serial().len() <= 16 && certificate.raw_serial()[0] < 0x80);
    let usage = certificate.key_usage().unwrap().unwrap();
    assert!(usage.critical && usage.value.encipher_only() && !usage.value.key_cert_sign());
    let constraints = certificate.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    certificate.verify_signature(None).unwrap();
    assert_eq!(pair.bits(), 2048);
    assert_eq!(pair.not_before(), Some(at("2026-11-23T12:00:00Z")));
}

#[test]
fn a_common_name_is_written_where_asked_for() {
    let spec = KeySpec { bits: 2048, lifetime: SignedDuration::from_hours(1), common_name: "me".to_owned() };
    let pair = KeyPair::generate(&spec, at("2026-11-23T12:00:00Z")).unwrap();
    let pem = Pem::iter_from_buffer(pair.certificate_pem()).next().unwrap().unwrap();
    assert_eq!(pem.parse_x509().unwrap().subject().to_string(), "CN=me");
}

#[test]
fn sizes_that_cannot_be_made_are_named() {
    let spec = KeySpec { bits: 1024, lifetime: SignedDuration::from_hours(1), common_name: String::new() };
    let error = KeyPair::generate(&spec, Timestamp::UNIX_EPOCH).unwrap_err();
    assert_eq!(error, KeyError::Generate { bits: 1024 });
}

#[test]
fn a_key_that_is_too_small_is_refused_by_its_size() {
    let error = KeyPair::from_private_pem(&file("size-1024.key")).unwrap_err();
    assert_eq!(error.to_string(), "the RSA private key has 1024 bits; 2048 to 8192 are supported");
}

#[test]
fn a_key_goes_into_its_secret_and_back() {
    let shape = KeySecret {
        namespace: "kube-system".to_owned(),
        prefix: "sealed-secrets-key".to_owned(),
        labels: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        annotations: BTreeMap::new(),
    };
    let original = pair("c");
    let secret = shape.of(&original);
    assert_eq!(secret.type_.as_deref(), Some("kubernetes.io/tls"));
    assert_eq!(secret.metadata.generate_name.as_deref(), Some("sealed-secrets-key"));
    assert_eq!(secret.metadata.name, None);
    assert_eq!(secret.metadata.annotations, None);
    assert_eq!(secret.metadata.labels.as_ref().unwrap()[names::KEY_LABEL], names::KEY_ACTIVE);
    assert_eq!(secret.data.as_ref().unwrap()["tls.key"].0, file("c.key"));
    assert_eq!(secret.data.as_ref().unwrap()["tls.crt"].0, file("c.crt"));
    assert!(counts(&secret.metadata, "sealed-secrets-key"));
    let read = KeyPair::from_secret(&secret).unwrap();
    assert_eq!(read.fingerprint(), original.fingerprint());
    assert_eq!(read.certificate_pem(), original.certificate_pem());
    assert_eq!(KeyPair::from_secret(&v1::Secret::default()).unwrap_err(), KeyError::NotInSecret);
}

fn metadata(name: &str, label: Option<&str>) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        labels: label.map(|value| BTreeMap::from([(names::KEY_LABEL.to_owned(), value.to_owned())])),
        ..ObjectMeta::default()
    }
}

#[test]
fn only_active_keys_and_the_unlabelled_legacy_key_count() {
    for (name, label, expected) in [
        ("keyabcde", Some("active"), true),
        ("keyabcde", Some("compromised"), false),
        ("keyabcde", None, false),
        ("key", None, true),
        ("key", Some("compromised"), false),
    ] {
        assert_eq!(counts(&metadata(name, label), "key"), expected, "{name}, {label:?}");
    }
}

#[test]
fn a_secret_made_from_a_sealed_secret_is_recognised_by_owner_or_mark_whoever_controls_it() {
    let of = |api_version: &str, kind: &str, controller| {
        let owner = OwnerReference {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            controller,
            ..OwnerReference::default()
        };
        ObjectMeta { owner_references: Some(vec![OwnerReference::default(), owner]), ..ObjectMeta::default() }
    };
    for (owned, expected) in [
        (of(names::API_VERSION, "SealedSecret", Some(true)), true),
        (of("bitnami.com/v9", "SealedSecret", None), true),
        (of("bitnami.com", "SealedSecret", None), false),
        (of("example.com/v1alpha1", "SealedSecret", Some(true)), false),
        (of(names::API_VERSION, "Other", Some(true)), false),
        (ObjectMeta::default(), false),
    ] {
        assert_eq!(is_of_sealed_secret(&owned), expected, "{owned:?}");
    }
    let marked = |value: &str| ObjectMeta {
        annotations: Some(BTreeMap::from([(names::SKIP_SET_OWNER_REFERENCES.to_owned(), value.to_owned())])),
        ..ObjectMeta::default()
    };
    assert!(is_of_sealed_secret(&marked("true")) && !is_of_sealed_secret(&marked("false")));
}

#[test]
fn a_key_that_was_taken_out_of_use_is_still_marked() {
    assert!(
        is_marked(&metadata("x", Some("compromised")), "key") && is_marked(&metadata("key", None), "key")
    );
    assert!(!is_marked(&metadata("x", None), "key"));
}

#[test]
fn a_certificate_that_begins_later_opens_and_seals_from_then_on() {
    let [a, b] = ["a", "b"].map(dated);
    let start = b.not_before().unwrap();
    let minutes = |count| start - SignedDuration::from_mins(count);
    let all = KeyRing::new(vec![a.clone(), b.clone()]);
    let seals = |now| *all.as_of(now).newest().unwrap().fingerprint();
    assert_eq!(seals(minutes(6)), *a.fingerprint());
    assert_eq!(seals(minutes(5)), *b.fingerprint(), "clocks differ");
    let early = all.as_of(minutes(60));
    assert_eq!(early.newest_instant(), a.not_before(), "renewal looks at the key that seals");
    assert_eq!(early.next_start(), Some(minutes(5)));
    assert_eq!(early.waits_until(b.fingerprint()), Some(start));
    assert_eq!((early.waits_until(a.fingerprint()), all.next_start()), (None, None));
    let sealed = b.sealing_key().unwrap().seal(&label(), b"value");
    assert!(early.open(&label(), &sealed, &[]).is_ok());
}

#[test]
fn of_certificates_that_all_begin_later_the_first_to_begin_seals() {
    let [b, c] = ["b", "c"].map(dated);
    let ring = KeyRing::default().as_of(at("2020-01-01T00:00:00Z"));
    let ring = ring.with(c.clone(), Timestamp::MAX).with(b.clone(), Timestamp::MIN);
    assert_eq!(ring.newest().unwrap().fingerprint(), b.fingerprint());
    assert_eq!(
        (ring.waits_until(b.fingerprint()), ring.waits_until(c.fingerprint())),
        (None, c.not_before())
    );
    let alone = ring.without(b.fingerprint());
    assert_eq!(alone.newest().unwrap().fingerprint(), c.fingerprint());
}

#[test]
fn a_certificate_of_another_key_never_seals_but_the_key_opens() {
    let crossed = KeyPair::from_pem(&file("a.key"), &file("b.crt")).unwrap();
    assert!(matches!(crossed.sealing_key(), Err(CertificateError::OtherKey { .. })));
    assert_eq!(crossed.certificate_pem(), b"");
    let ring = KeyRing::new(vec![pair("c")]).with(Arc::new(crossed), Timestamp::MAX);
    assert_eq!(ring.newest().unwrap().fingerprint(), pair("c").fingerprint());
    let sealed = pair("a").sealing_key().unwrap().seal(&label(), b"value");
    assert_eq!(ring.open(&label(), &sealed, &[]).unwrap().value.expose(), b"value");
}

#[test]
fn an_expired_certificate_is_refused_for_sealing_by_its_date_alone() {
    let error = SealingKey::from_pem(&file("expired.crt"), at("2026-11-23T12:00:00Z")).unwrap_err();
    assert_eq!(error.to_string(), "failed to encrypt using an expired certificate on January 1, 2020");
    assert!(SealingKey::from_pem(&file("expired.crt"), at("2020-01-01T00:00:00Z")).is_ok());
}

#[test]
fn the_newest_key_seals_and_the_first_of_equals_stays_newest() {
    let [a, b, c] = ["a", "b", "c"].map(pair);
    let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let ring = KeyRing::default().with(a.clone(), early).with(b.clone(), late).with(c.clone(), late);
    assert_eq!(names_of(&ring), [*b.fingerprint(), *c.fingerprint(), *a.fingerprint()]);
    assert_eq!((ring.newest().unwrap().fingerprint(), ring.newest_instant()), (b.fingerprint(), Some(late)));

    let retired = ring.retired(b.fingerprint());
    assert_eq!(retired.newest().unwrap().fingerprint(), c.fingerprint());
    assert!(retired.is_retired(b.fingerprint()) && !ring.is_retired(b.fingerprint()));
    let sealed = b.sealing_key().unwrap().seal(&label(), b"value");
    assert!(retired.open(&label(), &sealed, &[]).is_ok());
    assert!(!retired.with(b.clone(), late).is_retired(b.fingerprint()));

    let without = ring.without(b.fingerprint());
    assert_eq!(without.open(&label(), &sealed, &[]).unwrap_err(), OpenError::NoKeyFits);
    assert_eq!(without.len(), 2);
}

#[test]
fn the_same_key_again_is_one_key() {
    let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let [a, b] = ["a", "b"].map(pair);
    let ring = KeyRing::default().with(a.clone(), early).with(b.clone(), early).with(b.clone(), late);
    assert_eq!(names_of(&ring), [*b.fingerprint(), *a.fingerprint()]);
    let ring = ring.with(b.clone(), early);
    assert_eq!(ring.newest_instant(), Some(late));

    let ring = KeyRing::default().with(a.clone(), early).with(b.clone(), early).with(a.clone(), early);
    assert_eq!(names_of(&ring), [*a.fingerprint(), *b.fingerprint()]);
}

#[test]
fn only_keys_of_the_right_size_cost_private_operations_and_known_ones_come_first() {
    let [a, b, c] = ["a", "b", "c"].map(pair);
    let big = Arc::new(KeyPair::from_private_pem(&file("size-8192.key")).unwrap());
    let instant = at("2026-01-01T00:00:00Z");
    let ring = [&big, &c, &a, &b]
        .into_iter()
        .fold(KeyRing::default(), |ring, pair| ring.with(pair.clone(), instant));
    let tries = |pair: &KeyPair, first: &[Fingerprint]| {
        let sealed = pair.sealing_key().unwrap().seal(&label(), b"value");
        let opened = ring.open(&label(), &sealed, first).unwrap();
        assert_eq!(opened.key, *pair.fingerprint());
        opened.tries
    };
    assert_eq!(tries(&c, &[]), 1);
    assert_eq!(tries(&b, &[]), 2);
    assert_eq!(tries(&b, &[*b.fingerprint()]), 1);
    assert_eq!(tries(&b, &[*c.fingerprint(), *b.fingerprint()]), 1);
}

#[test]
fn no_debug_output_holds_a_private_key() {
    let text = format!("{:?}", KeyRing::new(vec![pair("c")]));
    assert!(text.contains("2048 bits"), "{text}");
    let pem = String::from_utf8(file("c.key")).unwrap();
    let der =
        base64::decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>().as_bytes())
            .unwrap();
    for window in der.windows(8).step_by(8) {
        let bytes = format!("{window:?}");
        assert!(!text.contains(bytes.trim_matches(['[', ']'])), "{text}");
    }
}
