//! The service port and the metrics port, judged by recorded exchanges; no API server takes part.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod bounds;
mod connections;
mod early;
mod wire;

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use sealed_secrets_controller::{
    capacity::pool::Pool,
    config::{Command, Config},
    http::{Limits, Scrape, Settings, Web, metrics, service},
    keys::store::Store,
    leader::Leadership,
    report::metrics::Metrics,
};
use sealed_secrets_core::{KeyPair, Label, SealedSecret, names};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Recorded cases that are answered better than the reference does, and why.
const BETTER: [(&str, &str); 7] = [
    ("rotate-metadata-differs-from-template", "the template keeps its own metadata: only ciphertexts change"),
    ("rotate-template-data", "the template is kept and not rendered: only ciphertexts change"),
    ("rotate-template-error", "a template has no say in the answer"),
    ("rotate-yaml-two-docs", "refused: the second document would be lost without a word"),
    ("rotate-cluster-wide-annotation-on-metadata-only", "the template keeps its own metadata"),
    ("rotate-no-encryptedData", "an absent template stays absent"),
    ("rotate-deprecated-data", "spec.data stays spec.data: only ciphertexts change"),
];

struct Port {
    service: Router,
    metrics: Router,
    series: Arc<Metrics>,
}

fn testdata(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(path)).unwrap()
}

fn key_secret(key: &str) -> Secret {
    let mut secret = Secret::default();
    secret.metadata.name = Some(format!("test-key-{key}"));
    secret.metadata.labels =
        Some(BTreeMap::from([(names::KEY_LABEL.to_owned(), names::KEY_ACTIVE.to_owned())]));
    secret.data = Some(BTreeMap::from([
        ("tls.key".to_owned(), ByteString(testdata(&format!("keys/{key}.key")))),
        ("tls.crt".to_owned(), ByteString(testdata(&format!("controller/certs/{key}.crt")))),
    ]));
    secret
}

fn settings(rate: u32, burst: u32) -> Settings {
    Settings {
        rate,
        burst,
        accept_v1_data: true,
        read_timeout: Duration::from_secs(5),
        write_timeout: Duration::from_secs(30),
        limits: Limits::new(2048),
    }
}

/// The service port of a controller with these keys.
fn web(keys: &[&str], settings: Settings) -> (Web, Arc<Store>, Arc<Metrics>) {
    let Command::Run(config, _) = Config::read(&[], &|_| None, "ns").unwrap() else { panic!("a run") };
    let (store, _news) = Store::new(config.keys.clone(), "ns");
    for key in keys {
        store.apply(&key_secret(key));
        assert!(store.ring().is_empty(), "nothing is served before the list of keys is whole");
    }
    store.publish();
    let series = Arc::new(Metrics::new("v1.2.3", false));
    let web = Web::new(
        Arc::clone(&store),
        Arc::new(Leadership::new(false)),
        Pool::with_threads(2),
        Arc::clone(&series),
        settings,
    );
    (web, store, series)
}

fn port(keys: &[&str], rate: u32, burst: u32) -> Port {
    let (web, store, series) = web(keys, settings(rate, burst));
    let ring = Arc::clone(&store);
    let scrape = Scrape::of(
        Arc::clone(&series),
        Arc::new(move |metrics| {
            metrics.show_keys(&ring.ring(), &ring.secrets(), &HashMap::new(), jiff::Timestamp::now());
        }),
    );
    Port { service: service(web), metrics: metrics(scrape), series }
}

fn request(method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder().method(method).uri(path).body(body.into()).unwrap()
}

async fn call(router: &Router, request: Request<Body>) -> Response<Vec<u8>> {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes().to_vec())
}

