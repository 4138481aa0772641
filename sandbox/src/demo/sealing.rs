//! Plain Secrets become SealedSecrets that may be committed.

use base64::Engine as _;
use serde_json::{Value, json};

use super::example::{Example, folder};
use super::shorten::shortened;
use super::stage::{Failure, Stage};

/// Input and output of each file that is sealed as a whole.
pub(super) const FILES: &[(&str, &str)] = &[
    ("database.yaml", "sealed/database.yaml"),
    ("registry-login.json", "sealed/registry-login.yaml"),
    ("tls.yaml", "sealed/tls.yaml"),
    ("several.yaml", "sealed/several.yaml"),
];
/// The SealedSecret of the binary file, put together by hand.
pub(super) const TRUSTSTORE: &str = "sealed/truststore.yaml";

pub(super) async fn play(stage: &mut Stage) -> Result<(), Failure> {
    stage.page.chapter("The certificate: public, anyone may seal with it");
    let certificate = stage.kubeseal(&["--fetch-cert"]).await?;
    stage.write("cert.pem", &certificate)?;
    stage.page.say("(kept in cert.pem; commit it, and sealing needs no cluster)");
    stage.page.quote(&shortened(&certificate, 4));
    stage.page.check(certificate.starts_with("-----BEGIN CERTIFICATE-----"), "it is a PEM certificate");

    stage.page.chapter("Sealing: what goes into Git");
    stage.page.say("One of the inputs, database.yaml:");
    stage.page.quote(&shortened(&masked(&stage.read("database.yaml")?), 24));
    for (input, output) in FILES {
        stage.kubeseal(&["--cert", "cert.pem", "-f", input, "-w", output]).await?;
        if *output == "sealed/database.yaml" {
            let sealed = stage.read(output)?;
            stage.page.quote(&shortened(&sealed, 30));
        }
        let (examples, sealed) = (Example::read(&folder().join(input))?, stage.read(output)?);
        let visible = examples.iter().any(|example| example.is_visible_in(&sealed));
        stage.page.check(!visible, &format!("no value of {input} is to be seen in {output}"));
        let count = stage.objects_of(output)?.iter().filter(|o| o["kind"] == "SealedSecret").count();
        let wanted = examples.len();
        stage.page.check(count == wanted, &format!("{output} holds {wanted} of {wanted} SealedSecrets"));
    }
    seal_truststore(stage).await?;
    stage.kubeseal(&["--validate", "-f", "sealed/database.yaml"]).await?;
    stage.page.check(true, "the controller can open it (--validate shows no value to anyone)");
    Ok(())
}

/// 100 KiB of binary data: one item, sealed by itself.
async fn seal_truststore(stage: &mut Stage) -> Result<(), Failure> {
    stage.page.say("A single binary item, truststore.bin of 100 KiB, to be put into a SealedSecret by hand:");
    let args = ["--raw", "--cert", "cert.pem", "--namespace", "shop", "--name", "truststore"];
    let ciphertext = stage.kubeseal(&[&args[..], &["--from-file=truststore.bin"]].concat()).await?;
    stage.page.quote(&shortened(&ciphertext, 4));
    let is_base64 = base64::engine::general_purpose::STANDARD.decode(ciphertext.trim()).is_ok();
    stage.page.check(is_base64 && !ciphertext.contains('\n'), "it is base64 on one line");
    let object = json!({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret",
        "metadata": {"name": "truststore", "namespace": "shop"},
        "spec": {"encryptedData": {"truststore.bin": ciphertext.trim()}}});
    stage.write(TRUSTSTORE, format!("{object:#}\n"))
}

/// All the Secrets that must come out.
pub(super) fn expected() -> Result<Vec<Example>, Failure> {
    let mut all = Vec::new();
    for (input, _) in FILES {
        all.append(&mut Example::read(&folder().join(input))?);
    }
    let bytes = std::fs::read(folder().join("truststore.bin"))?;
    all.push(Example::of_bytes("shop", "truststore", "truststore.bin", bytes));
    Ok(all)
}

/// A manifest with its values covered: what lies under `data` and `stringData`.
fn masked(yaml: &str) -> String {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in yaml.lines() {
        if !line.starts_with(' ') {
            inside = line.starts_with("stringData:") || line.starts_with("data:");
        }
        match line.split_once(": ") {
            Some((name, _)) if inside && !line.trim_start().starts_with('#') => {
                lines.push(format!("{name}: ••••••"));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// Ciphertexts of a SealedSecret, in the order of their names.
pub(super) fn ciphertexts(object: &Value) -> Vec<String> {
    let items = object["spec"]["encryptedData"].as_object().into_iter().flatten();
    items.map(|(_, value)| value.as_str().unwrap_or_default().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_manifest_shows_names_and_no_value() {
        let masked = masked("metadata:\n  name: x\nstringData:\n  a: one: two\n  # why\ntype: Opaque");
        assert_eq!(masked, "metadata:\n  name: x\nstringData:\n  a: ••••••\n  # why\ntype: Opaque");
    }
}
