//! A new sealing key, and everything in Git sealed to it: no value is shown to anyone on the way.

use rustix::process::Signal;
use serde_json::Value;

use super::sealing::{FILES, TRUSTSTORE, ciphertexts, expected};
use super::stage::{Failure, Stage, synced};

pub(super) async fn play(stage: &mut Stage) -> Result<(), Failure> {
    stage.page.chapter("Renewal: a new key, and everything sealed to it");
    stage.page.say("Keys are renewed every 30 days, or at once:");
    stage.page.command("kill -USR1 CONTROLLER");
    let old = stage.read("cert.pem")?;
    stage.controller.signal(Signal::USR1)?;
    let namespace = stage.backend.controller_namespace().to_owned();
    let two = async |api: &sandbox::objects::Objects| {
        Ok((api.list("Secret", &namespace).await?.iter().filter(|s| is_key(s)).count() == 2).then_some(()))
    };
    stage.admin().wait_for("a second sealing key", std::time::Duration::from_secs(30), two).await?;
    let new = newest_certificate(stage, &old).await?;
    stage.page.check(new != old, "new values are sealed to a new certificate");
    let (_, file) = FILES[0];
    stage.kubeseal(&["--validate", "-f", file]).await?;
    stage.page.check(true, "what was sealed to the old key still opens");
    re_encrypt(stage).await
}

/// How many sealing keys there are.
pub(super) async fn keys(stage: &Stage) -> Result<usize, Failure> {
    let secrets = stage.admin().list("Secret", stage.backend.controller_namespace()).await?;
    Ok(secrets.iter().filter(|s| is_key(s)).count())
}

fn is_key(secret: &Value) -> bool {
    secret["metadata"]["labels"]["sealedsecrets.bitnami.com/sealed-secrets-key"] == "active"
}

/// Fetches until the new key's certificate is served.
async fn newest_certificate(stage: &Stage, old: &str) -> Result<String, Failure> {
    let start = std::time::Instant::now();
    let path = "/v1/cert.pem";
    while sandbox::http_client::get(stage.controller.http(), path).await?.text() == old {
        if start.elapsed().as_secs() > 20 {
            return Err("the controller still serves the old certificate after 20 s".into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let certificate = stage.kubeseal(&["--fetch-cert"]).await?;
    stage.write("cert.pem", &certificate)?;
    Ok(certificate)
}

async fn re_encrypt(stage: &mut Stage) -> Result<(), Failure> {
    let mut versions = Vec::new();
    for example in expected()? {
        let secret =
            stage.wait_for(("Secret", &example.namespace, &example.name), "is there", |_| true).await?;
        versions.push((example, secret["metadata"]["resourceVersion"].clone()));
    }
    for file in FILES.iter().map(|(_, output)| *output).chain([TRUSTSTORE]) {
        let before: Vec<_> = stage.objects_of(file)?.iter().flat_map(ciphertexts).collect();
        stage.kubeseal(&["--re-encrypt", "-f", file, "-w", file]).await?;
        let after: Vec<_> = stage.objects_of(file)?.iter().flat_map(ciphertexts).collect();
        let all_new = before.len() == after.len() && before.iter().zip(&after).all(|(old, new)| old != new);
        stage.page.check(all_new, &format!("every one of the {} ciphertexts of {file} is new", after.len()));
        stage.apply(file).await?;
    }
    let mut same = true;
    for (example, version) in &versions {
        let (namespace, name) = (example.namespace.as_str(), example.name.as_str());
        let current = |sealed: &Value| {
            synced(sealed).0 == "True"
                && sealed["status"]["observedGeneration"] == sealed["metadata"]["generation"]
        };
        stage.wait_for(("SealedSecret", namespace, name), "is Synced again", current).await?;
        let secret = stage.wait_for(("Secret", namespace, name), "is there", |_| true).await?;
        same &= example.differences(&secret).is_empty() && secret["metadata"]["resourceVersion"] == *version;
    }
    stage.page.check(same, "the Secrets are the same, and not one was written again");
    Ok(())
}
