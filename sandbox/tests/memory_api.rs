//! The memory backend's API as clients see it: what it stores, refuses and says.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod memory_server;

use http::Method;
use memory_server::{Running, secret};
use sandbox::objects::PatchType;
use serde_json::{Value, json};

#[tokio::test]
async fn a_created_secret_gets_what_the_server_gives() {
    let running = Running::start().await;
    let body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": "s-", "namespace": "default"},
        "stringData": {"a": "b"}, "unknown": 1});
    let created = running.admin.create(&body).await.unwrap();
    let name = created["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("s-") && name.len() == 7, "{name}");
    assert_eq!(created["data"]["a"], "Yg==");
    assert_eq!(
        (created["type"].as_str(), created.get("stringData"), created.get("unknown")),
        (Some("Opaque"), None, None)
    );
    for given in ["uid", "resourceVersion", "creationTimestamp"] {
        assert!(created["metadata"][given].is_string(), "{given}");
    }
    assert!(created["metadata"]["generation"].is_null(), "a Secret has no generations");
}

#[tokio::test]
async fn every_refusal_has_the_real_servers_code_and_words() {
    let running = Running::start().await;
    running.admin.create(&secret("taken", "default")).await.unwrap();
    let mut immutable = secret("fixed", "default");
    immutable["immutable"] = true.into();
    running.admin.create(&immutable).await.unwrap();
    immutable["data"] = json!({"a": "Yw=="});
    let retyped = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "taken", "namespace": "default"}, "type": "x/y"});
    let mut stale = secret("taken", "default");
    stale["metadata"]["resourceVersion"] = "1".into();
    let mut bad_base64 = secret("b", "default");
    bad_base64["data"]["a"] = "YQ*=".into();
    let mut tls = secret("tls", "default");
    tls["type"] = "kubernetes.io/tls".into();
    let (list, taken, fixed) = (
        "/api/v1/namespaces/default/secrets",
        "/api/v1/namespaces/default/secrets/taken",
        "/api/v1/namespaces/default/secrets/fixed",
    );
    let nowhere = "/api/v1/namespaces/nowhere/secrets";
    let cases: &[(Method, &str, Option<Value>, u16, &str)] = &[
        (Method::GET, "/api/v1/namespaces/default/secrets/none", None, 404, r#"secrets "none" not found"#),
        (
            Method::GET,
            "/apis/example.com/v1/things",
            None,
            404,
            "the server could not find the requested resource",
        ),
        (Method::POST, list, Some(secret("taken", "default")), 409, r#"secrets "taken" already exists"#),
        (
            Method::PUT,
            taken,
            Some(stale),
            409,
            r#"Operation cannot be fulfilled on secrets "taken": the object has been modified; please apply your changes to the latest version and try again"#,
        ),
        (Method::POST, nowhere, Some(secret("a", "nowhere")), 404, r#"namespaces "nowhere" not found"#),
        (
            Method::POST,
            nowhere,
            Some(secret("a", "default")),
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            Method::PUT,
            taken,
            Some(retyped),
            422,
            r#"Secret "taken" is invalid: type: Invalid value: "x/y": field is immutable"#,
        ),
        (
            Method::PUT,
            fixed,
            Some(immutable),
            422,
            r#"Secret "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set"#,
        ),
        (
            Method::POST,
            list,
            Some(bad_base64),
            400,
            r#"Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 2"#,
        ),
        (
            Method::POST,
            list,
            Some(tls),
            422,
            r#"Secret "tls" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]"#,
        ),
    ];
    for (method, path, body, code, message) in cases {
        running.check_refusal(method, path, body.as_ref(), *code, message).await;
    }
}

#[tokio::test]
async fn a_list_in_pages_shows_one_moment() {
    let running = Running::start().await;
    for name in ["a", "b", "c", "d", "e"] {
        running.admin.create(&secret(name, "default")).await.unwrap();
    }
    let list = "/api/v1/namespaces/default/secrets?limit=2";
    let first = running.get(list).await;
    assert_eq!((names(&first), first["metadata"]["remainingItemCount"].as_i64()), (vec!["a", "b"], Some(3)));
    // What happens between two pages does not show in the second one.
    running.admin.delete("Secret", "default", "c", None).await.unwrap();
    running.admin.create(&secret("bb", "default")).await.unwrap();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = running.get(&format!("{list}&continue={token}")).await;
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(first["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"]);
    running.server.compact();
    running.check_refusal_code(&Method::GET, &format!("{list}&continue={token}"), 410, "Expired").await;
}

#[tokio::test]
async fn selectors_and_metadata_only_answers_leave_the_rest_out() {
    let running = Running::start().await;
    let mut labelled = secret("labelled", "default");
    labelled["metadata"]["labels"] = json!({"app": "x"});
    running.admin.create(&labelled).await.unwrap();
    running.admin.create(&secret("plain", "default")).await.unwrap();
    let by_label = running.get("/api/v1/secrets?labelSelector=app%3Dx").await;
    assert_eq!(names(&by_label), ["labelled"]);
    let by_name = running.get("/api/v1/secrets?fieldSelector=metadata.name%3Dplain").await;
    assert_eq!(names(&by_name), ["plain"]);
    let api: kube::Api<kube::core::PartialObjectMeta<k8s_openapi::api::core::v1::Secret>> =
        kube::Api::default_namespaced(running.client.clone());
    let metadata = api.get_metadata("labelled").await.unwrap();
    assert_eq!(metadata.types.unwrap().kind, "PartialObjectMetadata");
}

#[tokio::test]
async fn status_is_written_apart_and_only_the_specification_counts_generations() {
    let running = Running::with_definition().await;
    let created = running.admin.create(&sealed("app")).await.unwrap();
    assert_eq!((created["metadata"]["generation"].as_i64(), created.get("status")), (Some(1), None));
    let path = "/apis/bitnami.com/v1alpha1/namespaces/default/sealedsecrets/app";
    let mut with_status = created.clone();
    with_status["status"] = json!({"observedGeneration": 1, "conditions": [], "unknown": 1});
    with_status["spec"]["encryptedData"]["a"] = "changed".into();
    let after = running.admin.json(Method::PUT, &format!("{path}/status"), Some(&with_status)).await.unwrap();
    assert_eq!(after["status"], json!({"observedGeneration": 1, "conditions": []}));
    assert_eq!((&after["spec"], &after["metadata"]["generation"]), (&created["spec"], &json!(1)));
    let mut spec = after.clone();
    spec["spec"]["encryptedData"]["a"] = "changed".into();
    spec["status"] = Value::Null;
    let after = running.admin.json(Method::PUT, path, Some(&spec)).await.unwrap();
    assert_eq!(
        (after["metadata"]["generation"].as_i64(), after["status"]["observedGeneration"].as_i64()),
        (Some(2), Some(1))
    );
    let again = running.admin.json(Method::PUT, path, Some(&after)).await.unwrap();
    assert_eq!(
        again["metadata"]["resourceVersion"], after["metadata"]["resourceVersion"],
        "nothing differs, nothing is written"
    );
    let mut versionless = after.clone();
    versionless["metadata"]["resourceVersion"] = Value::Null;
    let words = r#"SealedSecret.bitnami.com "app" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update"#;
    running.check_refusal(&Method::PUT, path, Some(&versionless), 422, words).await;
}

#[tokio::test]
async fn a_sealed_secret_is_pruned_and_checked_by_the_definition_in_manifests() {
    let running = Running::with_definition().await;
    let mut object = sealed("app");
    object["spec"]["encryptedData"]["gone"] = Value::Null;
    object["spec"]["oops"] = 1.into();
    let created = running.admin.create(&object).await.unwrap();
    assert_eq!(created["spec"]["encryptedData"], json!({"a": "AgA="}));
    assert_eq!(created["spec"].get("oops"), None);
    object["metadata"]["name"] = "bad".into();
    object["spec"]["encryptedData"]["n"] = 1.into();
    let path = "/apis/bitnami.com/v1alpha1/namespaces/default/sealedsecrets";
    let words = r#"SealedSecret.bitnami.com "bad" is invalid: spec.encryptedData.n: Invalid value: "integer": spec.encryptedData.n in body must be of type string: "integer""#;
    running.check_refusal(&Method::POST, path, Some(&object), 422, words).await;
}

#[tokio::test]
async fn patches_change_what_they_name() {
    let running = Running::start().await;
    running.admin.create(&secret("s", "default")).await.unwrap();
    let target =
        sandbox::objects::Target { kind: "Secret", namespace: "default", name: "s", subresource: "" };
    let merged = running
        .admin
        .patch(target, PatchType::Merge, &json!({"data": {"a": null, "b": "Yg=="}}))
        .await
        .unwrap();
    assert_eq!(merged["data"], json!({"b": "Yg=="}));
    let json_patch = json!([{"op": "add", "path": "/metadata/labels", "value": {"x": "y"}}]);
    let patched = running.admin.patch(target, PatchType::Json, &json_patch).await.unwrap();
    assert_eq!(patched["metadata"]["labels"], json!({"x": "y"}));
}

fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|o| o["metadata"]["name"].as_str().unwrap()).collect()
}

fn sealed(name: &str) -> Value {
    json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": {"name": name, "namespace": "default"},
        "spec": {"encryptedData": {"a": "AgA="}, "template": {"metadata": {"name": name, "namespace": "default"}}}})
}
