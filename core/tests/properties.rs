//! Whatever the names, items, bytes and scope: what was sealed opens in its place, and nowhere else.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

use proptest::{collection::btree_map, prelude::*};
use sealed_secrets_core::{
    KeyPair, KeyRing, Plaintext, Scope, SealedSecret, Secret,
    reseal::{reseal, verify},
    seal::{self, Sealable},
    unseal,
};
use serde_json::{Value, json};

/// Key c (2048 bits) and key a (4096 bits), each alone in a ring.
static RINGS: LazyLock<[KeyRing; 2]> = LazyLock::new(|| {
    ["c", "a"].map(|name| {
        let file = |end: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys");
            fs::read(folder.join(format!("{name}.{end}"))).unwrap()
        };
        KeyRing::new(vec![Arc::new(KeyPair::from_pem(&file("key"), &file("crt")).unwrap())])
    })
});

fn env() -> gotemplate::Env<'static> {
    gotemplate::Env {
        now: "2026-11-23T12:00:00Z".parse().unwrap(),
        random: &|bytes: &mut [u8]| bytes.fill(4),
        limits: gotemplate::Limits::default(),
    }
}

prop_compose! {
    fn input()(
        name in "[ -~ä]{1,20}",
        namespace in "[ -~ä]{1,20}",
        scope in prop_oneof![Just(Scope::Strict), Just(Scope::NamespaceWide), Just(Scope::ClusterWide)],
        values in btree_map("\\PC{1,12}", any::<Vec<u8>>(), 1..4),
        annotations in btree_map("[a-z./-]{1,20}", "\\PC{0,20}", 0..3),
        r#type in proptest::option::of("[a-z./]{1,20}"),
    ) -> (Input, Scope) {
        (Input { name, namespace, values, annotations, r#type }, scope)
    }
}

#[derive(Clone, Debug)]
struct Input {
    name: String,
    namespace: String,
    values: BTreeMap<String, Vec<u8>>,
    annotations: BTreeMap<String, String>,
    r#type: Option<String>,
}

impl Input {
    fn secret(&self) -> Secret {
        let mut secret = Secret::default();
        secret.metadata.name = Some(self.name.clone());
        secret.metadata.namespace = Some(self.namespace.clone());
        secret.metadata.annotations = Some(self.annotations.clone()).filter(|map| !map.is_empty());
        secret.data =
            self.values.iter().map(|(item, value)| (item.clone(), Plaintext::new(value.clone()))).collect();
        secret.r#type.clone_from(&self.r#type);
        secret
    }

    fn seal(&self, scope: Scope) -> SealedSecret {
        let options = seal::Options { scope, ..seal::Options::default() };
        let key = RINGS[0].newest().unwrap().sealing_key().unwrap().clone();
        seal::seal(Sealable::new(self.secret(), &options).unwrap(), &key)
    }
}

fn values(sealed: &SealedSecret, ring: &KeyRing) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let options = unseal::Options { accept_v1_data: false, first: &[], env: &env() };
    let secret = unseal::unseal(sealed, ring, &options).map_err(|error| error.to_string())?;
    Ok(secret.data.into_iter().map(|(item, value)| (item, value.expose().to_vec())).collect())
}

/// Any JSON, with the names of the definition's fields strewn in.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        "[a-z]{1,4}",
        "apiVersion|kind|metadata|spec|status|name|namespace|labels|annotations|ownerReferences",
        "template|encryptedData|data|type|immutable|managedFields|creationTimestamp|conditions",
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(name.clone(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_sealed_unseals_to_the_same_secret((input, scope) in input()) {
        let sealed = input.seal(scope);
        let read_back = SealedSecret::from_value(sealed.to_value());
        prop_assert_eq!(&read_back, &sealed);
        let options = unseal::Options { accept_v1_data: false, first: &[], env: &env() };
        let secret = unseal::unseal(&read_back, &RINGS[0], &options).unwrap();
        prop_assert_eq!(secret.name(), &input.name);
        prop_assert_eq!(secret.namespace(), &input.namespace);
        prop_assert_eq!(&secret.r#type, &input.r#type);
        for (name, value) in &input.annotations {
            prop_assert_eq!(secret.metadata.annotations.as_ref().and_then(|map| map.get(name)), Some(value));
        }
        prop_assert_eq!(values(&sealed, &RINGS[0]).unwrap(), input.values);
    }

    #[test]
    fn another_name_namespace_or_key_opens_only_what_the_scope_allows(
        (input, scope) in input(),
        other in "[a-z]{21}",
    ) {
        let sealed = input.seal(scope);
        prop_assert!(values(&sealed, &RINGS[1]).is_err());

        let mut renamed = sealed.clone();
        renamed.metadata.name = Some(other.clone());
        prop_assert_eq!(values(&renamed, &RINGS[0]).is_ok(), scope != Scope::Strict);

        let mut moved = sealed;
        moved.metadata.namespace = Some(other);
        prop_assert_eq!(values(&moved, &RINGS[0]).is_ok(), scope == Scope::ClusterWide);
    }

    #[test]
    fn no_error_holds_a_value((input, scope) in input(), other in "[a-z]{21}") {
        let mut moved = input.seal(scope);
        moved.metadata.namespace = Some(other.clone());
        moved.metadata.name = Some(other);
        moved.spec.encrypted_data.insert("short".to_owned(), "AQ==".to_owned());
        let error = values(&moved, &RINGS[0]).unwrap_err();
        let long = input.values.values().filter(|value| value.len() > 12);
        for text in long.map(|value| String::from_utf8_lossy(value)) {
            prop_assert!(!error.contains(&*text));
        }
    }

    #[test]
    fn resealing_changes_ciphertexts_alone((input, scope) in input()) {
        let mut sealed = input.seal(scope);
        sealed.spec.template.data.insert("t".to_owned(), Some("{{ fail }}".to_owned()));
        let both = RINGS[0].with(RINGS[1].newest().unwrap().clone(), "2030-01-01T00:00:00Z".parse().unwrap());
        let resealed = reseal(&sealed, &both, false).unwrap();
        prop_assert!(verify(&resealed, &RINGS[1], false).is_ok());
        prop_assert!(verify(&resealed, &RINGS[0], false).is_err());
        let ciphertexts = sealed.spec.encrypted_data.clone();
        prop_assert!(resealed.spec.encrypted_data.values().zip(ciphertexts.values()).all(|(new, old)| new != old));
        let put_back = SealedSecret {
            spec: sealed_secrets_core::sealed_secret::Spec { encrypted_data: ciphertexts, ..resealed.spec },
            ..resealed
        };
        prop_assert_eq!(put_back, sealed);
    }

    #[test]
    fn any_json_is_read_and_what_fits_is_kept(spec in any_json(), metadata in any_json()) {
        let value = json!({"metadata": metadata, "spec": spec});
        let object: SealedSecret = serde_json::from_value(value).unwrap();
        let again = SealedSecret::from_value(object.to_value());
        prop_assert_eq!(again.flaws, []);
        prop_assert_eq!(again.spec.encrypted_data, object.spec.encrypted_data);
        prop_assert_eq!(again.spec.template, object.spec.template);
        prop_assert_eq!(again.metadata, object.metadata);
    }

    #[test]
    fn any_bytes_as_a_ciphertext_fail_without_a_panic(bytes in any::<Vec<u8>>(), text in "\\PC*") {
        prop_assert!(RINGS[0].open(&text.clone().into(), &bytes, &[]).is_err());
        let mut sealed = SealedSecret::default();
        sealed.spec.encrypted_data.insert("item".to_owned(), text);
        prop_assert!(values(&sealed, &RINGS[0]).is_err());
    }
}
