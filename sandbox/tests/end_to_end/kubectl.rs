//! kubeseal between kubectl and kubectl, as in every README: the pipeline, contexts, and what a listing shows.
//!
//! The kubectl is the one on the search path (made with 1.32), else the control plane's own; its version is printed.

use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::binaries::Binaries;
use sandbox::kubernetes::Assets;
use sandbox::tokens::User;
use serde_json::{Value, json};

use crate::pool::{Pool, told};
use crate::stage::{Ran, Stage, run, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![
        pool.trial("kubectl::what_a_person_types_first", typed_first),
        pool.trial("kubectl::create_dry_run_kubeseal_apply", pipeline),
        pool.trial("kubectl::get_shows_status_synced_and_age", columns),
        pool.trial("kubectl::get_shows_one_line_for_each_failing_object", one_line_each),
        pool.trial("kubectl::contexts_name_the_namespace_and_the_cluster", contexts),
    ]
}

async fn pipeline(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-pipe").await?;
    println!(
        "kubectl: {}",
        kubectl(&stage, &["version", "--client"]).await?.ok()?.lines().next().unwrap_or_default()
    );
    let kubeconfig = backend.kubeconfig(&User::Admin, "e2e-pipe").await.map_err(told)?;
    let script = r#"set -euo pipefail
        kubectl create secret generic db --from-literal=password=hunter2 --dry-run=client -o yaml | kubeseal -o yaml > db.yaml
        kubectl apply -f db.yaml
        kubectl create secret tls web --cert="$CERT" --key="$KEY" --dry-run=client -o json | kubeseal | kubectl apply -f -
        kubeseal --fetch-cert > cert.pem
        kubectl create secret generic offline -n e2e-pipe --from-literal=k=v --dry-run=client -o yaml \
            | env -u KUBECONFIG kubeseal --cert cert.pem -o yaml | kubectl apply -f -
        kubeseal --validate < db.yaml
        ! grep -q hunter2 db.yaml"#;
    let ran = shell(&stage, &kubeconfig, script).await?;
    ran.ok()?;
    stage.secret_is("e2e-pipe", "db", &[("password", "hunter2")]).await?;
    stage.secret_is("e2e-pipe", "offline", &[("k", "v")]).await?;
    stage.synced_is("e2e-pipe", "web", "True", "").await?;
    let web = stage.admin().get("Secret", "e2e-pipe", "web").await.map_err(told)?.unwrap_or_default();
    assert_eq!(web["type"], "kubernetes.io/tls");
    stage.strike().await
}

/// The short commands send protobuf; a backup of keys is applied with validation.
async fn typed_first(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-typed").await?;
    let kubeconfig = backend.kubeconfig(&User::Admin, "e2e-typed").await.map_err(told)?;
    let script = r#"set -euo pipefail
        kubectl create namespace e2e-typed-too
        kubectl create secret generic db --from-literal=password=hunter2
        kubectl create configmap settings --from-literal=a=b
        test "$(kubectl get configmap settings -o jsonpath={.data.a})" = b
        test "$(kubectl get secret db -o jsonpath={.data.password} | base64 -d)" = hunter2
        kubectl get secret db -o yaml | kubeseal -o yaml > sealed.yaml
        kubectl delete secret db
        kubectl apply -f sealed.yaml
        kubectl get events --sort-by=.metadata.creationTimestamp
        test "$(kubectl auth can-i create secrets)" = yes
        kubectl explain sealedsecrets.spec | grep encryptedData > found.txt
        kubectl get secret -A -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml > keys.yaml
        kubectl apply -f keys.yaml
        kubectl delete namespace e2e-typed-too"#;
    let ran = shell(&stage, &kubeconfig, script).await?;
    ran.ok()?;
    stage.secret_is("e2e-typed", "db", &[("password", "hunter2")]).await?;
    stage.strike().await
}

async fn columns(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-columns").await?;
    let good = stage.seal(&secret("e2e-columns", "good", &[("k", "v")])).await?;
    let mut bad = stage.seal(&secret("e2e-columns", "moved", &[("k", "v")])).await?;
    bad["metadata"]["name"] = "bad".into();
    for object in [&good, &bad] {
        stage.admin().create(object).await.map_err(told)?;
    }
    stage.synced_is("e2e-columns", "good", "True", "").await?;
    stage.synced_is("e2e-columns", "bad", "False", "no key could decrypt secret").await?;
    let table = kubectl(&stage, &["get", "sealedsecrets"]).await?.ok()?;
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    let heads: Vec<&str> = table.lines().next().unwrap_or_default().split_whitespace().collect();
    assert_eq!(heads, ["NAME", "STATUS", "SYNCED", "AGE"], "{table}");
    assert!(line("good").contains("True"), "{table}");
    assert!(line("bad").contains("no key could decrypt secret") && line("bad").contains("False"), "{table}");
    let events = kubectl(&stage, &["get", "events"]).await?.ok()?;
    for reason in ["Unsealed", "ErrUnsealFailed"] {
        assert!(events.contains(reason), "{events}");
    }
    let described = kubectl(&stage, &["describe", "sealedsecret", "bad"]).await?.ok()?;
    assert!(described.contains("ErrUnsealFailed"), "{described}");
    // As documented: which key an object is sealed to.
    let documented =
        std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md"))?;
    assert!(documented.contains(&format!("kubectl get sealedsecrets -A -o '{READY_COLUMN}'")));
    let table = kubectl(&stage, &["get", "sealedsecrets", "-A", "-o", READY_COLUMN]).await?.ok()?;
    let is_named = |line: &str| {
        line.starts_with("e2e-columns")
            && line.contains(" good ")
            && line.contains("sealed to sealed-secrets-key")
    };
    assert!(table.lines().any(is_named), "{table}");
    stage.strike().await
}

