//! The main job as people do it: seal, commit, apply, unseal; move, renew, re-encrypt, delete.

use libtest_mimic::{Failed, Trial};
use rustix::process::Signal;
use sandbox::backend::Backend;
use sandbox::http_client;
use sandbox::objects::{Objects, PatchType, Target};
use sandbox::tokens::User;
use sealed_secrets_core::{KeyPair, Label};
use serde_json::{Value, json};

use crate::pool::{Pool, add_namespace, told};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![
        pool.trial("journeys::a_secret_is_sealed_applied_and_unsealed", sealed_applied_unsealed),
        pool.trial("journeys::a_copy_in_another_namespace_is_refused_with_the_reason", tampered_copy),
        pool.trial("journeys::a_foreign_secret_is_not_touched_until_it_says_so", foreign_secret),
        pool.trial("journeys::a_new_key_seals_and_the_old_one_still_opens", renewal),
        pool.trial("journeys::an_ordinary_user_fetches_validates_and_re_encrypts", ordinary_user),
        pool.trial("journeys::a_deleted_sealed_secret_takes_its_secret_along", deletion),
        pool.trial("journeys::templates_make_a_docker_login_and_a_configuration_file", templates),
        pool.trial("journeys::a_key_brought_along_is_used_at_once", key_brought_along),
    ]
}

async fn sealed_applied_unsealed(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-main").await?;
    let sealed =
        stage.seal(&secret("e2e-main", "db", &[("user", "app"), ("password", "correct horse")])).await?;
    if sealed.to_string().contains("correct horse") {
        return Err("the plaintext is in the sealed output".into());
    }
    stage.admin().create(&sealed).await.map_err(told)?;
    let secret = stage.secret_is("e2e-main", "db", &[("user", "app"), ("password", "correct horse")]).await?;
    let owner = &secret["metadata"]["ownerReferences"][0];
    assert_eq!(
        (&owner["kind"], &owner["name"], &owner["controller"]),
        (&json!("SealedSecret"), &json!("db"), &json!(true))
    );
    stage.synced_is("e2e-main", "db", "True", "").await?;
    let event = stage.event("e2e-main", "db", "Unsealed").await?;
    assert_eq!(event["source"]["component"], "sealed-secrets");
    assert!(!stage.controller.log().contains("correct horse"), "the plaintext is in the log");
    stage.strike().await
}

async fn tampered_copy(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-home").await?;
    add_namespace(stage.admin(), "e2e-away").await?;
    let mut sealed = stage.seal(&secret("e2e-home", "db", &[("password", "hunter2")])).await?;
    sealed["metadata"]["namespace"] = "e2e-away".into();
    stage.admin().create(&sealed).await.map_err(told)?;
    let message = stage.synced_is("e2e-away", "db", "False", "no key could decrypt secret").await?;
    assert!(message.contains("password"), "the item is named: {message}");
    let event = stage.event("e2e-away", "db", "ErrUnsealFailed").await?;
    assert_eq!(event["type"], "Warning");
    assert!(
        stage.admin().get("Secret", "e2e-away", "db").await.map_err(told)?.is_none(),
        "a Secret was made"
    );
    let refusal = stage.kubeseal(&["--validate"], &sealed.to_string()).await?;
    refusal.refused(&["error:"])?;
    stage.strike().await
}

async fn foreign_secret(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-foreign").await?;
    let by_hand =
        stage.admin().create(&secret("e2e-foreign", "db", &[("mine", "stays")])).await.map_err(told)?;
    let sealed = stage.seal(&secret("e2e-foreign", "db", &[("password", "new")])).await?;
    stage.admin().create(&sealed).await.map_err(told)?;
    stage
        .synced_is("e2e-foreign", "db", "False", "already exists and is not managed by SealedSecret")
        .await?;
    let now = stage.admin().get("Secret", "e2e-foreign", "db").await.map_err(told)?.unwrap_or_default();
    assert_eq!(now["metadata"]["resourceVersion"], by_hand["metadata"]["resourceVersion"]);
    let target = Target { kind: "Secret", namespace: "e2e-foreign", name: "db", ..Target::default() };
    let managed = json!({"metadata": {"annotations": {"sealedsecrets.bitnami.com/managed": "true"}}});
    stage.admin().patch(target, PatchType::Merge, &managed).await.map_err(told)?;
    stage.secret_is("e2e-foreign", "db", &[("password", "new")]).await?;
    stage.synced_is("e2e-foreign", "db", "True", "").await?;
    stage.strike().await
}

