//! `--keep`: the cluster stays, to play with.

use std::io::IsTerminal as _;

use sandbox::backend::Kind;
use sandbox::tokens::User;
use tokio::process::Command;

use super::stage::{Failure, Stage};

/// Says how to reach the cluster; opens a shell in it on a terminal, else waits for the end.
pub(super) async fn stay(stage: &Stage) -> Result<(), Failure> {
    let kubeconfig = stage.backend.kubeconfig(&User::Admin, "shop").await?;
    let page = &stage.page;
    println!();
    page.say("Everything is still running.");
    page.command(&format!("export KUBECONFIG={}", kubeconfig.display()));
    page.command("kubectl get sealedsecrets,secrets,events");
    if stage.backend.kind() == Kind::Kubernetes
        && let Ok(outside) = std::env::var(sandbox::kubernetes::namespace::OUTSIDE)
    {
        page.say("The cluster has a network and files of its own; from another terminal:");
        let user = if has_users_of_its_own() { "--user --preserve-credentials " } else { "" };
        page.command(&format!(
            "nsenter --target {outside} {user}--net --mount kubectl --kubeconfig {} get sealedsecrets,secrets,events",
            kubeconfig.display()
        ));
    }
    if std::io::stdin().is_terminal() {
        page.say("Here is a shell with KUBECONFIG set; leave it and everything ends.");
        let shell = std::env::var("SHELL").unwrap_or_else(|_| "sh".to_owned());
        Command::new(shell).current_dir(&stage.folder).env("KUBECONFIG", kubeconfig).status().await?;
        return Ok(());
    }
    page.say("It ends with Ctrl-C or SIGTERM.");
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Whether this process lives in a user namespace; the first one of a system maps every number.
fn has_users_of_its_own() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    !map.is_empty() && map.split_whitespace().nth(2) != Some("4294967295")
}
