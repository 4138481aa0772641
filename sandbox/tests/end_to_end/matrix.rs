//! Every kind of request of a work item × everything that can happen to it: for a moment, and for long.
//!
//! All cells run beside each other in one API server with one controller, each in a namespace of its own. A fault for a
//! moment hits two requests; a lasting one hits all until it is taken away. In the end the Secret, the status and the
//! Event are as they should be; while a fault lasts there are few requests.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use libtest_mimic::{Failed, Trial};
use sandbox::memory::{Effect, Fault, Server};
use sandbox::objects::Objects;
use serde_json::Value;

use crate::pool::{Pool, add_namespace, told};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    match pool.kind {
        sandbox::backend::Kind::Memory => vec![
            pool.trial("matrix::requests_by_effects", async |backend| {
                let stage = Stage::with_flags(backend, "matrix", &["--key-renew-period=0"]).await?;
                let server = backend.memory().ok_or("a server in memory")?;
                run(&stage, server).await?;
                stage.strike().await
            }),
            pool.trial("matrix::the_secret_of_a_deleted_object_goes_by_effects", async |backend| {
                let stage = Stage::with_flags(backend, "matrix", &["--old-gc-behavior"]).await?;
                let server = backend.memory().ok_or("a server in memory")?;
                collected(&stage, server).await?;
                stage.strike().await
            }),
            pool.trial("matrix::lists_and_watches_by_effects", async |_| lists_and_watches().await),
        ],
        sandbox::backend::Kind::Kubernetes => Vec::new(),
    }
}

/// When the fault is there.
#[derive(Clone, Copy, PartialEq)]
enum When {
    /// Before the object is made.
    First,
    /// Before its values change.
    Later,
}

/// A kind of request, and what else is needed for it to be made.
const REQUESTS: [(&str, &str, When); 7] = [
    ("get", "sealedsecrets", When::Later),
    ("get", "secrets", When::Later),
    ("create", "secrets", When::First),
    ("update", "secrets", When::Later),
    ("update", "sealedsecrets/status", When::First),
    ("create", "events", When::First),
    ("patch", "events", When::Later),
];

const EFFECTS: [(&str, Effect); 11] = [
    ("409", Effect::Conflict),
    ("403", Effect::Forbidden),
    ("403 webhook", Effect::NotAdmitted),
    ("404", Effect::NotFound),
    ("410", Effect::Gone),
    ("429", Effect::TooManyRequests(0)),
    ("429 after 1 s", Effect::TooManyRequests(1)),
    ("500", Effect::InternalError),
    ("2 s late", Effect::Latency(Duration::from_secs(2))),
    ("beyond deadline", Effect::Latency(Duration::from_secs(11))),
    ("torn", Effect::TornResponse),
];

struct Cell {
    request: (&'static str, &'static str, When),
    effect: (&'static str, Effect),
    lasts: bool,
    namespace: String,
}

async fn run(stage: &Stage<'_>, server: &Server) -> Result<(), Failed> {
    let mut cells = Vec::new();
    for request in REQUESTS {
        for effect in EFFECTS {
            for lasts in [false, true] {
                let namespace = format!("matrix-{}", cells.len());
                cells.push(Cell { request, effect, lasts, namespace });
            }
        }
    }
    let values = [sealed(stage, "one").await?, sealed(stage, "two").await?];
    let playing = cells.iter().map(|cell| cell.play(stage.admin(), server, &values));
    let outcomes: Vec<_> = futures::stream::iter(playing).buffered(AT_ONCE).collect().await;
    let mut table = format!(
        "{:28} {:16} {:9} {:>9} {:>9}  outcome\n",
        "request", "effect", "lasts", "requests", "seconds"
    );
    let mut wrong = 0;
    for (cell, outcome) in cells.iter().zip(outcomes) {
        let (verb, resource, _) = cell.request;
        let (requests, seconds, outcome) = match outcome {
            Ok(seen) => (
                seen.requests.to_string(),
                format!("{:.1}", seen.after.as_secs_f64()),
                "as it should be".to_owned(),
            ),
            Err(error) => {
                wrong += 1;
                (String::new(), String::new(), error.message().unwrap_or("failed").to_owned())
            }
        };
        let lasts = if cell.lasts { "yes" } else { "two times" };
        let request = format!("{verb} {resource}");
        writeln!(table, "{request:28} {:16} {lasts:9} {requests:>9} {seconds:>9}  {outcome}", cell.effect.0)?;
    }
    println!("{table}matrix: {} passed, {wrong} failed", cells.len() - wrong);
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} cells are not as they should be:\n{table}").into()) }
}

/// A SealedSecret that opens in any namespace.
async fn sealed(stage: &Stage<'_>, value: &str) -> Result<Value, Failed> {
    let plain = secret("matrix", "app", &[("k", value)]);
    let text = stage.kubeseal(&["--scope", "cluster-wide"], &plain.to_string()).await?.ok()?;
    let mut sealed: Value = serde_json::from_str(&text)?;
    sealed["spec"]["template"]["metadata"]["namespace"].take();
    Ok(sealed)
}

