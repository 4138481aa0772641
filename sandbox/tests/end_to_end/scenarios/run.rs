//! One scenario on one backend: prepare, step, look until it is as expected, look again when it is quiet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use http::{Method, Request};
use libtest_mimic::Failed;
use rustix::process::Signal;
use sandbox::backend::Backend;
use sandbox::controller::{Controller, Launch};
use sandbox::http_client::{self, Answer};
use sandbox::objects::{ApiError, Objects, PatchType, Target};
use serde_json::{Value, json};

use super::check::{Ended, Seen, check};
use super::file::{Expect, HttpRequest, Patch, RelabelKey, Scenario, Startup, Step};
use super::keys;
use super::snapshot::{Snapshot, writes};
use crate::pool::{self, told};

/// Runs the scenario; what is wrong with it is the failure.
pub(super) async fn run(backend: &Backend, scenario: &Scenario) -> Result<(), Failed> {
    let mut runner = Runner::prepare(backend, scenario).await?;
    let outcome = runner.steps(scenario).await;
    let log = runner.controller.as_ref().map(Controller::log).unwrap_or_default();
    if let Some(controller) = runner.controller.take() {
        controller.stop().await.map_err(told)?;
    }
    outcome.map_err(|failed| with_log(&failed, &log))
}

struct Runner<'a> {
    backend: &'a Backend,
    admin: &'a Objects,
    namespaces: Vec<String>,
    launch: Launch,
    controller: Option<Controller>,
    response: Option<Answer>,
    rejected: Option<u16>,
}

impl<'a> Runner<'a> {
    async fn prepare(backend: &'a Backend, scenario: &Scenario) -> Result<Self, Failed> {
        let admin = backend.admin();
        let own = backend.controller_namespace();
        let namespaces = namespaces(scenario, own);
        if counts_writes(scenario) {
            pool::alone(admin).await?;
        }
        for name in &namespaces {
            pool::add_namespace(admin, name).await?;
        }
        for (i, key) in scenario.keys.iter().enumerate() {
            if i > 0 && scenario.keys_apart {
                tokio::time::sleep(APART).await;
            }
            admin.create(&keys::secret(key, own)).await.map_err(told)?;
        }
        for object in &scenario.rbac {
            admin.apply(object).await.map_err(told)?;
        }
        let mut runner = Self {
            backend,
            admin,
            namespaces,
            launch: launch(scenario.flags.clone(), &scenario.env),
            controller: None,
            response: None,
            rejected: None,
        };
        for step in &scenario.setup {
            runner.act(step).await?;
        }
        Ok(runner)
    }

    async fn steps(&mut self, scenario: &Scenario) -> Result<(), Failed> {
        let mut before = self.snapshot().await?;
        let mut writes_before = self.writes(&scenario.steps[0]).await?;
        match scenario.startup {
            Startup::Healthy => self.start().await?,
            Startup::Fails => self.start_to_fail(scenario.startup_wait).await?,
            Startup::None => {}
        }
        for (i, step) in scenario.steps.iter().enumerate() {
            if i > 0 {
                if step.settle != Some(false) {
                    self.settled(QUIET).await?;
                }
                if speaks_of_times(step) {
                    tokio::time::sleep(APART).await;
                }
                before = self.snapshot().await?;
                writes_before = self.writes(step).await?;
            }
            let at = |failed: Failed| {
                Failed::from(format!("step {}: {}", i + 1, failed.message().unwrap_or_default()))
            };
            self.act(step).await.map_err(at)?;
            let Some(expect) = &step.expect else { continue };
            let bad = self.judge(expect, &before, &writes_before).await.map_err(at)?;
            if !bad.is_empty() {
                return Err(at(bad.join("\n").into()));
            }
        }
        Ok(())
    }