/// At 100 columns, as kept in `docs/terminal/get-sealedsecrets.txt`; `UPDATE=1` writes it anew.
async fn one_line_each(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-lines").await?;
    let good = stage.seal(&secret("e2e-lines", "db", &[("password", "v")])).await?;
    let named = |name: &str| {
        let mut object = good.clone();
        object["metadata"]["name"] = name.into();
        object
    };
    let mut damaged = named("damaged");
    let text = good["spec"]["encryptedData"]["password"].as_str().unwrap_or_default();
    damaged["spec"]["encryptedData"]["password"] = format!("{}!", &text[..40]).into();
    let mut moved = named("moved");
    moved["spec"]["encryptedData"]["user"] = text.into();
    let mut scope = named("db");
    scope["metadata"]["annotations"] = json!({"sealedsecrets.bitnami.com/cluster-wide": "true"});
    let mut template = stage.seal(&secret("e2e-lines", "template", &[("access-key", "v")])).await?;
    template["spec"]["template"]["data"] = json!({"config": "key={{ .access-key }}"});
    let taken = stage.seal(&secret("e2e-lines", "taken", &[("k", "v")])).await?;
    stage.admin().create(&secret("e2e-lines", "taken", &[("k", "mine")])).await.map_err(told)?;
    let objects = [damaged, moved, scope, template, taken];
    for object in &objects {
        stage.admin().create(object).await.map_err(told)?;
    }
    for object in &objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        stage.synced_is("e2e-lines", name, "False", "").await?;
    }
    let table = kubectl(&stage, &["get", "sealedsecrets"]).await?.ok()?;
    assert_eq!(table.lines().count(), objects.len() + 1, "{table}");
    for line in table.lines() {
        assert!(line.trim_end().chars().count() <= 100, "{line}");
    }
    // An age is a matter of luck.
    let shown: String = table
        .lines()
        .map(|line| match line.trim_end().rsplit_once(' ') {
            Some((rest, age)) if age.ends_with('s') => format!("{rest} 5s\n"),
            Some(_) | None => format!("{}\n", line.trim_end()),
        })
        .collect();
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/terminal/get-sealedsecrets.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(kept.parent().ok_or("a folder")?)?;
        std::fs::write(&kept, &shown)?;
    }
    assert_eq!(std::fs::read_to_string(&kept)?, shown);
    // `describe` has the details once.
    let described = kubectl(&stage, &["describe", "sealedsecret", "moved"]).await?.ok()?;
    assert_eq!(described.matches("rename the object, or seal the value again").count(), 2, "{described}");
    stage.strike().await
}

async fn contexts(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-ctx").await?;
    let kubeconfig = backend.kubeconfig(&User::Ordinary, "e2e-ctx").await.map_err(told)?;
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(kubeconfig)?)?;
    config["clusters"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "gone", "cluster": {"server": "https://127.0.0.1:1"}}));
    config["contexts"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "gone", "context": {"cluster": "gone", "user": "sandbox"}}));
    config["current-context"] = "gone".into();
    let two = stage.file("two.kubeconfig", &config.to_string())?;
    let nameless =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"k": "v"}})
            .to_string();
    let kubeseal = Binaries::locate()?.kubeseal;
    let folder = stage.folder.path();
    let sealed = run(&kubeseal, &["--context", "sandbox"], &nameless, Some(&two), folder).await?.ok()?;
    let sealed: Value = serde_json::from_str(&sealed)?;
    assert_eq!(sealed["metadata"]["namespace"], "e2e-ctx", "the context's namespace");
    let refused = run(&kubeseal, &["--request-timeout", "5s"], &nameless, Some(&two), folder).await?;
    refused.refused(&["127.0.0.1:1"])?;
    stage.admin().create(&sealed).await.map_err(told)?;
    stage.secret_is("e2e-ctx", "db", &[("k", "v")]).await?;
    stage.strike().await
}

async fn kubectl(stage: &Stage<'_>, args: &[&str]) -> Result<Ran, Failed> {
    let kubeconfig = stage.backend.kubeconfig(&User::Admin, stage.namespace).await.map_err(told)?;
    run(&program()?, args, "", Some(&kubeconfig), stage.folder.path()).await
}

fn program() -> Result<PathBuf, Failed> {
    Ok(Assets::locate_or_build()?.kubectl())
}

/// A script as a person types it, with both programs on the search path and a TLS pair in `$CERT` and `$KEY`.
async fn shell(stage: &Stage<'_>, kubeconfig: &std::path::Path, script: &str) -> Result<Ran, Failed> {
    let keys = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/keys");
    let binaries = Binaries::locate()?;
    let kubectl = program()?;
    let folders = [binaries.folder(), kubectl.parent().ok_or("no folder")?];
    let prelude = format!(
        "export PATH={}:$PATH CERT={keys}/tls.crt KEY={keys}/tls.key\n",
        folders.map(|folder| folder.display().to_string()).join(":"),
        keys = keys.display()
    );
    run("bash".as_ref(), &["-c", &(prelude + script)], "", Some(kubeconfig), stage.folder.path()).await
}

const READY_COLUMN: &str = "custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,\
    READY:.status.conditions[?(@.type==\"Ready\")].message";
