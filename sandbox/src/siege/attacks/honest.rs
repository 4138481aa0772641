//! Honest uses that come near to the bounds: they must work.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Request;
use sandbox::controller::Launch;
use sandbox::tokens::User;
use serde_json::{Map, Value, json};

use super::super::field::{ATTACKER, said};
use super::super::make;
use super::super::wire::{Connection, Flood, Tally, get, head, post};
use super::{Attack, Failure, Field, Outcome, Target, blocking, caller};
use crate::bench::keys::{make as make_keys, secret_of};

pub(super) const ALL: &[Attack] = &[
    Attack::honest("thousand items", |field, _| Box::pin(thousand(field))),
    Attack::honest("thousand items by HTTP", |field, target| Box::pin(by_http(field, target))),
    Attack::honest("template of 200 KB", |field, _| Box::pin(template(field))),
    Attack::honest("200 callers", |field, target| Box::pin(callers(field, target))),
    Attack::honest("slow sender", |field, target| Box::pin(slow(field, target))),
    Attack::honest("a hash and a key", |field, _| Box::pin(hash_and_key(field))),
    Attack::honest("60 keys", |field, _| Box::pin(oldest_key(field))).after(|field| Box::pin(keys(field))),
];

/// Creates an object and waits for its Secret and its status.
async fn unsealed(field: &Field, sealed: &Value) -> Result<(Value, Outcome), Failure> {
    let name = sandbox::objects::name_of(sealed).to_owned();
    let start = std::time::Instant::now();
    field.admin.create(sealed).await?;
    let there = async |api: &sandbox::objects::Objects| {
        let sealed = api.get("SealedSecret", ATTACKER, &name).await?.unwrap_or_default();
        let secret = api.get("Secret", ATTACKER, &name).await?.unwrap_or_default();
        Ok(said(&sealed).map(|said| (said, secret)))
    };
    let waited = field.admin.wait_for("a status", Duration::from_mins(1), there).await;
    let (said, secret) = waited.unwrap_or_else(|_| ("no status".to_owned(), Value::Null));
    let mut outcome = Outcome::of(format!("{said} after {:.1} s", start.elapsed().as_secs_f64()));
    outcome.must(said == "Synced", || format!("it is told {said}"));
    Ok((secret, outcome))
}

fn thousand_items(field: &Field) -> Value {
    make::valid(&field.key, ATTACKER, "thousand", 1000)
}

async fn thousand(field: &Field) -> Result<Outcome, Failure> {
    let (secret, mut outcome) = unsealed(field, &thousand_items(field)).await?;
    outcome.must(make::is_right(&secret, 1000), || "the values are not right".to_owned());
    Ok(outcome)
}

async fn by_http(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let body = make::body(&thousand_items(field));
    let ask = move || {
        let mut tally = Tally::default();
        for path in ["/v1/verify", "/v1/rotate"] {
            let answer = Connection::open(target.http, LONG)
                .and_then(|mut connection| connection.exchange(&post(path, &[], &body)));
            tally.add(&answer);
        }
        tally
    };
    Ok(all_must_be(&blocking(ask).await?, &["200"]))
}

/// A configuration file of ordinary density: a value in every tenth line.
async fn template(field: &Field) -> Result<Outcome, Failure> {
    let line = "setting.of.some.length = a plain value that nobody needs to replace\n".repeat(9);
    let text = |value: &str| format!("{line}password = {value}\n").repeat(320);
    let data = Map::from_iter([("app.conf".to_owned(), text("{{ .a }}").into())]);
    let (secret, mut outcome) =
        unsealed(field, &make::templated(&field.key, ATTACKER, "large", data)).await?;
    let right = secret["data"]["app.conf"] == STANDARD.encode(text("value"));
    outcome.must(right, || "it is not rendered right".to_owned());
    Ok(outcome)
}

/// All at once, each with an address of its own: directly, and through the API server as a developer does.
async fn callers(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let body = make::body(&make::valid(&field.key, ATTACKER, "small", 1));
    let flood = Flood { at: target.http, callers: 200, requests: 400, within: LONG, patience: LONG };
    let small = body.clone();
    let direct = move || {
        flood.send(|number| match number % 2 {
            0 => post("/v1/verify", &[("x-forwarded-for", &caller(number))], &small),
            _ => get("/v1/cert.pem"),
        })
    };
    let mut outcome = all_must_be(&blocking(direct).await?, &["200"]);
    let (verify, certificate) = proxied(field, &body).await?;
    // By the proxy's word they all come from one address, which has two a second.
    outcome.must(verify.other_than(&["200", "429"]) == 0, || format!("verify by proxy: {verify}"));
    outcome.must(certificate.other_than(&["200"]) == 0, || format!("certificate by proxy: {certificate}"));
    outcome.answers = format!("{}; by proxy: verify {verify}, certificate {certificate}", outcome.answers);
    Ok(outcome)
}

