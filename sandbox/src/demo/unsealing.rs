//! SealedSecrets become Secrets in the cluster.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::example::{Example, sizes};
use super::sealing::{FILES, TRUSTSTORE, expected};
use super::stage::{Failure, Stage, synced};

pub(super) async fn play(stage: &mut Stage) -> Result<(), Failure> {
    stage.page.chapter("Unsealing: only the cluster can");
    for (_, output) in FILES {
        stage.apply(output).await?;
    }
    stage.apply(TRUSTSTORE).await?;
    for example in expected()? {
        look(stage, &example).await?;
    }
    show_sample(stage).await
}

/// What a person sees of one SealedSecret and its Secret, and whether it is right.
async fn look(stage: &mut Stage, example: &Example) -> Result<(), Failure> {
    let (namespace, name) = (example.namespace.as_str(), example.name.as_str());
    let there = |_: &Value| true;
    let secret = stage.wait_for(("Secret", namespace, name), "is unsealed", there).await?;
    let done = |sealed: &Value| synced(sealed).0 == "True";
    let sealed = stage.wait_for(("SealedSecret", namespace, name), "is Synced", done).await?;
    let event = stage.event(namespace, name, "Unsealed").await?;
    stage.page.say(format!("{namespace}/{name}"));
    stage.page.quote(&format!("status  Synced={}   event  Unsealed: {event}", synced(&sealed).0));
    stage.page.quote(&sizes(&secret));
    let differences = example.differences(&secret);
    stage.page.quote(&differences.join("\n"));
    let what = format!("the Secret is what went in: {} bytes of {}", total(example), example.kind);
    stage.page.check(differences.is_empty(), &what);
    let owner = &secret["metadata"]["ownerReferences"][0];
    let is_owner = owner["uid"] == sealed["metadata"]["uid"] && owner["controller"] == true;
    stage.page.check(is_owner, "it belongs to its SealedSecret");
    Ok(())
}

fn total(example: &Example) -> usize {
    example.data.values().map(Vec::len).sum()
}

/// The one value that is shown.
async fn show_sample(stage: &mut Stage) -> Result<(), Failure> {
    stage.page.command("kubectl -n shop get secret database -o jsonpath='{.data.username}' | base64 -d");
    let secret = stage.wait_for(("Secret", "shop", "database"), "is there", |_| true).await?;
    let bytes = STANDARD.decode(secret["data"]["username"].as_str().unwrap_or_default())?;
    let value = String::from_utf8_lossy(&bytes);
    stage.page.quote(&format!("{value}      (demo data: the only value that this page shows)"));
    stage.page.check(value == "shop_rw", "the user name is the one that was sealed");
    Ok(())
}