async fn renewal(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-renew").await?;
    let first = stage.kubeseal(&["--fetch-cert"], "").await?.ok()?;
    let old = stage.seal(&secret("e2e-renew", "old", &[("k", "sealed before")])).await?;
    stage.controller.signal(Signal::USR1)?;
    let second = new_certificate(&stage, &first).await?;
    assert!(second.contains("BEGIN CERTIFICATE"));
    let renewed = stage.kubeseal(&["--re-encrypt"], &old.to_string()).await?.ok()?;
    let renewed: Value = serde_json::from_str(&renewed)?;
    assert_ne!(renewed["spec"]["encryptedData"]["k"], old["spec"]["encryptedData"]["k"]);
    assert_eq!(opened_by_newest(&stage, &renewed, "k").await?, Some("sealed before".to_owned()));
    assert_eq!(opened_by_newest(&stage, &old, "k").await?, None, "the old one was sealed to the old key");
    stage.admin().create(&old).await.map_err(told)?;
    stage.secret_is("e2e-renew", "old", &[("k", "sealed before")]).await?;
    stage.admin().replace(&renewed).await.map_err(told)?;
    stage.synced_is("e2e-renew", "old", "True", "").await?;
    stage.secret_is("e2e-renew", "old", &[("k", "sealed before")]).await?;
    stage.strike().await
}

async fn ordinary_user(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-user").await?;
    let served = http_client::get(stage.controller.http(), "/v1/cert.pem").await?.text();
    let fetched = stage.kubeseal_as(&User::Ordinary, &["--fetch-cert"], "").await?.ok()?;
    assert_eq!(fetched, served, "the certificate comes through the service proxy unchanged");
    let certificate = stage.file("cert.pem", &fetched)?;
    let text = secret("e2e-user", "db", &[("k", "v")]).to_string();
    let offline = stage.kubeseal_offline(&["--cert", &certificate.to_string_lossy()], &text).await?.ok()?;
    stage.kubeseal_as(&User::Ordinary, &["--validate"], &offline).await?.ok()?;
    let again = stage.kubeseal_as(&User::Ordinary, &["--re-encrypt", "-o", "yaml"], &offline).await?.ok()?;
    assert_eq!(opened_by_newest(&stage, &serde_saphyr::from_str(&again)?, "k").await?, Some("v".to_owned()));
    let denied =
        stage.backend.objects_as(&User::Ordinary).await.map_err(told)?.list("Secret", "e2e-user").await;
    assert_eq!(
        denied.err().and_then(|error| error.status()),
        Some(http::StatusCode::FORBIDDEN),
        "an ordinary user reads no Secret"
    );
    let anonymous = stage.kubeseal_as(&User::Anonymous, &["--fetch-cert"], "").await?;
    assert_ne!(anonymous.code, Some(0));
    assert!(anonymous.stdout.is_empty());
    stage.strike().await
}

async fn deletion(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-delete").await?;
    let sealed = stage.seal(&secret("e2e-delete", "db", &[("k", "v")])).await?;
    stage.admin().create(&sealed).await.map_err(told)?;
    stage.secret_is("e2e-delete", "db", &[("k", "v")]).await?;
    stage.admin().delete("Secret", "e2e-delete", "db", None).await.map_err(told)?;
    stage.secret_is("e2e-delete", "db", &[("k", "v")]).await?;
    stage.admin().delete("SealedSecret", "e2e-delete", "db", None).await.map_err(told)?;
    let gone =
        async |admin: &Objects| Ok(admin.get("Secret", "e2e-delete", "db").await?.is_none().then_some(()));
    stage
        .admin()
        .wait_for("the Secret to go", std::time::Duration::from_secs(30), gone)
        .await
        .map_err(told)?;
    stage.strike().await
}