async fn proxied(field: &Field, body: &[u8]) -> Result<(Tally, Tally), Failure> {
    let api = field.backend.objects_as(&User::Ordinary).await?;
    let (namespace, name) = field.backend.service()?;
    let base = format!("/api/v1/namespaces/{namespace}/services/http:{name}:http/proxy");
    let ask = async |number: usize, request: http::request::Builder, body: Vec<u8>| {
        let request = request.header("x-forwarded-for", caller(number)).body(body)?;
        let answer = api.send(request).await?.status;
        Ok::<_, Failure>(answer)
    };
    let verify = (0..100).map(|n| ask(n, Request::post(format!("{base}/v1/verify")), body.to_vec()));
    let certificate = (0..100).map(|n| ask(n, Request::get(format!("{base}/v1/cert.pem")), Vec::new()));
    let (verify, certificate) =
        tokio::join!(futures::future::join_all(verify), futures::future::join_all(certificate));
    Ok((counted(verify)?, counted(certificate)?))
}

fn counted(answers: Vec<Result<u16, Failure>>) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for answer in answers {
        tally.add(&Ok(answer?));
    }
    Ok(tally)
}

/// A body of 300 KB that takes three seconds to come.
async fn slow(field: &Field, target: Target) -> Result<Outcome, Failure> {
    let body = make::body(&make::valid(&field.key, ATTACKER, "slow", 400));
    let send = move || {
        let mut connection = Connection::open(target.http, LONG)?;
        connection.send(&head("/v1/verify", &[], body.len()))?;
        for part in body.chunks(body.len().div_ceil(30)) {
            connection.send(part)?;
            std::thread::sleep(Duration::from_millis(100));
        }
        connection.answer()
    };
    let mut tally = Tally::default();
    tally.add(&blocking(send).await?);
    Ok(all_must_be(&tally, &["200"]))
}

async fn hash_and_key(field: &Field) -> Result<Outcome, Failure> {
    let data = Map::from_iter([
        ("hash".to_owned(), "{{ bcrypt .a }}".into()),
        ("key".to_owned(), r#"{{ genPrivateKey "rsa" }}"#.into()),
    ]);
    let (secret, mut outcome) = unsealed(field, &make::templated(&field.key, ATTACKER, "made", data)).await?;
    let text = |item: &str| {
        let bytes = STANDARD.decode(secret["data"][item].as_str().unwrap_or_default()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    outcome.must(text("hash").starts_with("$2a$"), || "there is no hash".to_owned());
    outcome.must(text("key").contains("PRIVATE KEY"), || "there is no key".to_owned());
    Ok(outcome)
}

/// More keys, each older than the one that there is.
async fn keys(field: &Field) -> Result<Launch, Failure> {
    let count = field.sized(59, 11);
    let pairs = blocking(move || make_keys(count).map_err(|error| error.to_string())).await??;
    let label = sealed_secrets_core::Label::from(format!("{ATTACKER}/oldest"));
    let oldest = pairs[0].sealing_key().map_err(ToString::to_string)?;
    let items =
        (0..20).map(|i| (format!("item-{i}"), oldest.seal_to_text(&label, make::value(i).as_bytes()).into()));
    let sealed = make::sealed(ATTACKER, "oldest", items.collect(), json!({}));
    // What the run creates once the controller is there.
    std::fs::write(field.backend.folder().join("oldest.json"), sealed.to_string())?;
    for (index, pair) in pairs.iter().enumerate() {
        field.admin.create(&secret_of(pair, index + 1, field.backend.controller_namespace())?).await?;
    }
    Ok(Launch::default())
}

async fn oldest_key(field: &Field) -> Result<Outcome, Failure> {
    let text = std::fs::read_to_string(field.backend.folder().join("oldest.json"))?;
    let (secret, mut outcome) = unsealed(field, &serde_json::from_str(&text)?).await?;
    outcome.must(make::is_right(&secret, 20), || "the values are not right".to_owned());
    Ok(outcome)
}

fn all_must_be(tally: &Tally, wanted: &[&str]) -> Outcome {
    let mut outcome = Outcome::of(tally.to_string());
    outcome.must(tally.other_than(wanted) == 0, || format!("not all answers are {}", wanted.join(" or ")));
    outcome
}

const LONG: Duration = Duration::from_mins(1);
