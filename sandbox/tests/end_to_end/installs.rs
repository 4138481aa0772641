//! Installing with the real kubectl: `apply -k` of the base and of each overlay, and a journey under it.

use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};
use sandbox::backend::{Backend, Kind};
use sandbox::binaries::Binaries;
use sandbox::controller::{Controller, Launch};
use sandbox::http_client;
use sandbox::kubernetes::Assets;
use sandbox::manifests::{Manifests, Overlay};
use sandbox::objects::Objects;
use sandbox::tokens::User;
use serde_json::Value;

use crate::pool::{Pool, add_namespace, told};
use crate::stage::{Ran, run, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    if pool.kind == Kind::Memory {
        return Vec::new();
    }
    vec![
        pool.trial("installs::the_record_is_what_kustomize_renders", async |_| record().await),
        pool.trial("installs::the_whole_cluster", async |_| journey(Overlay::None, 1).await),
        pool.trial("installs::two_replicas", async |_| journey(Overlay::LeaderElection, 2).await),
        pool.trial("installs::one_namespace", async |_| journey(Overlay::OwnNamespace, 1).await),
        pool.trial("installs::the_first_object_of_a_new_server", async |_| first_object().await),
    ]
}

async fn record() -> Result<(), Failed> {
    for overlay in Overlay::ALL {
        let folder = overlay.folder().display().to_string();
        let rendered = kubectl(&["kustomize", &folder], None).await?.ok()?;
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(overlay.record(), &rendered)?;
        }
        if std::fs::read_to_string(overlay.record())? != rendered {
            return Err(format!("{folder} renders otherwise than recorded: UPDATE=1 writes it anew").into());
        }
    }
    let base = Overlay::None.folder().join("base").display().to_string();
    let all = kubectl(&["kustomize", &Overlay::None.folder().display().to_string()], None).await?.ok()?;
    assert_eq!(kubectl(&["kustomize", &base], None).await?.ok()?, all, "the base by itself");
    Ok(())
}

/// Applies an overlay, starts what its Deployment says as its ServiceAccount, and seals and opens a Secret.
async fn journey(overlay: Overlay, replicas: usize) -> Result<(), Failed> {
    // Nothing but what `apply -k` brings.
    let backend = Backend::bare(Kind::Kubernetes, Manifests::of(overlay)?).await.map_err(told)?;
    let outcome = installed(&backend, overlay, replicas).await;
    backend.stop().await;
    outcome
}

async fn installed(backend: &Backend, overlay: Overlay, replicas: usize) -> Result<(), Failed> {
    let namespace = backend.controller_namespace();
    if namespace != "kube-system" {
        add_namespace(backend.admin(), namespace).await?;
    }
    let admin = backend.kubeconfig(&User::Admin, "default").await.map_err(told)?;
    let folder = overlay.folder().display().to_string();
    kubectl(&["apply", "-k", &folder], Some(&admin)).await?.ok()?;
    let wait = ["wait", "--for=condition=established", "--timeout=30s", "crd/sealedsecrets.bitnami.com"];
    kubectl(&wait, Some(&admin)).await?.ok()?;
    // A second time it changes nothing.
    let again = kubectl(&["apply", "-k", &folder], Some(&admin)).await?.ok()?;
    assert!(!again.contains("created") && !again.contains("configured"), "{again}");
    backend.place_pod().await.map_err(told)?;

    let mut running = Vec::new();
    for _ in 0..replicas {
        let mut flags = Manifests::of(overlay)?.arguments();
        flags.push("--key-size=2048".to_owned());
        let launch = Launch { flags, env: Vec::new() };
        let mut controller = backend.start_controller(launch).await.map_err(told)?;
        controller.healthy(Duration::from_secs(30)).await.map_err(told)?;
        running.push(controller);
    }
    seal_and_open(backend, namespace, "first", &running).await?;
    if replicas == 2 {
        let leader = leader(&running).await?;
        running.remove(leader).stop().await?;
        seal_and_open(backend, namespace, "second", &running).await?;
    }
    for controller in running {
        let log = controller.log();
        controller.stop().await?;
        if log.contains("verbs: [") {
            return Err(format!("a verb is missing:\n{log}").into());
        }
    }
    Ok(())
}

