//! What goes wrong around a cluster: a corrupt key, refusals, silence. Each says what and what next, and writes nothing.

use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use sandbox::controller::Launch;
use sandbox::objects::Objects;
use sandbox::tokens::User;
use serde_json::json;
use tokio::net::TcpListener;

use crate::pool::{Pool, told};
use crate::scenarios::{file::Key, keys};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![
        pool.trial("bad_input::a_corrupt_key_secret_next_to_a_good_one_disturbs_nothing", corrupt_key),
        pool.trial("bad_input::a_refused_request_names_what_was_refused", refused),
        pool.trial("bad_input::a_silent_api_server_ends_kubeseal_at_its_deadline", silent_for_kubeseal),
        pool.trial("bad_input::a_controller_without_an_answer_says_whom_it_asks", silent_for_controller),
        pool.trial(
            "bad_input::a_missing_controller_is_named_with_the_flags_that_name_another",
            missing_controller,
        ),
        pool.trial("bad_input::a_truncated_ciphertext_names_its_item", truncated),
    ]
}

async fn corrupt_key(backend: &Backend) -> Result<(), Failed> {
    let own = backend.controller_namespace();
    let good = keys::secret(&Key::Letter("c".to_owned()), own);
    let mut corrupt = good.clone();
    corrupt["metadata"]["name"] = "test-key-corrupt".into();
    corrupt["data"]["tls.key"] = "bm90IGEga2V5".into();
    for object in [&corrupt, &good] {
        backend.admin().create(object).await.map_err(told)?;
    }
    let stage = Stage::with_flags(backend, "e2e-corrupt", &["--key-renew-period=0"]).await?;
    let sealed = stage.seal(&secret("e2e-corrupt", "db", &[("k", "v")])).await?;
    stage.admin().create(&sealed).await.map_err(told)?;
    stage.secret_is("e2e-corrupt", "db", &[("k", "v")]).await?;
    assert!(
        stage.controller.log().contains("test-key-corrupt"),
        "the log names the Secret:\n{}",
        stage.controller.log()
    );
    let event = async |admin: &Objects| {
        let events = admin.list("Event", own).await?;
        Ok(events.into_iter().find(|e| e["involvedObject"]["name"] == "test-key-corrupt"))
    };
    stage
        .admin()
        .wait_for("an Event on the corrupt key Secret", Duration::from_secs(10), event)
        .await
        .map_err(told)?;
    stage.strike().await
}

async fn refused(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-403").await?;
    let text = secret("e2e-403", "db", &[("k", "v")]).to_string();
    let target = stage.folder.path().join("out.yaml");
    let args = ["--sealed-secret-file", &target.to_string_lossy()];
    let ran = stage.kubeseal_as(&User::Anonymous, &args, &text).await?;
    assert_ne!(ran.code, Some(0));
    assert!(!target.exists(), "nothing was written");
    let other = ["--controller-name", "somebody-else", "--fetch-cert"];
    stage.kubeseal(&other, "").await?.refused(&["somebody-else"])?;
    let sealed = stage.seal(&secret("e2e-403", "db", &[("k", "v")])).await?;
    let denied = stage.backend.objects_as(&User::Ordinary).await.map_err(told)?.create(&sealed).await;
    assert_eq!(denied.err().and_then(|error| error.status()), Some(http::StatusCode::FORBIDDEN));
    stage.strike().await
}

async fn silent_for_kubeseal(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-silent").await?;
    // Accepts connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let address = silent.local_addr()?.to_string();
    let server = format!("https://{address}");
    let args = ["--server", &server, "--insecure-skip-tls-verify", "--request-timeout", "1s", "--fetch-cert"];
    let start = std::time::Instant::now();
    stage.kubeseal_offline(&args, "").await?.refused(&[&address])?;
    assert!(start.elapsed() < Duration::from_secs(15), "it took {:?}", start.elapsed());
    stage.strike().await
}

async fn silent_for_controller(backend: &Backend) -> Result<(), Failed> {
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let port = silent.local_addr()?.port().to_string();
    let kubeconfig = backend.folder().join("silent.kubeconfig");
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "s",
        "contexts": [{"name": "s", "context": {"cluster": "s", "user": "s"}}],
        "clusters": [{"name": "s", "cluster": {"server": format!("https://127.0.0.1:{port}"), "insecure-skip-tls-verify": true}}],
        "users": [{"name": "s", "user": {"token": "x"}}]});
    std::fs::write(&kubeconfig, config.to_string())?;
    let env = [
        ("KUBECONFIG", kubeconfig.to_string_lossy().into_owned()),
        ("KUBERNETES_SERVICE_HOST", "127.0.0.1".to_owned()),
        ("KUBERNETES_SERVICE_PORT", port.clone()),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let controller = backend.start_controller(Launch { flags: Vec::new(), env }).await.map_err(told)?;
    let says = async |_: &Objects| Ok(controller.log().contains(&format!("127.0.0.1:{port}")).then_some(()));
    let waited = backend.admin().wait_for("the address in the log", Duration::from_secs(45), says).await;
    let log = controller.log();
    controller.stop().await?;
    waited.map_err(|_| format!("the log does not say whom it asks in vain:\n{log}").into())
}

async fn missing_controller(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-missing").await?;
    let args = ["--controller-namespace", "e2e-missing", "--fetch-cert"];
    let ran = stage.kubeseal_as(&User::Admin, &args, "").await?;
    ran.refused(&["sealed-secrets-controller", "--controller-name"])?;
    stage.strike().await
}

async fn truncated(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-cut").await?;
    let mut sealed = stage.seal(&secret("e2e-cut", "db", &[("whole", "v"), ("cut", "v")])).await?;
    sealed["spec"]["encryptedData"]["cut"] = "AgBB".into();
    stage.admin().create(&sealed).await.map_err(told)?;
    let message = stage.synced_is("e2e-cut", "db", "False", "no key could decrypt secret").await?;
    assert!(message.contains("cut") && !message.contains("whole"), "it names the item: {message}");
    assert!(stage.admin().get("Secret", "e2e-cut", "db").await.map_err(told)?.is_none());
    stage.strike().await
}