    /// Looks until all is as expected, and once more when nothing has changed for a while.
    async fn judge(
        &mut self,
        expect: &Expect,
        before: &Snapshot,
        writes_before: &Writes,
    ) -> Result<Vec<String>, Failed> {
        let start = Instant::now();
        let within = expect.timeout.map_or(WITHIN, Duration::from_secs_f64);
        loop {
            let bad = self.look(expect, before, &self.snapshot().await?, writes_before).await?;
            if bad.is_empty() {
                break;
            }
            if start.elapsed() > within {
                return Ok(bad);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let quiet = self.settled(expect.hold.map_or(QUIET, Duration::from_secs_f64)).await?;
        let bad = self.look(expect, before, &quiet, writes_before).await?;
        Ok(bad.into_iter().map(|text| format!("did not stay so: {text}")).collect())
    }

    async fn look(
        &mut self,
        expect: &Expect,
        before: &Snapshot,
        now: &Snapshot,
        writes_before: &Writes,
    ) -> Result<Vec<String>, Failed> {
        let mut writes = BTreeMap::new();
        if !expect.api_writes.is_empty() {
            for (name, count) in self::writes(self.admin).await.map_err(told)? {
                writes.insert(name.clone(), count - writes_before.get(&name).copied().unwrap_or_default());
            }
        }
        let ended = match &mut self.controller {
            Some(controller) => controller.ended().map_err(told)?.map(|status| Ended(status.code())),
            None => Some(Ended(None)),
        };
        let asks = self.controller.as_ref().map(|c| (c.http(), c.metrics()));
        let metrics = match asks {
            Some((_, at)) if !expect.metrics.is_empty() => http_client::get(at, "/metrics").await.ok(),
            _ => None,
        };
        let cert = match asks {
            Some((at, _)) if expect.cert.is_some() => http_client::get(at, "/v1/cert.pem").await.ok(),
            _ => None,
        };
        Ok(check(
            expect,
            &Seen {
                before,
                now,
                own_namespace: self.backend.controller_namespace(),
                metrics: metrics.map(|answer| answer.text()),
                cert,
                response: self.response.as_ref(),
                writes,
                ended,
                rejected: self.rejected,
            },
        ))
    }

    /// Does what the step says. A refusal is for the expectation to judge, if it speaks of one.
    async fn act(&mut self, step: &Step) -> Result<(), Failed> {
        self.response = None;
        self.rejected = None;
        if let Err(error) = self.change(step).await {
            self.rejected = error.status().map(|status| status.as_u16());
            let awaited = step.expect.as_ref().is_some_and(|expect| expect.rejected.is_some());
            if self.rejected.is_none() || !awaited {
                return Err(told(error));
            }
        }
        if let Some(seconds) = step.wait {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        }
        if let Some(name) = &step.signal {
            let controller = self.controller.as_ref().ok_or("no controller runs")?;
            controller.signal(signal(name)).map_err(told)?;
        }
        if step.stop_controller.is_some() || step.restart_controller.is_some() {
            self.stop().await?;
        }
        if let Some(changes) = step.start_controller.as_ref().or(step.restart_controller.as_ref()) {
            self.relaunch_with(changes);
            self.start().await?;
        }
        if let Some(request) = &step.http {
            self.response = Some(self.request(request).await?);
        }
        Ok(())
    }

    /// The part of a step that changes objects.
    async fn change(&self, step: &Step) -> Result<(), ApiError> {
        let own = self.backend.controller_namespace();
        if let Some(object) = &step.apply {
            self.admin.apply(&keys::expand(object)).await?;
        }
        if let Some(object) = &step.create {
            self.admin.create(&keys::expand(object)).await?;
        }
        if let Some(object) = &step.replace {
            self.admin.replace(&keys::expand(object)).await?;
        }
        if let Some(delete) = &step.delete {
            let propagation = delete.propagation.as_deref();
            self.admin.delete(&delete.kind, &delete.namespace, &delete.name, propagation).await?;
        }
        if let Some(Patch { kind, namespace, name, change, how, subresource }) = &step.patch {
            let how = if how.as_deref() == Some("json") { PatchType::Json } else { PatchType::Merge };
            self.admin
                .patch(Target { kind, namespace, name, subresource }, how, &keys::expand(change))
                .await?;
        }
        if let Some(key) = &step.add_key {
            self.admin.apply(&keys::secret(key, own)).await?;
        }
        if let Some(letter) = &step.delete_key {
            self.admin.delete("Secret", own, &format!("test-key-{letter}"), None).await?;
        }
        if let Some(RelabelKey { key, name, labels }) = &step.relabel_key {
            let name =
                name.clone().unwrap_or_else(|| format!("test-key-{}", key.as_deref().unwrap_or_default()));
            let target = Target { kind: "Secret", namespace: own, name: &name, ..Target::default() };
            self.admin.patch(target, PatchType::Merge, &json!({"metadata": {"labels": labels}})).await?;
        }
        Ok(())
    }

    async fn start(&mut self) -> Result<(), Failed> {
        let mut controller = self.backend.start_controller(self.launch.clone()).await.map_err(told)?;
        let healthy = controller.healthy(HEALTHY_WITHIN).await;
        self.controller = Some(controller);
        healthy.map_err(told)
    }

    async fn start_to_fail(&mut self, wait: Option<f64>) -> Result<(), Failed> {
        let mut controller = self.backend.start_controller(self.launch.clone()).await.map_err(told)?;
        controller.end(wait.map_or(FAILS_WITHIN, Duration::from_secs_f64)).await.map_err(told)?;
        self.controller = Some(controller);
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), Failed> {
        match self.controller.take() {
            Some(controller) => controller.stop().await.map(drop).map_err(told),
            None => Ok(()),
        }
    }

    fn relaunch_with(&mut self, changes: &Value) {
        if let Some(flags) = changes["flags"].as_array() {
            let flags = flags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            self.launch = Launch { env: self.launch.env.clone(), ..launch(flags, &BTreeMap::new()) };
        }
        if let Some(env) = changes["env"].as_object() {
            self.launch.env =
                env.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect();
        }
    }

    async fn request(&self, request: &HttpRequest) -> Result<Answer, Failed> {
        let controller = self.controller.as_ref().ok_or("no controller runs")?;
        let at = if request.port == Some(8081) { controller.metrics() } else { controller.http() };
        // JSON is YAML, so an object given as YAML may be sent as either.
        let object = request.body_object.as_ref().map(ToString::to_string);
        let yaml = request.body_yaml.as_ref().and_then(|object| serde_saphyr::to_string(object).ok());
        let body = object.or(yaml).or_else(|| request.body.clone()).unwrap_or_default();
        let method = Method::from_bytes(request.method.as_bytes())?;
        let mut built = Request::builder().method(method).uri(&request.path);
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        http_client::send(at, built.body(body.into_bytes())?).await.map_err(told)
    }

    async fn snapshot(&self) -> Result<Snapshot, Failed> {
        let own = self.backend.controller_namespace();
        Snapshot::take(self.admin, &self.namespaces, own).await.map_err(told)
    }

    async fn settled(&self, quiet: Duration) -> Result<Snapshot, Failed> {
        let own = self.backend.controller_namespace();
        Snapshot::settled(self.admin, &self.namespaces, own, quiet).await.map_err(told)
    }

    /// Counting is slow on the real API server, so only where it is asked for.
    async fn writes(&self, step: &Step) -> Result<Writes, Failed> {
        match &step.expect {
            Some(expect) if !expect.api_writes.is_empty() => writes(self.admin).await.map_err(told),
            _ => Ok(Writes::new()),
        }
    }
}

type Writes = BTreeMap<String, f64>;

fn launch(own: Vec<String>, env: &BTreeMap<String, String>) -> Launch {
    let flags = BASE_FLAGS.iter().map(ToString::to_string).chain(own).collect();
    Launch { flags, env: env.iter().map(|(k, v)| (k.clone(), v.clone())).collect() }
}

/// The namespaces that the scenario names, and those of its objects.
fn namespaces(scenario: &Scenario, own: &str) -> Vec<String> {
    let mut names: BTreeSet<&str> = scenario.namespaces.iter().map(String::as_str).collect();
    for step in scenario.setup.iter().chain(&scenario.steps) {
        for object in [&step.apply, &step.create, &step.replace].into_iter().flatten() {
            let of_object = if object["kind"] == "Namespace" {
                &object["metadata"]["name"]
            } else {
                &object["metadata"]["namespace"]
            };
            names.extend(of_object.as_str());
        }
        for (kind, namespace, name) in step
            .delete
            .iter()
            .map(|d| (&d.kind, &d.namespace, &d.name))
            .chain(step.patch.iter().map(|p| (&p.kind, &p.namespace, &p.name)))
        {
            names.insert(if kind == "Namespace" { name } else { namespace });
        }
    }
    names.into_iter().filter(|name| !name.is_empty() && *name != own).map(str::to_owned).collect()
}

fn counts_writes(scenario: &Scenario) -> bool {
    scenario.steps.iter().filter_map(|step| step.expect.as_ref()).any(|expect| !expect.api_writes.is_empty())
}

fn signal(name: &str) -> Signal {
    match name {
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        "HUP" => Signal::HUP,
        "INT" => Signal::INT,
        "TERM" => Signal::TERM,
        "KILL" => Signal::KILL,
        other => panic!("no scenario sends SIG{other}"),
    }
}

/// Times in a status have whole seconds, so a change must come in another second to be seen.
fn speaks_of_times(step: &Step) -> bool {
    let conditions =
        step.expect.iter().flat_map(|e| e.sealedsecret_status.iter()).flat_map(|s| &s.conditions);
    conditions.clone().any(|c| c.last_transition_time.is_some() || c.last_update_time.is_some())
}

fn with_log(failed: &Failed, log: &str) -> Failed {
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(25)..].join("\n    ");
    format!("{}\n  the controller's log ends:\n    {tail}", failed.message().unwrap_or_default()).into()
}

/// Renewal is off because the test certificates are old: with the default period every start would make a key.
const BASE_FLAGS: &[&str] = &[
    "--key-renew-period=0",
    "--key-size=2048",
    "--kubeclient-qps=-1",
    "--rate-limit=1000",
    "--rate-limit-burst=1000",
];
const APART: Duration = Duration::from_millis(1100);
const FAILS_WITHIN: Duration = Duration::from_secs(3);
const HEALTHY_WITHIN: Duration = Duration::from_secs(32);
const QUIET: Duration = Duration::from_millis(600);
const WITHIN: Duration = Duration::from_secs(12);
