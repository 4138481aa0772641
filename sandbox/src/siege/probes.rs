//! The measurements beside an attack: each on a thread of its own, so that none waits for another or for the
//! attack's own requests.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kube::config::{KubeConfigOptions, Kubeconfig};
use sandbox::objects::{ApiError, Objects};
use sealed_secrets_core::SealingKey;
use serde_json::json;

use super::bounds::{Measured, Worst};
use super::events::Lags;
use super::process::Process;
use super::wire::{exchange, get};
use super::{Failure, make};

/// What the probes look at.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) process: Process,
    pub(super) http: SocketAddr,
    /// Of a user who may create SealedSecrets and read Secrets.
    pub(super) kubeconfig: PathBuf,
    pub(super) key: SealingKey,
    /// Where the fresh SealedSecrets are made.
    pub(super) namespace: &'static str,
    /// How long a fresh one is waited for.
    pub(super) patience: Duration,
}

/// Probes under way.
pub(super) struct Probes {
    stop: Arc<AtomicBool>,
    fresh: JoinHandle<Result<Worst, String>>,
    write: JoinHandle<Result<Worst, String>>,
    watch: JoinHandle<Result<(), String>>,
    lags: Lags,
    health: JoinHandle<Worst>,
    peak: JoinHandle<f64>,
}

impl Probes {
    /// Starts them.
    pub(super) fn start(subject: &Subject) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let run =
            |subject: &Subject| (subject.clone(), Watch { stop: Arc::clone(&stop), of: subject.process });
        let [fresh_run, write_run, watch_run, health_run, (_, peak_watch)] = [(); 5].map(|()| run(subject));
        let lags = Lags::default();
        let (made, seen) = (lags.clone(), lags.clone());
        Self {
            fresh: std::thread::spawn(move || {
                fresh(&fresh_run.0, &fresh_run.1, &made).map_err(|error| error.to_string())
            }),
            write: std::thread::spawn(move || {
                write(&write_run.0, &write_run.1).map_err(|error| error.to_string())
            }),
            watch: std::thread::spawn(move || {
                watch(&watch_run.0, &watch_run.1, &seen).map_err(|error| error.to_string())
            }),
            lags,
            health: std::thread::spawn(move || health(&health_run.0, &health_run.1)),
            peak: std::thread::spawn(move || peak(&peak_watch)),
            stop,
        }
    }

    /// Waits for the probe under way, then ends them all. `kept` and `ended` are the caller's to fill in.
    pub(super) async fn end(self) -> Result<Measured, Failure> {
        self.stop.store(true, Ordering::Relaxed);
        let lags = self.lags;
        let join = move || {
            let fresh = self.fresh.join().expect("the probe does not panic");
            let write = self.write.join().expect("the probe does not panic");
            let health = self.health.join().expect("the probe does not panic");
            let watch = self.watch.join().expect("the probe does not panic");
            (fresh, write, watch, health, self.peak.join().expect("the probe does not panic"))
        };
        let (fresh, write, watch, health, peak) = tokio::task::spawn_blocking(join).await?;
        watch?;
        Ok(Measured {
            fresh: fresh?,
            write: write?,
            event: lags.worst(),
            health,
            peak,
            ..Measured::default()
        })
    }
}

/// Until when a probe goes on.
struct Watch {
    stop: Arc<AtomicBool>,
    of: Process,
}

impl Watch {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed) && self.is_alive()
    }

    fn is_alive(&self) -> bool {
        self.of.resident().is_some()
    }
}

fn peak(watch: &Watch) -> f64 {
    let mut peak = 0.0_f64;
    while let Some(now) = watch.of.peak() {
        peak = peak.max(now);
        if !watch.goes_on() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    peak
}

fn health(subject: &Subject, watch: &Watch) -> Worst {
    let (mut worst, mut connection, request) = (Worst::default(), None, get("/healthz"));
    while watch.goes_on() {
        let start = Instant::now();
        let is_good = exchange(&mut connection, subject.http, HEALTH_PATIENCE, &request)
            .is_ok_and(|status| status == 200);
        // Not the probe's failure when the process has died under it: that is told apart.
        if is_good || watch.is_alive() {
            worst.add(start.elapsed(), !is_good);
        }
        std::thread::sleep(HEALTH_PAUSE);
    }
    worst
}

/// One SealedSecret after the other.
fn fresh(subject: &Subject, watch: &Watch, lags: &Lags) -> Result<Worst, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let api = client(subject).await?;
        // Who connects for the first time waits for TLS, too.
        api.get("Secret", subject.namespace, "none").await?;
        let mut worst = Worst::default();
        for number in 0_usize.. {
            let name = format!("fresh-{number}");
            let sealed = make::valid(&subject.key, subject.namespace, &name, 1 + number % 3);
            api.create(&sealed).await?;
            lags.made(&name);
            let start = Instant::now();
            let came = until_there(&api, subject, &name, watch).await?;
            if came || watch.is_alive() {
                worst.add(start.elapsed(), !came);
            }
            if !watch.goes_on() {
                break;
            }
            tokio::time::sleep(FRESH_PAUSE).await;
        }
        Ok(worst)
    })
}

/// A small object, written again and again and read back: what the API server takes for that by itself.
fn write(subject: &Subject, watch: &Watch) -> Result<Worst, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let api = client(subject).await?;
        let small = |round: u32| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"round": round.to_string()},
                "metadata": {"namespace": subject.namespace, "name": "beside"}})
        };
        api.apply(&small(0)).await?;
        let mut worst = Worst::default();
        while watch.goes_on() {
            let start = Instant::now();
            api.apply(&small(worst.count + 1)).await?;
            api.get("ConfigMap", subject.namespace, "beside").await?;
            worst.add(start.elapsed(), false);
            tokio::time::sleep(FRESH_PAUSE).await;
        }
        Ok(worst)
    })
}

/// When the events of the fresh SealedSecrets come.
fn watch(subject: &Subject, watch: &Watch, lags: &Lags) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { lags.watch(kube_client(subject).await?, || watch.goes_on()).await })
}

async fn until_there(api: &Objects, subject: &Subject, name: &str, watch: &Watch) -> Result<bool, ApiError> {
    let start = Instant::now();
    while start.elapsed() < subject.patience && watch.is_alive() {
        if api.get("Secret", subject.namespace, name).await?.is_some() {
            return Ok(true);
        }
        tokio::time::sleep(FRESH_POLL).await;
    }
    Ok(false)
}

/// A client whose tasks run where the probe does.
async fn client(subject: &Subject) -> Result<Objects, Failure> {
    Ok(Objects::new(kube_client(subject).await?))
}

async fn kube_client(subject: &Subject) -> Result<kube::Client, Failure> {
    let kubeconfig = Kubeconfig::read_from(&subject.kubeconfig)?;
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(kube::Client::try_from(config)?)
}

const HEALTH_PATIENCE: Duration = Duration::from_secs(5);
const HEALTH_PAUSE: Duration = Duration::from_millis(50);
const FRESH_PAUSE: Duration = Duration::from_millis(100);
const FRESH_POLL: Duration = Duration::from_millis(10);
