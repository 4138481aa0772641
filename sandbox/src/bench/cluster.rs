//! What is measured with a controller in a cluster.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use sandbox::backend::Backend;
use sandbox::controller::{Controller, Launch};
use sandbox::http_client;
use sealed_secrets_core::SealingKey;

use super::keys::{self, Sweep};
use super::load::{self, FOREIGN, NAMESPACE};
use super::scrape::Requests;
use super::{Args, Failure, memory, settle, tell};

/// The numbers.
pub(super) struct Numbers {
    /// From the controller's start until every SealedSecret is Synced.
    pub(super) settle: Duration,
    pub(super) settle_requests: Requests,
    /// From its creation, right after a restart, until a fresh SealedSecret's Secret is there.
    pub(super) fresh: Duration,
    /// Of a restart with everything in sync, the fresh object aside.
    pub(super) restart_requests: Requests,
    /// MiB.
    pub(super) resident: f64,
    pub(super) resident_with_foreign: f64,
    pub(super) foreign: u32,
    /// From the process's start until it answers on `/readyz`, with its keys there.
    pub(super) ready: Duration,
    pub(super) sweep: Vec<Sweep>,
}

/// Measures one thing after the other on one backend, and the key sweep on a new one for each ring.
pub(super) async fn measure(args: &Args) -> Result<Numbers, Failure> {
    tell(&format!("starting the API server ({})", args.backend));
    let backend = Backend::start(args.backend).await?;
    let admin = backend.admin().clone();
    load::add_namespace(&admin, NAMESPACE).await?;
    load::add_namespace(&admin, FOREIGN).await?;
    let key = sealing_key(&backend).await?;

    tell(&format!("sealing and loading {} SealedSecrets of {} values", args.count, args.values));
    let names: Vec<String> = (0..args.count).map(|i| format!("sealed-{i}")).collect();
    let (count, values, key_too) = (args.count, args.values, key.clone());
    let objects = tokio::task::spawn_blocking(move || load::sealed(&names, values, &key_too)).await?;
    load::create(&admin, objects).await?;

    tell("settling");
    let before = Requests::read(&admin).await?;
    let start = Instant::now();
    let controller = start_controller(&backend).await?;
    let (settled, secret_lists, sealed_lists) = settle::all_synced(&admin, count, start).await?;
    settle::quiet(&controller).await?;
    let settle_requests = (Requests::read(&admin).await? - &before)
        .without("LIST secrets", secret_lists)
        .without("LIST sealedsecrets", sealed_lists);
    settle::check_values(&admin, count, values).await?;
    let resident = memory::resident(&controller).await?;
    controller.stop().await?;

    tell("restarting with everything in sync");
    let fresh = load::sealed_one("fresh", values, &key);
    let before = Requests::read(&admin).await?;
    let start = Instant::now();
    let controller = start_controller(&backend).await?;
    let ready = start.elapsed();
    let waiting = Instant::now();
    admin.create(&fresh).await?;
    let (fresh, asked) = settle::unsealed(&admin, "fresh", waiting).await?;
    settle::quiet(&controller).await?;
    let requests = Requests::read(&admin).await? - &before;
    let restart_requests = without_fresh(requests, asked);
    controller.stop().await?;

    tell(&format!("memory with {} foreign Secrets", args.foreign));
    load::create(&admin, load::foreign(args.foreign)).await?;
    let controller = start_controller(&backend).await?;
    settle::quiet(&controller).await?;
    let resident_with_foreign = memory::resident(&controller).await?;
    controller.stop().await?;
    backend.stop().await;
    let sweep = keys::sweep(args.backend, values).await?;
    Ok(Numbers {
        settle: settled,
        settle_requests,
        fresh,
        restart_requests,
        resident,
        resident_with_foreign,
        foreign: args.foreign,
        ready,
        sweep,
    })
}

/// What the fresh object costs by itself: its creation, our asking for it, one Secret, one status, one Event.
fn without_fresh(requests: Requests, asked: u64) -> Requests {
    requests
        .without("POST sealedsecrets", 1)
        .without("GET secrets", asked)
        .without("POST secrets", 1)
        .without("PUT sealedsecrets/status", 1)
        .without("POST events", 1)
}

/// A controller at its default flags, once it answers.
async fn start_controller(backend: &Backend) -> Result<Controller, Failure> {
    let mut controller = backend.start_controller(Launch::default()).await?;
    controller.healthy(Duration::from_mins(2)).await?;
    Ok(controller)
}

/// Lets a controller make its key, and gives the public half.
async fn sealing_key(backend: &Backend) -> Result<SealingKey, Failure> {
    let controller = start_controller(backend).await?;
    let certificate = http_client::get(controller.http(), "/v1/cert.pem").await?;
    controller.stop().await?;
    Ok(SealingKey::from_pem(&certificate.body, Timestamp::now())?)
}