fn header<'a>(response: &'a Response<Vec<u8>>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[tokio::test]
async fn recorded_exchanges_are_answered_alike() {
    let recorded: Value = serde_json::from_slice(&testdata("controller/http.json")).unwrap();
    let port = port(&["a", "b"], 1_000_000, 1_000_000);
    let (mut passed, mut failures) = (0, vec![]);
    for case in recorded["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let better = BETTER.iter().any(|(known, _)| *known == name);
        // The service proxy belongs to the API server; `reference` cases are free for a drop-in.
        if case["proxy"] == true || case["binding"] != "required" || better {
            continue;
        }
        match judge(&port, case).await {
            Ok(()) => passed += 1,
            Err(problem) => failures.push(format!("{name}: {problem}")),
        }
    }
    told(&format!("http: {passed} passed, {} failed", failures.len()));
    for (name, reason) in BETTER {
        told(&format!("  better than the reference: {name}: {reason}"));
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(passed > 60, "the cases were found");
}

async fn judge(port: &Port, case: &Value) -> Result<(), String> {
    let (asked, expected) = (&case["request"], &case["response"]);
    let body = match &asked["body_fill"] {
        Value::Null => asked["body"].as_str().unwrap_or_default().to_owned(),
        fill => {
            fill["char"].as_str().unwrap().repeat(usize::try_from(fill["count"].as_u64().unwrap()).unwrap())
        }
    };
    let mut request = request(asked["method"].as_str().unwrap(), asked["path"].as_str().unwrap(), body);
    for (name, value) in asked["headers"].as_object().into_iter().flatten() {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.as_str().unwrap().parse().unwrap());
    }
    let head = asked["method"] == "HEAD";
    let router = if asked["port"] == 8081 { &port.metrics } else { &port.service };
    let got = call(router, request).await;
    let status = expected["status"].as_u64().unwrap();
    let status_differs = u64::from(got.status().as_u16()) != status;
    if status_differs && !(expected["connection_closed"] == true && got.status() == 400) {
        return Err(format!("status {} instead of {status}", got.status()));
    }
    let content_type = header(&got, "content-type");
    if let Some(wanted) = expected["content_type"].as_str()
        && content_type != Some(wanted)
    {
        return Err(format!("content type {content_type:?} instead of {wanted}"));
    }
    if let Some(prefix) = expected["content_type_prefix"].as_str()
        && !content_type.is_some_and(|found| found.starts_with(prefix))
    {
        return Err(format!("content type {content_type:?} instead of {prefix}"));
    }
    for (name, wanted) in expected["headers"].as_object().into_iter().flatten() {
        if header(&got, name) != wanted.as_str() {
            return Err(format!("{name}: {:?} instead of {wanted}", header(&got, name)));
        }
    }
    // The router answers HEAD with a body; the server leaves it out.
    if let Some(wanted) = expected["body"].as_str()
        && !head
        && String::from_utf8_lossy(got.body()) != wanted
    {
        return Err("another body".to_owned());
    }
    match &expected["rotated"] {
        Value::Null => Ok(()),
        rotated => judge_rotated(got.body(), rotated),
    }
}

fn judge_rotated(body: &[u8], expected: &Value) -> Result<(), String> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let pem = testdata(&format!("keys/{}.key", expected["key"].as_str().unwrap()));
    let key = KeyPair::from_private_pem(&pem).unwrap();
    let label = Label::from(expected["label"].as_str().unwrap().to_owned());
    let sealed = SealedSecret::from_value(answer.clone());
    for (item, wanted) in expected["data"].as_object().into_iter().flatten() {
        let text = sealed.spec.encrypted_data.get(item).ok_or(format!("item {item} is missing"))?;
        let bytes = base64_decode(text);
        let opened = key.open(&label, &bytes).map_err(|error| format!("item {item}: {error}"))?;
        if opened.expose() != wanted.as_str().unwrap().as_bytes() {
            return Err(format!("item {item} holds something else"));
        }
    }
    for (path, wanted) in expected["fields"].as_object().into_iter().flatten() {
        let found = answer.pointer(&format!("/{path}")).unwrap_or(&Value::Null);
        if found != wanted {
            return Err(format!("{path} is {found} instead of {wanted}"));
        }
    }
    Ok(())
}

fn base64_decode(text: &str) -> Vec<u8> {
    let quoted: ByteString = serde_json::from_value(json!(text)).unwrap();
    quoted.0
}

/// An object whose items are sealed to these keys, one each.
fn object(keys: &[&str]) -> String {
    let sealing: BTreeMap<&str, _> = ["a", "b", "c"]
        .map(|key| {
            let certificate = testdata(&format!("controller/certs/{key}.crt"));
            let pair = KeyPair::from_pem(&testdata(&format!("keys/{key}.key")), &certificate).unwrap();
            (key, pair.sealing_key().unwrap().clone())
        })
        .into();
    let label = Label::from("ns/app".to_owned());
    let items: serde_json::Map<String, Value> = keys
        .iter()
        .enumerate()
        .map(|(at, key)| (format!("item-{at:04}"), json!(sealing[key].seal_to_text(&label, b"s3cr3t"))))
        .collect();
    json!({
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": { "name": "app", "namespace": "ns" },
        "spec": { "encryptedData": items },
    })
    .to_string()
}