/// The API server answers a creation two seconds late when the definition is younger than that
/// (`customresource_handler.go`, `justCreated`); from its answer on, the controller needs no time of that kind.
async fn first_object() -> Result<(), Failed> {
    let backend = Backend::start(Kind::Kubernetes).await.map_err(told)?;
    let outcome = async {
        add_namespace(backend.admin(), "new").await?;
        let flags = vec!["--key-size=2048".to_owned()];
        let mut controller =
            backend.start_controller(Launch { flags, env: Vec::new() }).await.map_err(told)?;
        controller.healthy(Duration::from_secs(30)).await.map_err(told)?;
        let certificate = http_client::get(controller.http(), "/v1/cert.pem").await?;
        let sealed = seal(&certificate.body, "new", "first").await?;
        let asked = Instant::now();
        backend.admin().create(&sealed).await.map_err(told)?;
        let (creation, created) = (asked.elapsed(), Instant::now());
        let made = async |admin: &Objects| admin.get("Secret", "new", "first").await;
        backend.admin().wait_for("the Secret", Duration::from_secs(20), made).await.map_err(told)?;
        let there = created.elapsed();
        if there >= Duration::from_millis(1900) {
            return Err(format!("created in {creation:?}, its Secret came {there:?} later").into());
        }
        controller.stop().await?;
        Ok(())
    };
    let outcome = outcome.await;
    backend.stop().await;
    outcome
}

/// What the command makes of a Secret with one value.
async fn seal(certificate: &[u8], namespace: &str, name: &str) -> Result<Value, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cert.pem");
    std::fs::write(&path, certificate)?;
    let kubeseal = Binaries::locate()?.kubeseal;
    let text = secret(namespace, name, &[("k", "v")]).to_string();
    let args = ["--cert", path.to_str().ok_or("a path")?];
    let sealed = run(&kubeseal, &args, &text, None, folder.path()).await?.ok()?;
    Ok(serde_json::from_str(&sealed)?)
}

async fn seal_and_open(
    backend: &Backend,
    namespace: &str,
    name: &str,
    running: &[Controller],
) -> Result<(), Failed> {
    let certificate = http_client::get(running[0].http(), "/v1/cert.pem").await?;
    let sealed = seal(&certificate.body, namespace, name).await?;
    backend.admin().create(&sealed).await.map_err(told)?;
    let logs: Vec<String> = running.iter().map(Controller::log).collect();
    let made = async |admin: &Objects| admin.get("Secret", namespace, name).await;
    let what = format!("the Secret {name}; logs:\n{}", logs.join("\n--\n"));
    backend.admin().wait_for(&what, Duration::from_secs(30), made).await.map_err(told)?;
    Ok(())
}

/// Which replica leads: just one does.
async fn leader(running: &[Controller]) -> Result<usize, Failed> {
    let mut leaders = Vec::new();
    for (number, controller) in running.iter().enumerate() {
        let metrics = http_client::get(controller.metrics(), "/metrics").await?;
        let text = String::from_utf8_lossy(&metrics.body).into_owned();
        if text.lines().any(|line| line == "sealed_secrets_controller_leader 1") {
            leaders.push(number);
        }
    }
    match leaders[..] {
        [leader] => Ok(leader),
        _ => Err(format!("leaders: {leaders:?}").into()),
    }
}

async fn kubectl(args: &[&str], kubeconfig: Option<&std::path::Path>) -> Result<Ran, Failed> {
    let folder = tempfile::tempdir()?;
    let program = Assets::locate_or_build()?.kubectl();
    run(&program, args, "", kubeconfig, folder.path()).await
}
