//! A SealedSecret copied to another namespace opens nothing.

use serde_json::Value;

use super::stage::{Failure, Stage, synced};

pub(super) async fn play(stage: &mut Stage) -> Result<(), Failure> {
    stage.page.chapter("Tampering: a copy in another namespace");
    stage.page.say("Someone who may write to namespace intruder copies the sealed credentials there:");
    stage.add_namespace("intruder").await?;
    let mut copy = stage.objects_of("sealed/database.yaml")?.into_iter().next().unwrap_or_default();
    copy["metadata"]["namespace"] = "intruder".into();
    copy["spec"]["template"]["metadata"]["namespace"] = "intruder".into();
    stage
        .page
        .command("sed 's/namespace: shop/namespace: intruder/' sealed/database.yaml > sealed/stolen.yaml");
    stage.write("sealed/stolen.yaml", format!("{copy:#}\n"))?;
    stage.apply("sealed/stolen.yaml").await?;
    let refused = |sealed: &Value| synced(sealed).0 == "False";
    let sealed = stage.wait_for(("SealedSecret", "intruder", "database"), "is refused", refused).await?;
    let event = stage.event("intruder", "database", "ErrUnsealFailed").await?;
    stage.page.quote(&format!("status  Synced=False: {}", synced(&sealed).1));
    stage.page.quote(&format!("event   ErrUnsealFailed: {event}"));
    let named = event.contains("no key could decrypt secret");
    stage.page.check(named, "the refusal says why, in status and event");
    let secret = stage.admin().get("Secret", "intruder", "database").await?;
    stage.page.check(secret.is_none(), "there is no Secret intruder/database");
    Ok(())
}