/// An object whose one item opens with key `b`, and the same with another ciphertext.
fn sealed(value_opens: bool, template: &Value) -> String {
    let ring = sealed_secrets_core::KeyRing::new(vec![Arc::new(
        KeyPair::from_pem(&testdata("keys/b.key"), &testdata("controller/certs/b.crt")).unwrap(),
    )]);
    let label = if value_opens { "ns/app" } else { "elsewhere/app" };
    let key = ring.newest().unwrap().sealing_key().unwrap().clone();
    let text = key.seal_to_text(&Label::from(label.to_owned()), b"s3cr3t");
    json!({
        "apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": { "name": "app", "namespace": "ns" },
        "spec": { "encryptedData": { "k": text }, "template": template },
    })
    .to_string()
}

/// Templates that tell values apart, fail, or take long, if anybody runs them.
fn questions() -> Vec<Value> {
    [
        r#"{{ if hasPrefix "s" .k }}{{ fail "yes" }}{{ end }}"#,
        r#"{{ if hasPrefix "x" .k }}{{ fail "yes" }}{{ end }}"#,
        "{{ fail .k }}",
        "{{ if",
        "{{ nosuch .k }}",
        "plain",
    ]
    .iter()
    .map(|text| json!({ "metadata": { "name": "app", "namespace": "ns" }, "data": { "t": text } }))
    .chain([
        json!({ "metadata": {}, "type": "x" }),
        json!({ "metadata": { "annotations": { names::CLUSTER_WIDE: "true" } } }),
    ])
    .collect()
}

