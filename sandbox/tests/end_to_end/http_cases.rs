//! Every case of `testdata/controller/http.json`: straight to the controller's ports, and through the API
//! server's service proxy.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use http::{Method, Request};
use libtest_mimic::{Failed, Trial};
use sandbox::backend::{Backend, Kind};
use sandbox::controller::{Controller, Launch};
use sandbox::http_client::{self, Answer};
use sandbox::tokens::User;
use serde::Deserialize;
use serde_json::Value;

use crate::pool::{Pool, told};
use crate::scenarios::file::{Key, Rotated};
use crate::scenarios::keys;
use crate::tally::Tally;

#[derive(Deserialize)]
struct Vectors {
    keys: Vec<Key>,
    flags: Vec<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    proxy: bool,
    binding: Binding,
    request: Sent,
    response: Wanted,
    #[serde(rename = "note")]
    _note: Option<Value>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Binding {
    Required,
    /// What the reference does; a drop-in is free.
    Reference,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    method: String,
    path: String,
    port: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_fill: Option<Fill>,
    #[serde(rename = "as")]
    user: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    char: String,
    count: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    status: u16,
    body: Option<String>,
    #[serde(default)]
    body_contains: Vec<String>,
    content_type: Option<String>,
    #[serde(default)]
    content_type_also_ok: Vec<String>,
    content_type_prefix: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    rotated: Option<Rotated>,
    #[serde(default)]
    connection_closed: bool,
    #[serde(rename = "reference_top_level_keys")]
    _reference_top_level_keys: Option<Value>,
    #[serde(rename = "reference_fields")]
    _reference_fields: Option<Value>,
}

/// Two tests, since what goes through the proxy was recorded with the default rate limit.
pub(crate) fn trials(pool: &Pool, tally: &Tally) -> Vec<Trial> {
    let trial = |name: &str, through_proxy: bool| {
        let (tally, kind) = (tally.clone(), pool.kind);
        pool.trial(name, async move |backend| judge(backend, kind, through_proxy, &tally).await)
    };
    vec![
        trial("http::each_request_is_answered_as_recorded", false),
        trial("http::each_request_through_the_service_proxy_is_answered_as_recorded", true),
        pool.trial("http::a_caller_of_the_service_proxy_cannot_pose_as_several", one_caller_with_many_names),
    ]
}

/// The proxy adds its client's address behind whatever the client wrote, so that the last element is the API
/// server's word. Were it otherwise, each made-up value would have a bucket of its own.
async fn one_caller_with_many_names(backend: &Backend) -> Result<(), Failed> {
    let flags = vec!["--rate-limit=1".to_owned(), "--rate-limit-burst=2".to_owned()];
    let mut controller = backend.start_controller(Launch { flags, env: Vec::new() }).await.map_err(told)?;
    controller.healthy(Duration::from_secs(30)).await.map_err(told)?;
    let (namespace, name) = backend.service().map_err(told)?;
    let path = format!("/api/v1/namespaces/{namespace}/services/http:{name}:http/proxy/v1/verify");
    let objects = backend.objects_as(&User::Admin).await.map_err(told)?;
    let mut requests = Vec::new();
    for made_up in 0..12 {
        let request = Request::post(&path).header("X-Forwarded-For", format!("192.0.2.{made_up}"));
        requests.push(objects.send(request.body(b"x".to_vec())?));
    }
    // At once: one after the other, a slow machine gives the tokens back as fast as they are taken.
    let answers = tokio::time::timeout(Duration::from_secs(40), futures::future::try_join_all(requests));
    let answers = answers.await?.map_err(told)?;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let of = |status: u16| statuses.iter().filter(|found| **found == status).count();
    if of(500) >= 3 && of(429) >= 1 && of(500) + of(429) == statuses.len() {
        return Ok(());
    }
    let other = answers.iter().find(|answer| ![500, 429].contains(&answer.status));
    let other = other.map(|answer| String::from_utf8_lossy(&answer.body).into_owned());
    Err(format!("made-up addresses in front of the proxy's own are told apart: {statuses:?} {other:?}")
        .into())
}

async fn judge(backend: &Backend, kind: Kind, through_proxy: bool, tally: &Tally) -> Result<(), Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/controller/http.json");
    let vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    for key in &vectors.keys {
        backend.admin().create(&keys::secret(key, backend.controller_namespace())).await.map_err(told)?;
    }
    let flags = if through_proxy { vec!["--key-renew-period=0".to_owned()] } else { vectors.flags };
    let mut controller = backend.start_controller(Launch { flags, env: Vec::new() }).await.map_err(told)?;
    controller.healthy(Duration::from_secs(30)).await.map_err(told)?;
    let mut controller = Some(controller);
    let corpus = format!("http ({kind})");
    let mut failed = Vec::new();
    for case in vectors.cases.iter().filter(|case| case.proxy == through_proxy) {
        if case.name == "proxy-controller-down" {
            controller.take().unwrap().stop().await?;
        }
        let answer = if case.response.status == 429 {
            limited(backend, controller.as_ref(), case).await
        } else {
            send(backend, controller.as_ref(), case).await
        };
        let bad = answer.map_or_else(|error| vec![error], |answer| compare(&case.response, &answer));
        if !bad.is_empty() && case.binding == Binding::Reference {
            tally.note(
                &corpus,
                format!(
                    "{} is free for a drop-in: {}",
                    case.name,
                    bad.join("; ").chars().take(120).collect::<String>()
                ),
            );
        } else if let Some(reason) = excuse(kind, &case.name).filter(|_| !bad.is_empty()) {
            tally.note(&corpus, format!("{} is not counted here: {reason}", case.name));
        } else if let Some((_, reason)) =
            BETTER.iter().find(|(name, _)| *name == case.name && !bad.is_empty())
        {
            tally.count(&corpus, true);
            tally.note(&corpus, format!("{} is answered better: {reason}", case.name));
        } else {
            tally.count(&corpus, bad.is_empty());
            failed.extend((!bad.is_empty()).then(|| format!("{}: {}", case.name, bad.join("; "))));
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

/// The answer to one request too many. What the cases before it took has come back on a slow machine: sent several
/// times at once, one is too many everywhere.
async fn limited(backend: &Backend, controller: Option<&Controller>, case: &Case) -> Result<Answer, String> {
    let sent = (0..8).map(|_| send(backend, controller, case));
    let mut answers = futures::future::try_join_all(sent).await?;
    if let Some(odd) = answers.iter().find(|answer| ![200, case.response.status].contains(&answer.status)) {
        return Err(format!("status {}, neither within the limit nor over it", odd.status));
    }
    let over = answers.iter().position(|answer| answer.status == case.response.status);
    Ok(answers.swap_remove(over.unwrap_or_default()))
}

async fn send(backend: &Backend, controller: Option<&Controller>, case: &Case) -> Result<Answer, String> {
    let sent = &case.request;
    let fill = sent.body_fill.as_ref().map(|fill| fill.char.repeat(fill.count));
    let body = fill.or_else(|| sent.body.clone()).unwrap_or_default().into_bytes();
    let mut request =
        Request::builder().method(Method::from_bytes(sent.method.as_bytes()).unwrap()).uri(&sent.path);
    for (name, value) in &sent.headers {
        request = request.header(name, value);
    }
    let request = request.body(body).map_err(|error| error.to_string())?;
    if case.proxy {
        let user = match sent.user.as_deref() {
            None => User::Admin,
            Some("anonymous") => User::Anonymous,
            Some(other) => return Err(format!("no user called {other}")),
        };
        let objects = backend.objects_as(&user).await.map_err(|error| error.to_string())?;
        let answer = tokio::time::timeout(Duration::from_secs(40), objects.send(request)).await;
        return answer.map_err(|_| "no answer in 40 s".to_owned())?.map_err(|error| error.to_string());
    }
    let controller = controller.ok_or("no controller runs")?;
    let at = if sent.port == Some(8081) { controller.metrics() } else { controller.http() };
    http_client::send(at, request).await.map_err(|error| format!("no answer: {error}"))
}

fn compare(wanted: &Wanted, answer: &Answer) -> Vec<String> {
    let mut bad = Vec::new();
    // Where the reference closes the connection, an answer that says no is better.
    let status_fits = answer.status == wanted.status || (wanted.connection_closed && answer.status == 400);
    if !status_fits {
        bad.push(format!("status {}, expected {}", answer.status, wanted.status));
    }
    let found = answer.header("content-type").unwrap_or_default();
    if let Some(content_type) = &wanted.content_type
        && found != content_type
        && !wanted.content_type_also_ok.iter().any(|also| also == found)
    {
        bad.push(format!("content type {found:?}, expected {content_type:?}"));
    }
    if wanted.content_type_prefix.as_ref().is_some_and(|prefix| !found.starts_with(prefix)) {
        bad.push(format!("content type {found:?}"));
    }
    for (name, value) in &wanted.headers {
        if answer.header(name) != Some(value) {
            bad.push(format!("header {name} {:?}, expected {value:?}", answer.header(name)));
        }
    }
    let text = answer.text();
    if wanted.body.as_ref().is_some_and(|body| !same_text(body, &text)) {
        bad.push(format!(
            "body {:?}, expected {:?}",
            text.chars().take(300).collect::<String>(),
            wanted.body
        ));
    }
    bad.extend(
        wanted
            .body_contains
            .iter()
            .filter(|part| !text.contains(*part))
            .map(|part| format!("body lacks {part:?}")),
    );
    bad.extend(
        wanted
            .rotated
            .iter()
            .filter(|_| answer.status == 200)
            .flat_map(|rotated| keys::check_rotated(&answer.body, rotated)),
    );
    bad
}

/// Equal, or JSON that says the same: nobody promises an order of fields.
fn same_text(one: &str, other: &str) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || parsed(one).is_some_and(|one| Some(one) == parsed(other))
}

/// Why a backend may answer a case otherwise.
fn excuse(kind: Kind, name: &str) -> Option<&'static str> {
    match kind {
        Kind::Kubernetes => None,
        Kind::Memory => OTHERWISE_IN_MEMORY.iter().find(|(n, _)| *n == name).map(|(_, reason)| *reason),
    }
}

/// Answers of the API server itself (not of the controller) that the embedded one gives otherwise.
const OTHERWISE_IN_MEMORY: &[(&str, &str)] = &[
    (
        "proxy-cert http:sealed-secrets-controller:",
        "503 too, but the message names the service without scheme and port",
    ),
    (
        "proxy-cert https:sealed-secrets-controller:",
        "the embedded proxy speaks plain HTTP only and says so with 400",
    ),
    ("proxy-root", "the embedded proxy asks the controller for / where the real one redirects"),
];

/// Cases answered better than the reference answers them, and why.
const BETTER: &[(&str, &str)] = &[
    ("rotate-cluster-wide-annotation-on-metadata-only", "the template keeps its own metadata"),
    ("rotate-deprecated-data", "spec.data stays spec.data: only ciphertexts change"),
    ("rotate-metadata-differs-from-template", "the template keeps its own metadata: only ciphertexts change"),
    ("rotate-no-encryptedData", "an absent template stays absent"),
    ("rotate-template-data", "the template is kept and not rendered: only ciphertexts change"),
    ("rotate-template-error", "a template has no say in the answer"),
    ("rotate-yaml-two-docs", "refused: the second document would be lost without a word"),
];
