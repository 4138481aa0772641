//! What happens to the Secret when it, or its SealedSecret, is deleted.

use serde_json::Value;

use super::stage::{Failure, Stage};

pub(super) async fn play(stage: &mut Stage) -> Result<(), Failure> {
    stage.page.chapter("Deleting");
    let place = ("Secret", "shop", "database");
    let before = stage.wait_for(place, "is there", |_| true).await?;
    stage.page.command("kubectl -n shop delete secret database");
    stage.admin().delete("Secret", "shop", "database", None).await?;
    let new = |secret: &Value| secret["metadata"]["uid"] != before["metadata"]["uid"];
    let after = stage.wait_for(place, "comes back", new).await?;
    stage.page.check(after["data"] == before["data"], "a Secret that is deleted comes back");
    stage.page.command("kubectl -n shop delete sealedsecret registry-login");
    stage.admin().delete("SealedSecret", "shop", "registry-login", None).await?;
    stage.gone("Secret", "shop", "registry-login").await?;
    stage.page.check(true, "a SealedSecret that is deleted takes its Secret along");
    Ok(())
}