async fn templates(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-tmpl").await?;
    let mut login =
        stage.seal(&secret("e2e-tmpl", "login", &[("user", "bot"), ("password", "p\"w")])).await?;
    login["spec"]["template"]["type"] = "kubernetes.io/dockerconfigjson".into();
    login["spec"]["template"]["data"] = json!({".dockerconfigjson":
        r#"{"auths":{"registry.example.com":{"auth":"{{ printf "%s:%s" .user .password | b64enc }}"}}}"#});
    // v0.40: a null keeps an item out of the Secret; it stays a variable.
    login["spec"]["template"]["data"]["user"] = Value::Null;
    login["spec"]["template"]["data"]["password"] = Value::Null;
    stage.admin().create(&login).await.map_err(told)?;
    let auth = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "bot:p\"w");
    let wanted = format!(r#"{{"auths":{{"registry.example.com":{{"auth":"{auth}"}}}}}}"#);
    let made = stage.secret_is("e2e-tmpl", "login", &[(".dockerconfigjson", &wanted)]).await?;
    assert_eq!(made["type"], "kubernetes.io/dockerconfigjson");

    let mut file = stage.seal(&secret("e2e-tmpl", "file", &[("password", "s3cret")])).await?;
    file["spec"]["template"]["data"] = json!({"host": "db.example.com", "app.yaml": CONFIGURATION});
    stage.admin().create(&file).await.map_err(told)?;
    let rendered = "database:\n  host: db.example.com\n  password: \"s3cret\"\n  port: 5432\n";
    let items = [("app.yaml", rendered), ("host", "db.example.com"), ("password", "s3cret")];
    stage.secret_is("e2e-tmpl", "file", &items).await?;
    stage.strike().await
}

async fn key_brought_along(backend: &Backend) -> Result<(), Failed> {
    use crate::scenarios::{file::Key, keys};
    let stage = Stage::with_flags(backend, "e2e-byo", &["--key-renew-period=0"]).await?;
    let sealed = stage.seal(&secret("e2e-byo", "db", &[("k", "v")])).await?;
    let own = keys::secret(&Key::Letter("c".to_owned()), backend.controller_namespace());
    stage.admin().create(&own).await.map_err(told)?;
    let elsewhere = keys::seal("c", "e2e-byo/other", b"sealed offline");
    let other = json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "other", "namespace": "e2e-byo"}, "spec": {"encryptedData": {"k": elsewhere}}});
    for object in [&sealed, &other] {
        stage.admin().create(object).await.map_err(told)?;
    }
    stage.secret_is("e2e-byo", "db", &[("k", "v")]).await?;
    stage.secret_is("e2e-byo", "other", &[("k", "sealed offline")]).await?;
    stage.strike().await
}

/// Waits until the controller serves another certificate than `old`.
pub(crate) async fn new_certificate(stage: &Stage<'_>, old: &str) -> Result<String, Failed> {
    let at = stage.controller.http();
    let other = async |_: &Objects| {
        let served =
            http_client::get(at, "/v1/cert.pem").await.map(|answer| answer.text()).unwrap_or_default();
        Ok((!served.is_empty() && served != old).then_some(served))
    };
    stage
        .admin()
        .wait_for("another certificate", std::time::Duration::from_secs(30), other)
        .await
        .map_err(told)
}

/// What the key of the served certificate makes of an item: its text, or nothing when it was sealed to another.
async fn opened_by_newest(stage: &Stage<'_>, sealed: &Value, item: &str) -> Result<Option<String>, Failed> {
    let served = http_client::get(stage.controller.http(), "/v1/cert.pem").await?;
    let label = format!(
        "{}/{}",
        sealed["metadata"]["namespace"].as_str().unwrap(),
        sealed["metadata"]["name"].as_str().unwrap()
    );
    let bytes = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        sealed["spec"]["encryptedData"][item].as_str().unwrap_or_default(),
    )?;
    for secret in stage.admin().list("Secret", stage.backend.controller_namespace()).await.map_err(told)? {
        let data = crate::scenarios::keys::decoded(&secret);
        if data.get("tls.crt").is_some_and(|pem| crate::scenarios::keys::same_pem(pem, &served.body)) {
            let pair = KeyPair::from_private_pem(&data["tls.key"]).map_err(|error| error.to_string())?;
            let opened = pair.open(&Label::from(label.clone()), &bytes).ok();
            return Ok(opened.map(|value| String::from_utf8_lossy(value.expose()).into_owned()));
        }
    }
    Err("the served certificate is in no key Secret".into())
}

const CONFIGURATION: &str =
    "database:\n  host: {{ .host }}\n  password: {{ .password | quote }}\n  port: {{ add 5000 432 }}\n";
