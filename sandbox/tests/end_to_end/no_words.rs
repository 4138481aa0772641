//! The API server's words about a Secret quote its values: they never come out anywhere.

use libtest_mimic::{Failed, Trial};
use sandbox::backend::Backend;
use serde_json::Value;

use crate::pool::{Pool, told};
use crate::stage::{Stage, secret};

pub(crate) fn trials(pool: &Pool) -> Vec<Trial> {
    vec![pool.trial("no_words::a_value_that_its_type_refuses_is_not_quoted", refused_value)]
}

async fn refused_value(backend: &Backend) -> Result<(), Failed> {
    let stage = Stage::set(backend, "e2e-words").await?;
    let mut sealed =
        stage.seal(&secret("e2e-words", "login", &[(".dockerconfigjson", "\u{17d}ETON")])).await?;
    sealed["spec"]["template"]["type"] = "kubernetes.io/dockerconfigjson".into();
    stage.admin().create(&sealed).await.map_err(told)?;
    let message = stage.synced_is("e2e-words", "login", "False", "Secret \"login\" is invalid").await?;
    assert!(message.contains("data[.dockerconfigjson]: Invalid value"), "{message}");
    assert!(message.contains("kubernetes.io/dockerconfigjson"), "the type is named: {message}");
    let event = stage.event("e2e-words", "login", "ErrUpdateFailed").await?;
    let said = [message, event["message"].as_str().unwrap_or_default().to_owned(), stage.controller.log()];
    let status = stage.admin().get("SealedSecret", "e2e-words", "login").await.map_err(told)?;
    let status = status.as_ref().map_or(&Value::Null, |sealed| &sealed["status"]).to_string();
    for text in said.iter().chain([&status]) {
        let quotes = text.contains('\u{17d}') || text.contains("invalid character");
        assert!(!quotes, "a byte of the value is quoted: {text}");
    }
    stage.strike().await
}
