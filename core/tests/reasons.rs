//! When a value does not open, the text says why and what to do, names the item, and holds no value.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{fs, path::Path, sync::Arc};

use sealed_secrets_core::{
    KeyPair, KeyRing, Scope, SealedSecret,
    reseal::{reseal, verify},
    unseal::{self, Options, Reason, UnsealError},
};
use serde_json::json;

fn pair(name: &str) -> Arc<KeyPair> {
    let file = |end: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys");
        fs::read(folder.join(format!("{name}.{end}"))).unwrap()
    };
    Arc::new(KeyPair::from_pem(&file("key"), &file("crt")).unwrap())
}

fn ring(names: &[&str]) -> KeyRing {
    KeyRing::new(names.iter().map(|name| pair(name)).collect())
}

/// Seals the value `hidden` with a key for a place.
fn seal(key: &str, scope: Scope, namespace: &str, name: &str) -> String {
    pair(key).sealing_key().unwrap().seal_to_text(&scope.label(namespace, name), b"hidden")
}

/// `ns/web`, strict, with these items.
fn object(items: &[(&str, String)]) -> SealedSecret {
    let mut object = SealedSecret::from_value(json!({"metadata": {"name": "web", "namespace": "ns"}}));
    object.spec.encrypted_data =
        items.iter().map(|(item, text)| ((*item).to_owned(), text.clone())).collect();
    object
}

fn unseal(object: &SealedSecret, ring: &KeyRing) -> Result<sealed_secrets_core::Secret, UnsealError> {
    let env = gotemplate::Env {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        random: &|bytes: &mut [u8]| bytes.fill(4),
        limits: gotemplate::Limits::default(),
    };
    unseal::unseal(object, ring, &Options { accept_v1_data: true, first: &[], env: &env })
}

fn reason(text: String, ring: &KeyRing) -> Reason {
    reason_in(&object(&[("item", text)]), ring)
}

fn reason_in(object: &SealedSecret, ring: &KeyRing) -> Reason {
    let reason =
        unseal::open_item(object, "item", ring, &[], &unseal::Effort::new(object, ring)).unwrap_err().0;
    let text = unseal(object, ring).unwrap_err().to_string();
    assert!(text.contains("(item)") && !text.contains("hidden"), "{text}");
    assert!(
        text.starts_with("no key could decrypt secret (item): ") || matches!(reason, Reason::BadBase64(_))
    );
    reason
}

#[test]
fn a_moved_or_renamed_object_is_told_where_its_values_belong() {
    let ring = ring(&["b", "c"]);
    let other_namespace = seal("c", Scope::Strict, "default", "web");
    assert_eq!(reason(other_namespace, &ring), Reason::WrongNamespace { sealed_for: "default".to_owned() });
    let without = seal("c", Scope::Strict, "", "web");
    assert_eq!(reason(without, &ring), Reason::WrongNamespace { sealed_for: String::new() });

    let mut object = object(&[("item", seal("c", Scope::Strict, "ns", "old"))]);
    let place = "ns/web".to_owned();
    assert_eq!(reason_in(&object, &ring), Reason::NoKeyFits { scope: Scope::Strict, place });
    object.spec.template.metadata.name = Some("old".to_owned());
    assert_eq!(reason_in(&object, &ring), Reason::WrongName { sealed_for: "old".to_owned() });
    object.spec.encrypted_data = [("item".to_owned(), seal("c", Scope::Strict, "prod", "web"))].into();
    object.spec.template.metadata.namespace = Some("prod".to_owned());
    assert_eq!(reason_in(&object, &ring), Reason::WrongNamespace { sealed_for: "prod".to_owned() });
}

#[test]
fn another_scope_is_told_with_its_remedy() {
    let ring = ring(&["c"]);
    for sealed_with in [Scope::NamespaceWide, Scope::ClusterWide] {
        let annotated = Scope::Strict;
        assert_eq!(
            reason(seal("c", sealed_with, "ns", "web"), &ring),
            Reason::WrongScope { sealed_with, annotated }
        );
    }
    let mut object = object(&[("item", seal("c", Scope::Strict, "ns", "web"))]);
    let annotation = Scope::ClusterWide.annotation().unwrap().to_owned();
    object.metadata.annotations = Some([(annotation, "true".to_owned())].into());
    let (sealed_with, annotated) = (Scope::Strict, Scope::ClusterWide);
    assert_eq!(reason_in(&object, &ring), Reason::WrongScope { sealed_with, annotated });
    assert!(unseal(&object, &ring).unwrap_err().to_string().contains("take away the annotation"));
}

#[test]
fn foreign_keys_damage_and_missing_bytes_are_told_apart() {
    let small = ring(&["c"]);
    let good = seal("c", Scope::Strict, "ns", "web");
    assert_eq!(reason(seal("a", Scope::Strict, "ns", "web"), &small), Reason::UnknownKey { bits: 4096 });
    assert!(matches!(reason(seal("a", Scope::Strict, "ns", "web"), &ring(&["b"])), Reason::NoKeyFits { .. }));
    assert_eq!(reason(good.clone(), &KeyRing::default()), Reason::NoKeys);
    assert_eq!(reason(good[..40].to_owned(), &small), Reason::Truncated);
    assert_eq!(reason(String::new(), &small), Reason::Truncated);
    assert!(matches!(reason(good[..good.len() - 8].to_owned(), &small), Reason::Corrupt(_)));
    assert!(matches!(reason(format!("*{good}"), &small), Reason::BadBase64(bad) if bad.at == 0));
}