/// What a cell showed.
struct Seen {
    /// While the fault lasted.
    requests: u64,
    /// From the end of the fault until all was right.
    after: Duration,
}

impl Cell {
    async fn play(&self, admin: &Objects, server: &Server, values: &[Value; 2]) -> Result<Seen, Failed> {
        let (verb, resource, when) = self.request;
        let namespace = &*self.namespace;
        add_namespace(admin, namespace).await?;
        let [mut first, second] = values.clone();
        first["metadata"]["namespace"] = namespace.into();
        if when == When::Later {
            admin.create(&first).await.map_err(told)?;
            right(admin, namespace, "one").await?;
        }
        let times = if self.lasts { u32::MAX } else { 2 };
        if (verb, resource) == ("get", "sealedsecrets") {
            // The watch brings the object; it is read only for another try.
            server.faults().inject(
                Fault::on("update", "secrets", Effect::InternalError).within(namespace).by(CONTROLLER),
            );
        }
        server
            .faults()
            .inject(Fault::on(verb, resource, self.effect.1).within(namespace).by(CONTROLLER).times(times));
        let before = calls(server, namespace);
        let begun = Instant::now();
        let value = match when {
            When::First => {
                admin.create(&first).await.map_err(told)?;
                "one"
            }
            When::Later => {
                let found = admin.get("SealedSecret", namespace, "app").await.map_err(told)?;
                let mut changed = found.unwrap_or_default();
                changed["spec"] = second["spec"].clone();
                admin.replace(&changed).await.map_err(told)?;
                "two"
            }
        };
        self.hits(server, times).await?;
        if self.lasts {
            tokio::time::sleep(LASTS).await;
        }
        let during = calls(server, namespace) - before;
        if during > MOST_REQUESTS {
            return Err(format!("{during} requests while it lasted").into());
        }
        if self.lasts {
            server.faults().clear_within(namespace);
        }
        let healed = if self.lasts { Instant::now() } else { begun };
        right(admin, namespace, value).await?;
        let after = healed.elapsed();
        told_once(admin, namespace).await?;
        let requests = if self.lasts { during } else { calls(server, namespace) - before };
        server.faults().clear_within(namespace);
        Ok(Seen { requests, after })
    }

