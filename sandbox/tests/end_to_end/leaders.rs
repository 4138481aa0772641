//! Two replicas, one of which is cut off from the API server: there are never two writers, and the other takes over in
//! time.
//!
//! Each run has a seed that decides what is cut off, when and for how long. The server writes down who wrote what: at
//! each write of a Secret, a status or an Event, its writer holds the lease. `SANDBOX_SEEDS=20` runs more than the few
//! that `cargo test` does.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::StreamExt as _;
use libtest_mimic::{Failed, Trial};
use sandbox::backend::{Backend, Kind};
use sandbox::controller::{Controller, Launch};
use sandbox::memory::{Effect, Fault, Server, Written};
use sandbox::objects::{Objects, PatchType, Target};
use serde_json::{Value, json};

use crate::pool::{Pool, add_namespace, told};
use crate::stage::{run, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    match pool.kind {
        Kind::Memory => vec![
            pool.trial("leaders::never_two_writers_whatever_is_cut_off", async |_| never_two_writers().await),
            pool.trial("leaders::who_leads_again_takes_up_all_work", leads_again),
            pool.trial("leaders::a_leader_whose_renewals_are_refused_for_a_moment_goes_on", goes_on),
            pool.trial("leaders::without_the_verbs_for_leases_a_candidate_stands_by", async |backend| {
                stands_by(backend).await
            }),
        ],
        Kind::Kubernetes => Vec::new(),
    }
}