#[tokio::test]
async fn verify_and_rotate_are_no_oracle_their_answers_do_not_depend_on_the_template() {
    let port = port(&["b"], 1_000_000, 1_000_000);
    for (opens, verify, rotate) in [(true, 200, 200), (false, 409, 500)] {
        for template in questions() {
            let body = sealed(opens, &template);
            let answer = call(&port.service, request("POST", "/v1/verify", body.clone())).await;
            assert_eq!(answer.status(), verify, "verify {template}");
            assert!(answer.body().is_empty() && header(&answer, "content-type").is_none());
            let answer = call(&port.service, request("POST", "/v1/rotate", body)).await;
            assert_eq!(answer.status(), rotate, "rotate {template}");
            if opens {
                let object: Value = serde_json::from_slice(answer.body()).unwrap();
                assert_eq!(object["spec"]["template"], template, "only ciphertexts change");
                assert_eq!(object["spec"]["encryptedData"].as_object().unwrap().len(), 1);
            } else {
                assert!(answer.body().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn rotate_says_which_keys_the_values_came_from_and_which_they_are_on() {
    let fingerprint = |name: &str| {
        let pem = (testdata(&format!("keys/{name}.key")), testdata(&format!("controller/certs/{name}.crt")));
        KeyPair::from_pem(&pem.0, &pem.1).unwrap().fingerprint().to_string()
    };
    for (keys, newest) in [(&["b"][..], "b"), (&["b", "c"], "c")] {
        let port = port(keys, 50, 50);
        let answer = call(&port.service, request("POST", "/v1/rotate", sealed(true, &json!({})))).await;
        assert_eq!(header(&answer, "sealed-secrets-from-keys"), Some(&*fingerprint("b")));
        assert_eq!(header(&answer, "sealed-secrets-to-key"), Some(&*fingerprint(newest)));
        let refused = call(&port.service, request("POST", "/v1/rotate", sealed(false, &json!({})))).await;
        assert_eq!((refused.status().as_u16(), header(&refused, "sealed-secrets-to-key")), (500, None));
    }
}

#[tokio::test]
async fn verify_and_rotate_are_limited_per_path_and_caller() {
    let port = port(&["b"], 2, 2);
    let ask = |path: &'static str, caller: &'static str| {
        let mut request = request("POST", path, "x");
        request.headers_mut().insert("x-forwarded-for", caller.parse().unwrap());
        call(&port.service, request)
    };
    let mut statuses = vec![];
    for _ in 0..5 {
        statuses.push(ask("/v1/verify", "10.0.0.1").await.status().as_u16());
    }
    assert_eq!(statuses, [500, 500, 500, 429, 429]);
    assert_eq!(ask("/v1/verify?x=1", "10.0.0.1").await.status(), 429, "the query makes no other path");
    assert_eq!(ask("/v1/verify", "10.0.0.2").await.status(), 500, "another caller");
    for _ in 0..3 {
        assert_eq!(ask("/v1/rotate", "10.0.0.1").await.status(), 500, "another path");
    }
    let limited = ask("/v1/rotate", "10.0.0.1").await;
    assert_eq!(limited.status(), 429);
    assert_eq!(limited.body(), b"limit exceeded\n");
    for (name, value) in [
        ("retry-after", "1"),
        ("content-type", "text/plain; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("x-ratelimit-limit", "3"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "2"),
    ] {
        assert_eq!(header(&limited, name), Some(value), "{name}");
    }
    for _ in 0..5 {
        assert_eq!(call(&port.service, request("GET", "/v1/cert.pem", "")).await.status(), 200);
    }
}

#[tokio::test]
async fn methods_and_sizes_are_checked() {
    let port = port(&["b"], 1_000_000, 1_000_000);
    let deleted = call(&port.service, request("DELETE", "/v1/cert.pem", "")).await;
    assert_eq!((deleted.status().as_u16(), header(&deleted, "allow")), (405, Some("GET, HEAD")));
    let put = call(&port.service, request("PUT", "/v1/rotate", "x")).await;
    assert_eq!((put.status().as_u16(), header(&put, "allow")), (405, Some("POST")));
    let padded = format!("{}{}", " ".repeat(4 << 20), sealed(true, &json!({})));
    assert_eq!(call(&port.service, request("POST", "/v1/verify", padded)).await.status(), 500);
}

#[tokio::test]
async fn a_process_without_a_certificate_lives_and_is_not_ready() {
    let without = port(&[], 2, 2);
    assert_eq!(call(&without.service, request("GET", "/healthz", "")).await.status(), 200);
    assert_eq!(call(&without.service, request("GET", "/readyz", "")).await.status(), 503);
    let ready = port(&["a"], 2, 2);
    assert_eq!(call(&ready.service, request("GET", "/readyz", "")).await.status(), 200);
    let port = without;
    assert_eq!(call(&port.service, request("GET", "/v1/cert.pem", "")).await.status(), 503);
}

/// Series of a text of version 0.0.4: names with label names, and types by name.
fn series(text: &str) -> (BTreeMap<String, Vec<String>>, BTreeMap<String, String>) {
    let (mut found, mut types) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            types.insert(name.to_owned(), kind.to_owned());
        }
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(value == "N" || value.parse::<f64>().is_ok(), "{line}");
        let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
        let mut labels: Vec<_> = labels
            .trim_end_matches('}')
            .split("\",")
            .filter_map(|pair| Some(pair.split_once('=')?.0.to_owned()))
            .filter(|label| label != "le")
            .collect();
        labels.sort();
        found.entry(name.to_owned()).or_insert(labels);
    }
    (found, types)
}

#[tokio::test]
async fn recorded_metric_names_and_labels_are_all_there() {
    let port = port(&["b"], 2, 2);
    let key = sealed_secrets_controller::state::key::Key::new("ns", "app");
    port.series.set_condition(&key, "inst", Some(true));
    port.series.unseal_errors.with_label_values(&["unseal", "ns"]).inc();
    let text = call(&port.metrics, request("GET", "/metrics", "")).await.into_body();
    let text = call(&port.metrics, request("GET", "/metrics", ""))
        .await
        .into_body()
        .into_iter()
        .chain(text)
        .collect();
    let (ours, _) = series(&String::from_utf8(text).unwrap());
    let (recorded, _) = series(&String::from_utf8(testdata("controller/metrics.txt")).unwrap());
    let mut missing = vec![];
    for (name, labels) in recorded {
        // Go's own: garbage collector, scheduler, and what its process collector adds on the network.
        if name.starts_with("go_")
            || name.contains("network")
            || name == "promhttp_metric_handler_requests_in_flight"
        {
            continue;
        }
        if ours.get(&name) != Some(&labels) {
            missing.push(format!("{name}{labels:?}: {:?}", ours.get(&name)));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[tokio::test]
async fn a_series_follows_its_object() {
    let port = port(&["b"], 2, 2);
    let key = sealed_secrets_controller::state::key::Key::new("ns", "app");
    let text = || String::from_utf8(port.series.text()).unwrap();
    let line = |instance: &str, value: i8| {
        format!(
            "sealed_secrets_controller_condition_info{{condition=\"Synced\",name=\"app\",namespace=\"ns\",\
             ss_app_kubernetes_io_instance=\"{instance}\"}} {value}"
        )
    };
    port.series.set_condition(&key, "", Some(false));
    assert!(text().contains(&line("", -1)));
    port.series.relabel_condition(&key, "inst");
    assert!(text().contains(&line("inst", -1)) && !text().contains(&line("", -1)));
    port.series.set_condition(&key, "inst", Some(true));
    assert!(text().contains(&line("inst", 1)));
    port.series.forget_condition(&key);
    assert!(!text().contains("condition_info{"));
}

/// Says it past the test harness, which swallows what a passing test prints.
fn told(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output takes text");
}