    /// Waits until the fault has hit. What is told when there is time may come late.
    async fn hits(&self, server: &Server, times: u32) -> Result<(), Failed> {
        let begun = Instant::now();
        while server.faults().left_within(&self.namespace) >= times {
            if begun.elapsed() > HEALS {
                return Err("the fault hit nothing".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// `--old-gc-behavior`: whatever goes wrong, the Secret goes in the end.
async fn collected(stage: &Stage<'_>, server: &Server) -> Result<(), Failed> {
    let value = sealed(stage, "one").await?;
    let cells = ["sealedsecrets", "secrets"].map(|resource| ("get", resource));
    let cells = cells.into_iter().chain([("delete", "secrets")]);
    let cells = cells.flat_map(|request| EFFECTS.map(|effect| (request, effect))).enumerate();
    let playing = cells.map(async |(number, ((verb, resource), (effect, fault)))| {
        let namespace = &*format!("collect-{number}");
        let (admin, cell) = (stage.admin(), format!("{verb} {resource} {effect}"));
        add_namespace(admin, namespace).await?;
        let mut first = value.clone();
        first["metadata"]["namespace"] = namespace.into();
        admin.create(&first).await.map_err(told)?;
        right(admin, namespace, "one").await?;
        server.faults().inject(Fault::on(verb, resource, fault).within(namespace).by(CONTROLLER).times(2));
        admin.delete("SealedSecret", namespace, "app", Some("Orphan")).await.map_err(told)?;
        let begun = Instant::now();
        while admin.get("Secret", namespace, "app").await.map_err(told)?.is_some() {
            if begun.elapsed() > HEALS {
                return Err(format!("{cell}: the Secret is still there").into());
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        if server.faults().clear_within(namespace) >= 2 {
            return Err(format!("{cell}: the fault hit nothing").into());
        }
        Ok::<_, Failed>(())
    });
    let outcomes: Vec<_> = futures::stream::iter(playing).buffered(AT_ONCE).collect().await;
    outcomes.into_iter().collect()
}

/// What hits all namespaces at once: each cell has a server and a controller of its own.
async fn lists_and_watches() -> Result<(), Failed> {
    let cells = ["list", "watch"].into_iter().flat_map(|verb| {
        ["sealedsecrets", "secrets"].into_iter().flat_map(move |resource| {
            // A watch has no whole answer to tear: it is cut.
            let of_it = EFFECTS.map(|effect| match effect {
                (_, Effect::TornResponse) if verb == "watch" => ("cut", Effect::DropWatch),
                whole => whole,
            });
            of_it.into_iter().map(move |effect| (verb, resource, effect))
        })
    });
    let playing = cells.map(async |(verb, resource, (effect, fault))| {
        let mut faults = vec![Fault::on(verb, resource, fault)];
        if verb == "list" {
            // A watch that is cut is opened again without a list; only a forgotten revision leads to one.
            faults.push(Fault::on("watch", resource, Effect::Gone));
        }
        let outcome = alone(faults).await;
        outcome
            .map_err(|error| format!("{verb} {resource} {effect}: {}", error.message().unwrap_or("failed")))
    });
    let outcomes: Vec<_> = futures::stream::iter(playing).buffered(WIDE_AT_ONCE).collect().await;
    let wrong: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// A cell with a server of its own.
async fn alone(faults: Vec<Fault>) -> Result<(), Failed> {
    let backend = sandbox::backend::Backend::start(sandbox::backend::Kind::Memory).await.map_err(told)?;
    let outcome = wide(&backend, faults).await;
    backend.stop().await;
    outcome
}

async fn wide(backend: &sandbox::backend::Backend, faults: Vec<Fault>) -> Result<(), Failed> {
    let stage = Stage::set(backend, "matrix").await?;
    let (admin, server) = (backend.admin(), backend.memory().ok_or("a server in memory")?);
    let mut first = sealed(&stage, "one").await?;
    first["metadata"]["namespace"] = "matrix".into();
    admin.create(&first).await.map_err(told)?;
    right(admin, "matrix", "one").await?;
    for fault in faults {
        server.faults().inject(fault.by(CONTROLLER).times(2));
    }
    // A watch that only comes late meets the second fault when it is cut for the second time.
    for namespace in ["later", "last"] {
        server.faults().cut_watches();
        // What happens meanwhile is seen in the end: a Secret that goes, a new object.
        admin.delete("Secret", "matrix", "app", None).await.map_err(told)?;
        add_namespace(admin, namespace).await?;
        first["metadata"]["namespace"] = namespace.into();
        admin.create(&first).await.map_err(told)?;
        right(admin, "matrix", "one").await?;
        right(admin, namespace, "one").await?;
    }
    all_hit(server).await?;
    // No cut helps here: the watches must live again.
    admin.delete("Secret", "matrix", "app", None).await.map_err(told)?;
    right(admin, "matrix", "one").await?;
    stage.strike().await
}

/// Waits until no fault is left: one that hits nothing proves nothing.
async fn all_hit(server: &Server) -> Result<(), Failed> {
    let begun = Instant::now();
    while server.faults().left() > 0 {
        if begun.elapsed() > HEALS {
            return Err(format!("{} faults hit nothing", server.faults().left()).into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Requests of the controller in a namespace.
fn calls(server: &Server, namespace: &str) -> u64 {
    server.calls().within(namespace, |user| user.starts_with(CONTROLLER))
}

/// Waits until Secret and status are as they should be.
async fn right(admin: &Objects, namespace: &str, value: &str) -> Result<(), Failed> {
    let wanted = secret(namespace, "app", &[("k", value)])["data"].clone();
    let begun = Instant::now();
    loop {
        let made = admin.get("Secret", namespace, "app").await.map_err(told)?.unwrap_or_default();
        let sealed = admin.get("SealedSecret", namespace, "app").await.map_err(told)?.unwrap_or_default();
        let status = &sealed["status"];
        let synced = &status["conditions"][0];
        if made["data"] == wanted
            && synced["type"] == "Synced"
            && synced["status"] == "True"
            && status["observedGeneration"] == sealed["metadata"]["generation"]
        {
            return Ok(());
        }
        if begun.elapsed() > HEALS {
            let data = if made["data"] == wanted { "right" } else { "wrong" };
            return Err(format!("after {} s: Secret {data}, status {status}", HEALS.as_secs()).into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// An Event says that it was unsealed; no Event says a thing twice but by its count.
async fn told_once(admin: &Objects, namespace: &str) -> Result<(), Failed> {
    let begun = Instant::now();
    loop {
        let events = admin.list("Event", namespace).await.map_err(told)?;
        let reasons: Vec<&str> = events.iter().filter_map(|event| event["reason"].as_str()).collect();
        if reasons.contains(&"Unsealed") {
            let mut texts: Vec<(&str, &Value)> = events
                .iter()
                .map(|event| (event["reason"].as_str().unwrap_or_default(), &event["message"]))
                .collect();
            let all = texts.len();
            texts.sort_by_key(|(reason, message)| format!("{reason} {message}"));
            texts.dedup();
            return if texts.len() == all { Ok(()) } else { Err(format!("told twice: {reasons:?}").into()) };
        }
        if begun.elapsed() > HEALS {
            return Err(format!("no Event says that it was unsealed: {reasons:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

const CONTROLLER: &str = "system:serviceaccount:";
/// Cells beside each other.
const AT_ONCE: usize = 80;
/// Each has a server and two processes.
const WIDE_AT_ONCE: usize = 12;
/// Within the quick tries and the first slow one.
const LASTS: Duration = Duration::from_secs(8);
/// In the first minute; `controller/tests/entry.rs` counts on from there.
const MOST_REQUESTS: u64 = 25;
const HEALS: Duration = Duration::from_mins(1);