#[test]
fn equal_reasons_fold_and_every_failure_is_named() {
    let object = object(&[
        ("a", seal("a", Scope::Strict, "ns", "web")),
        ("b", seal("a", Scope::Strict, "ns", "web")),
        ("c", String::new()),
        ("d", "*".to_owned()),
        ("e", seal("c", Scope::Strict, "ns", "web")),
    ]);
    let text = unseal(&object, &ring(&["c"])).unwrap_err().to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "illegal base64 data at input byte 0 (d): no ciphertext; seal the value with kubeseal --raw"
    );
    assert!(
        lines[1].starts_with("no key could decrypt secret (a, b, c): it was sealed to a key of 4096 bits")
    );
    assert!(
        lines[1].contains(" (a, b); the ciphertext is cut short") && lines[1].ends_with(" (c)"),
        "{text}"
    );
    assert_eq!(lines.len(), 2);
}

#[test]
fn only_missing_keys_are_worth_waiting_for() {
    let wants = |text: String, ring: &KeyRing| {
        unseal(&object(&[("item", text)]), ring).unwrap_err().may_want_another_key()
    };
    let other = || seal("a", Scope::Strict, "ns", "web");
    assert!(
        wants(other(), &ring(&["c"])) && wants(other(), &ring(&["b"])) && wants(other(), &KeyRing::default())
    );
    assert!(!wants(seal("c", Scope::ClusterWide, "ns", "web"), &ring(&["c"])));
    assert!(!wants(String::new(), &ring(&["c"])));
}

#[test]
fn what_could_not_be_read_is_named_and_nothing_is_opened() {
    let mut object = SealedSecret::from_value(json!({
        "metadata": {"name": "web", "namespace": "ns"},
        "spec": {"template": {"metadata": {"labels": {"a": 1}}}},
    }));
    object.spec.encrypted_data = [("item".to_owned(), seal("c", Scope::Strict, "ns", "web"))].into();
    let text = unseal(&object, &ring(&["c"])).unwrap_err().to_string();
    assert_eq!(text, "spec.template.metadata.labels does not fit its definition: it holds a map");
}

#[test]
fn verify_and_reseal_answer_alike_for_any_template() {
    let ring = ring(&["c"]);
    let good = object(&[("item", seal("c", Scope::Strict, "ns", "web"))]);
    let bad = object(&[("item", seal("c", Scope::Strict, "ns", "old"))]);
    let templates = [
        "{{ .item }}",
        "{{ fail .item }}",
        "{{ broken",
        "{{ if eq .item \"hidden\" }}{{ fail \"\" }}{{ end }}",
    ];
    for template in templates {
        let with = |object: &SealedSecret| {
            let mut object = object.clone();
            // Neither text nor names nor annotations of a template may change an answer.
            object.spec.template.metadata.name = Some("old".to_owned());
            object.spec.template.data.insert("t".to_owned(), Some(template.to_owned()));
            let annotation = Scope::ClusterWide.annotation().unwrap().to_owned();
            object.spec.template.metadata.annotations = Some([(annotation, "true".to_owned())].into());
            object
        };
        assert!(verify(&with(&good), &ring, false).is_ok(), "{template}");
        let answer = |object: &SealedSecret| verify(object, &ring, false).unwrap_err().to_string();
        assert_eq!(answer(&with(&bad)), answer(&bad), "{template}");
        let resealed = reseal(&with(&good), &ring, false).unwrap();
        assert_eq!(resealed.spec.template, with(&good).spec.template);
        assert_eq!(resealed.spec.encrypted_data.len(), 1);
    }
}

#[test]
fn the_deprecated_blob_is_verified_and_resealed_as_it_is() {
    let old = ring(&["c"]);
    let blob = br#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"data":{"a":"b25l"}}"#;
    let mut object = object(&[]);
    let key = old.newest().unwrap().sealing_key().unwrap();
    object.spec.data = Some(key.seal_to_text(&Scope::Strict.label("ns", "web"), blob));
    assert!(verify(&object, &old, true).is_ok());
    assert!(matches!(verify(&object, &old, false), Err(UnsealError::DeprecatedData)));

    let both = old.with(pair("a"), "2030-01-01T00:00:00Z".parse().unwrap());
    let resealed = reseal(&object, &both, true).unwrap();
    assert_ne!(resealed.spec.data, object.spec.data);
    let secret = unseal(&resealed, &ring(&["a"])).unwrap();
    assert_eq!((secret.name(), secret.data["a"].expose()), ("web", &b"one"[..]));
}

#[test]
fn a_null_in_a_template_keeps_the_item_out_but_leaves_the_variable() {
    let mut object = object(&[("password", seal("c", Scope::Strict, "ns", "web"))]);
    object.spec.template.data = [
        ("password".to_owned(), None),
        ("url".to_owned(), Some("https://{{ .password }}@{{ .host }}".to_owned())),
        ("host".to_owned(), Some("db".to_owned())),
    ]
    .into();
    let secret = unseal(&object, &ring(&["c"])).unwrap();
    let items: Vec<_> = secret.data.iter().map(|(item, value)| (item.as_str(), value.expose())).collect();
    assert_eq!(items, [("host", &b"db"[..]), ("url", b"https://hidden@db")]);
}