async fn never_two_writers() -> Result<(), Failed> {
    let seeds = std::env::var("SANDBOX_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(FEW_SEEDS);
    let runs = futures::stream::iter(0..seeds).map(async |seed| (seed, partition(seed).await));
    let outcomes: Vec<_> = runs.buffer_unordered(AT_ONCE).collect().await;
    let mut wrong = Vec::new();
    for (seed, outcome) in outcomes {
        match outcome {
            Ok(seen) => println!(
                "seed {seed}: {} writes by two leaders, 0 by anybody else; taken over after {:.1} s",
                seen.writes,
                seen.takeover.as_secs_f64()
            ),
            Err(error) => wrong.push(format!("seed {seed}: {}", error.message().unwrap_or("failed"))),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

struct Seen {
    writes: usize,
    /// From the last renewal of one leader to the first of the next.
    takeover: Duration,
}

async fn partition(seed: u64) -> Result<Seen, Failed> {
    let backend = Backend::start(Kind::Memory).await.map_err(told)?;
    let outcome = cut_off(&backend, seed).await;
    backend.stop().await;
    outcome
}

async fn cut_off(backend: &Backend, seed: u64) -> Result<Seen, Failed> {
    let draw = |what: &str, below: u64| {
        BuildHasherDefault::<DefaultHasher>::default().hash_one((seed, what)) % below
    };
    let (admin, server) = (backend.admin(), backend.memory().ok_or("a server in memory")?);
    add_namespace(admin, "leaders").await?;
    let mut replicas = both(backend).await?;
    let values = sealed(backend).await?;
    server.calls().keep_journal();
    let leader = until_one_leads(server, None).await?;
    let work = async {
        churn(admin, &values).await?;
        Err::<Seen, Failed>("the churn ended".into())
    };
    let cut = async {
        tokio::time::sleep(Duration::from_millis(2_000 + draw("when", 4_000))).await;
        let (verb, effect) = match draw("how", 4) {
            0 => ("*", Effect::Latency(Duration::from_hours(1))),
            1 => ("update", Effect::Latency(Duration::from_hours(1))),
            2 => ("*", Effect::InternalError),
            _ => ("update", Effect::InternalError),
        };
        // The leader alone; or only its lease, while its other requests pass.
        let resource = if draw("what", 3) == 0 { "leases" } else { "*" };
        let user = user(&leader);
        server.faults().inject(Fault::on(verb, resource, effect).by(&user).times(u32::MAX));
        let begun = Instant::now();
        let next = until_one_leads(server, Some(&leader)).await;
        let next = next.map_err(|error| -> Failed {
            format!("{verb} {resource} {effect:?}: {}", error.message().unwrap_or_default()).into()
        })?;
        tokio::time::sleep(Duration::from_millis(draw("heals", 6_000))).await;
        server.faults().clear();
        // The old leader is a candidate again; the new one goes on.
        tokio::time::sleep(Duration::from_secs(4)).await;
        let journal = server.calls().journal();
        let takeover = takeover(&journal, &leader, &next)?;
        if takeover > MOST {
            return Err(format!("{verb} {resource} {effect:?}: taken over after {takeover:?}").into());
        }
        if begun.elapsed() > MOST + Duration::from_secs(20) {
            return Err("it took too long".into());
        }
        Ok(Seen { writes: only_holders_write(&journal)?, takeover })
    };
    let outcome = tokio::select! { outcome = work => outcome, outcome = cut => outcome };
    for one in &mut replicas {
        if let Some(status) = one.ended()? {
            return Err(format!("a replica ended with {status}:\n{}", one.log()).into());
        }
    }
    for one in replicas {
        one.stop().await?;
    }
    outcome
}

/// What the other one did meanwhile, and what came while nobody led, is known to the old leader when it leads again.
async fn leads_again(backend: &Backend) -> Result<(), Failed> {
    let (admin, server) = (backend.admin(), backend.memory().ok_or("a server in memory")?);
    add_namespace(admin, "leaders").await?;
    let replicas = both(backend).await?;
    let values = sealed(backend).await?;
    server.calls().keep_journal();
    let first = until_one_leads(server, None).await?;
    admin.create(&values[0]).await.map_err(told)?;
    holds(admin, "one").await?;

    let cut = |who: &str| {
        server.faults().inject(Fault::on("*", "*", Effect::InternalError).by(&user(who)).times(u32::MAX));
    };
    cut(&first);
    let second = until_one_leads(server, Some(&first)).await?;
    change(admin, &values[1]).await?;
    holds(admin, "two").await?;
    server.faults().clear();
    // The old leader hears again, and stands by.
    tokio::time::sleep(Duration::from_secs(3)).await;

    cut(&second);
    // Nobody leads now.
    change(admin, &values[0]).await?;
    let again = until_one_leads(server, Some(&second)).await?;
    assert_eq!(again, first);
    holds(admin, "one").await?;
    admin.delete("Secret", "leaders", "app", None).await.map_err(told)?;
    holds(admin, "one").await?;
    change(admin, &values[1]).await?;
    holds(admin, "two").await?;
    server.faults().clear();
    for mut one in replicas {
        assert!(one.ended()?.is_none(), "it goes on:\n{}", one.log());
        one.stop().await?;
    }
    Ok(())
}

/// A rule that an API server has not loaded yet, and somebody else's write of the lease, end no leadership.
async fn goes_on(backend: &Backend) -> Result<(), Failed> {
    let server = backend.memory().ok_or("a server in memory")?;
    let mut one = replica(backend, REPLICAS[0]).await?;
    one.healthy(Duration::from_secs(30)).await.map_err(told)?;
    for (verb, effect) in
        [("get", Effect::Forbidden), ("update", Effect::Forbidden), ("update", Effect::Conflict)]
    {
        server.faults().inject(Fault::on(verb, "leases", effect).by(&user(REPLICAS[0])).times(2));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(4) {
            let ready = sandbox::http_client::get(one.http(), "/readyz").await?;
            if ready.status != 200 {
                return Err(format!("{verb} {effect:?}: it is not ready:\n{}", one.log()).into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let left = server.faults().clear();
        if left > 0 {
            return Err(format!("{verb} {effect:?}: {left} faults hit nothing").into());
        }
    }
    if one.log().contains("stands by") {
        return Err(format!("it gave up its leadership:\n{}", one.log()).into());
    }
    Ok(one.stop().await.map(drop)?)
}

async fn change(admin: &Objects, value: &Value) -> Result<(), Failed> {
    let patch = json!({"spec": value["spec"]});
    let target = Target { kind: "SealedSecret", namespace: "leaders", name: "app", ..Target::default() };
    admin.patch(target, PatchType::Merge, &patch).await.map(drop).map_err(told)
}

async fn holds(admin: &Objects, text: &str) -> Result<(), Failed> {
    let wanted = STANDARD.encode(text);
    let made = async |admin: &Objects| {
        let found = admin.get("Secret", "leaders", "app").await?.unwrap_or_default();
        Ok((found["data"]["k"] == wanted.as_str()).then_some(()))
    };
    admin.wait_for(&format!("the value {text:?}"), MOST, made).await.map_err(told)
}

/// Both replicas, ready.
async fn both(backend: &Backend) -> Result<Vec<Controller>, Failed> {
    let mut replicas = Vec::new();
    for name in REPLICAS {
        replicas.push(replica(backend, name).await?);
    }
    for one in &mut replicas {
        one.healthy(Duration::from_secs(30)).await.map_err(told)?;
    }
    Ok(replicas)
}

/// A controller with a ServiceAccount of its own, so that the server tells it from the other.
async fn replica(backend: &Backend, name: &str) -> Result<Controller, Failed> {
    let (namespace, admin) = (backend.controller_namespace(), backend.admin());
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}});
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": all});
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    });
    for object in [account, role, binding] {
        admin.create(&object).await.map_err(told)?;
    }
    let flags = ["--leader-elect", "--key-size=2048", "--key-renew-period=0"].map(str::to_owned).to_vec();
    backend.start_replica(name, "", Launch { flags, env: Vec::new() }).await.map_err(told)
}

/// The same object with two values.
async fn sealed(backend: &Backend) -> Result<[Value; 2], Failed> {
    let key = backend.admin().list("Secret", backend.controller_namespace()).await.map_err(told)?;
    let certificate = key.iter().find_map(|secret| secret["data"]["tls.crt"].as_str()).ok_or("a key")?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cert.pem");
    std::fs::write(&path, STANDARD.decode(certificate)?)?;
    let kubeseal = sandbox::binaries::Binaries::locate()?.kubeseal;
    let args = ["--cert", path.to_str().ok_or("a path")?];
    let mut values = [Value::Null, Value::Null];
    for (value, text) in values.iter_mut().zip(["one", "two"]) {
        let plain = secret("leaders", "app", &[("k", text)]).to_string();
        *value = serde_json::from_str(&run(&kubeseal, &args, &plain, None, folder.path()).await?.ok()?)?;
    }
    Ok(values)
}

/// Changes one object for ever, so that there is always something to write.
async fn churn(admin: &Objects, values: &[Value; 2]) -> Result<(), Failed> {
    admin.create(&values[0]).await.map_err(told)?;
    for value in values.iter().cycle() {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let Some(mut now) = admin.get("SealedSecret", "leaders", "app").await.map_err(told)? else {
            continue;
        };
        now["spec"] = value["spec"].clone();
        // The controller may have written its status meanwhile.
        let _conflict = admin.replace(&now).await;
    }
    Ok(())
}

/// Waits until a replica other than `not` has written the lease, and says which.
async fn until_one_leads(server: &Server, not: Option<&str>) -> Result<String, Failed> {
    let begun = Instant::now();
    loop {
        let journal = server.calls().journal();
        let last = journal.iter().rev().find(|written| is_lease(written));
        let name = last.and_then(|written| REPLICAS.iter().find(|name| written.user.ends_with(**name)));
        if let Some(name) = name.filter(|name| not != Some(**name)) {
            return Ok((*name).to_owned());
        }
        if begun.elapsed() > MOST + Duration::from_secs(10) {
            return Err("nobody else took the lease".into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn takeover(journal: &[Written], old: &str, next: &str) -> Result<Duration, Failed> {
    let leases = || journal.iter().filter(|written| is_lease(written));
    let first = leases().find(|written| written.user.ends_with(next)).ok_or("nobody took over")?;
    let last =
        leases().rfind(|written| written.user.ends_with(old) && written.at < first.at).ok_or("no leader")?;
    Ok(first.at.duration_since(last.at))
}

/// Every write is by who wrote the lease last; says how many there were.
fn only_holders_write(journal: &[Written]) -> Result<usize, Failed> {
    let mut holder: Option<&Written> = None;
    let mut writes = 0;
    for written in journal.iter().filter(|written| REPLICAS.iter().any(|name| written.user.ends_with(name))) {
        if is_lease(written) {
            holder = Some(written);
        } else if let Some(holder) = holder.filter(|holder| holder.user != written.user) {
            let since = written.at.duration_since(holder.at);
            return Err(format!("{written:?} though {} leads since {since:?}", holder.user).into());
        } else if let Some(since) = holder.map(|holder| written.at.duration_since(holder.at))
            && since > LEASE
        {
            return Err(format!("{written:?}, {since:?} after the last renewal").into());
        } else {
            writes += 1;
        }
    }
    if writes < 10 { Err(format!("only {writes} writes: nothing is shown").into()) } else { Ok(writes) }
}

fn is_lease(written: &Written) -> bool {
    written.resource == "leases"
}

fn user(name: &str) -> String {
    format!("system:serviceaccount:kube-system:{name}")
}

/// Under `manifests/` alone there is no verb for leases.
async fn stands_by(backend: &Backend) -> Result<(), Failed> {
    let flags = ["--leader-elect", "--key-size=2048"].map(str::to_owned).to_vec();
    let controller = backend.start_controller(Launch { flags, env: Vec::new() }).await.map_err(told)?;
    let says =
        "{apiGroups: [\\\"coordination.k8s.io\\\"], resources: [\\\"leases\\\"], verbs: [\\\"get\\\"]}";
    let begun = Instant::now();
    while !controller.log().contains(says) {
        if begun.elapsed() > Duration::from_secs(20) {
            return Err(format!("the log does not name the missing rule:\n{}", controller.log()).into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let ready = sandbox::http_client::get(controller.http(), "/readyz").await?;
    let lives = sandbox::http_client::get(controller.http(), "/healthz").await?;
    let keys = backend.admin().list("Secret", backend.controller_namespace()).await.map_err(told)?;
    let made = keys.iter().any(|secret| secret["data"].get("tls.key").is_some());
    controller.stop().await?;
    if ready.status == 503 && lives.status == 200 && !made {
        return Ok(());
    }
    Err(format!("ready {}, lives {}, a key was made: {made}", ready.status, lives.status).into())
}

const REPLICAS: [&str; 2] = ["replica-a", "replica-b"];
const FEW_SEEDS: u64 = 4;
const AT_ONCE: usize = 5;
const LEASE: Duration = Duration::from_secs(15);
/// The lease, and two seconds.
const MOST: Duration = Duration::from_secs(17);
