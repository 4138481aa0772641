//! What of a Secret is sealed, under which name, namespace and scope, and what is left behind.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::{fs, path::Path};

use sealed_secrets_core::{
    Scope, SealedSecret, SealingKey, Secret, manifest,
    seal::{Options, SealError, Sealable, seal},
};
use serde_json::{Value, json};

fn secret(metadata: &Value) -> Secret {
    let object = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "T", "immutable": false,
        "data": {"a": "b25l", "b": "dHdv"}, "stringData": {"b": "three"},
    });
    manifest::secrets(object.to_string().as_bytes()).unwrap().remove(0)
}

fn sealed(metadata: &Value, options: &Options) -> Result<SealedSecret, SealError> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys/c.crt");
    let key =
        SealingKey::from_pem(&fs::read(file).unwrap(), "2026-11-23T12:00:00Z".parse().unwrap()).unwrap();
    Sealable::new(secret(metadata), options).map(|sealable| seal(sealable, &key))
}

fn options(scope: Scope, name: Option<&str>, namespace: Option<&str>) -> Options {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Options { scope, name: text(name), namespace: text(namespace), ..Options::default() }
}

#[test]
fn what_a_server_or_a_tool_added_is_left_behind() {
    let metadata = json!({
        "name": "n", "namespace": "ns", "labels": {"l": "1"}, "finalizers": ["f"], "generateName": "g",
        "annotations": {
            "keep": "me",
            "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"a\":\"b25l\"}}",
            "kubecfg.ksonnet.io/last-applied-configuration": "{}",
        },
        "uid": "u", "resourceVersion": "5", "generation": 3, "selfLink": "/x",
        "creationTimestamp": "2024-01-02T03:04:05Z", "deletionTimestamp": "2024-01-02T03:04:05Z",
        "deletionGracePeriodSeconds": 4,
        "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}],
    });
    let object = sealed(&metadata, &Options::default()).unwrap().to_value();
    assert_eq!(object["metadata"], json!({"name": "n", "namespace": "ns"}));
    let kept = json!({
        "name": "n", "namespace": "ns", "labels": {"l": "1"}, "finalizers": ["f"], "generateName": "g",
        "annotations": {"keep": "me"},
    });
    assert_eq!(object["spec"]["template"], json!({"metadata": kept, "type": "T", "immutable": false}));
    assert_eq!(object["spec"]["encryptedData"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn string_data_wins_over_data() {
    let metadata = json!({"name": "n", "namespace": "ns"});
    let sealable = Sealable::new(secret(&metadata), &Options::default()).unwrap();
    let values: Vec<_> =
        sealable.values().iter().map(|(item, value)| (item.as_str(), value.expose())).collect();
    assert_eq!(values, [("a", &b"one"[..]), ("b", b"three")]);
}

#[test]
fn the_scope_is_the_options_or_else_the_annotations() {
    let [cluster, namespace] =
        [Scope::ClusterWide, Scope::NamespaceWide].map(|scope| scope.annotation().unwrap());
    let both = json!({cluster: "true", namespace: "true"});
    for (case, annotations, scope, expected) in [
        ("none", json!({}), Scope::Strict, Scope::Strict),
        ("annotated", json!({namespace: "true"}), Scope::Strict, Scope::NamespaceWide),
        ("only the exact word counts", json!({cluster: "True"}), Scope::Strict, Scope::Strict),
        ("cluster-wide wins", both.clone(), Scope::Strict, Scope::ClusterWide),
        ("the option narrows", both, Scope::NamespaceWide, Scope::NamespaceWide),
        ("the option widens", json!({namespace: "true"}), Scope::ClusterWide, Scope::ClusterWide),
    ] {
        let metadata = json!({"name": "n", "namespace": "ns", "annotations": annotations});
        let object = sealed(&metadata, &options(scope, None, None)).unwrap();
        assert_eq!(object.scope(), expected, "{case}");
        let annotations = object.metadata.annotations.unwrap_or_default();
        let marks: Vec<_> = annotations.keys().map(String::as_str).collect();
        assert_eq!(marks, expected.annotation().into_iter().collect::<Vec<_>>(), "{case}");
    }
}

#[test]
fn name_and_namespace_come_from_the_input_or_the_options() {
    let place = |metadata: Value, options: &Options| {
        sealed(&metadata, options).map(|object| (object.namespace().to_owned(), object.name().to_owned()))
    };
    let given = |namespace: &str, name: &str| Ok((namespace.to_owned(), name.to_owned()));
    let strict = |name, namespace| options(Scope::Strict, name, namespace);
    let default = Options { default_namespace: Some("ctx".to_owned()), ..Options::default() };
    assert_eq!(place(json!({"name": "n", "namespace": "ns"}), &default), given("ns", "n"));
    assert_eq!(place(json!({"name": "n"}), &default), given("ctx", "n"));
    assert_eq!(place(json!({"name": "n"}), &strict(Some("m"), Some("prod"))), given("prod", "m"));
    assert_eq!(place(json!({"name": "n", "namespace": "ns"}), &strict(Some(""), Some(""))), given("ns", "n"));
    let wide = options(Scope::ClusterWide, None, Some("other"));
    assert_eq!(place(json!({"name": "n", "namespace": "ns"}), &wide), given("ns", "n"));
    assert_eq!(place(json!({"name": "n"}), &wide), given("", "n"));

    assert_eq!(place(json!({"namespace": "ns"}), &default), Err(SealError::MissingName));
    let name = || "n".to_owned();
    assert_eq!(
        place(json!({"name": "n"}), &strict(None, None)),
        Err(SealError::MissingNamespace { name: name() })
    );
    let mismatch =
        SealError::NamespaceMismatch { name: name(), input: "ns".to_owned(), given: "prod".to_owned() };
    assert_eq!(place(json!({"name": "n", "namespace": "ns"}), &strict(None, Some("prod"))), Err(mismatch));
}

#[test]
fn an_empty_secret_is_sealed_only_on_request() {
    let empty = || {
        let text = br#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"n","namespace":"ns"}}"#;
        manifest::secrets(text).unwrap().remove(0)
    };
    let error = Sealable::new(empty(), &Options::default()).unwrap_err();
    assert_eq!(error, SealError::Empty { name: "n".to_owned() });
    assert!(error.to_string().contains("--allow-empty-data"));
    assert!(Sealable::new(empty(), &Options { allow_empty: true, ..Options::default() }).is_ok());
}
