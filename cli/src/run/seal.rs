//! Secrets in, SealedSecrets out.

use std::collections::BTreeMap;

use sealed_secrets_core::{
    Scope, SealedSecret, SealingKey, Secret,
    manifest::{self, Document},
    seal::{Options, Sealable},
};
use zeroize::Zeroizing;

use super::{parallel, sealing_key};
use crate::{
    cluster,
    input::Input,
    job::{Cert, Format, Sealing, Sink, Source},
    problem::Problem,
    report::say,
};

/// Seals every Secret of the input; nothing is written unless all can be sealed.
pub(super) fn seal(
    input: &Source,
    output: &Sink,
    format: &Format,
    cert: &Cert,
    options: Sealing,
) -> Result<(), Problem> {
    let input = Input::open(input)?;
    output.check()?;
    let key = sealing_key(cert)?;
    let text = input.read(EXPECTED)?;
    let parts = if format.is_yaml() { mixed(&text)? } else { alone(&text)? };
    drop(text);
    let text = write(parts, format, |secrets| seal_all(secrets, options, &key))?;
    output.write(text.as_bytes())
}

/// What becomes one document of the output.
enum Part {
    Secret(Secret),
    /// Another kind, which stays as it is.
    Text(Zeroizing<String>),
}

/// YAML can carry other kinds beside the sealed ones; a stream without any Secret is read as the reference reads it.
fn mixed(text: &[u8]) -> Result<Vec<Part>, Problem> {
    let documents = manifest::documents(text).map_err(Problem::secrets)?;
    if !documents.iter().any(|document| matches!(document, Document::Secret(_))) {
        return alone(text);
    }
    let part = |document| match document {
        Document::Secret(secret) => Part::Secret(secret),
        Document::Other { kind, name, source } => {
            say(&format!("note: {kind} {name:?} is no Secret and stays as it is"));
            Part::Text(source)
        }
    };
    Ok(documents.into_iter().map(part).collect())
}

/// Secrets only. One other object alone is sealed as a Secret, as ever; among Secrets it would be changed for the worse.
fn alone(text: &[u8]) -> Result<Vec<Part>, Problem> {
    let secrets = manifest::secrets(text).map_err(Problem::secrets)?;
    if secrets.is_empty() {
        return Err(Problem::NoSecrets(None));
    }
    Ok(secrets.into_iter().map(Part::Secret).collect())
}

fn is_secret(secret: &Secret) -> bool {
    secret.kind.is_empty() || secret.kind.eq_ignore_ascii_case("Secret")
}

/// After the Secrets themselves have been checked: are they all Secrets?
fn check_kinds(secrets: &[(String, bool)]) -> Result<(), Problem> {
    let others: Vec<_> =
        secrets.iter().filter(|(_, is_secret)| !is_secret).map(|(kind, _)| kind.as_str()).collect();
    match others.as_slice() {
        [] => Ok(()),
        others if others.len() == secrets.len() => {
            say(&format!("warning: {} is sealed as if it were a Secret", others.join(", ")));
            Ok(())
        }
        others => Err(Problem::OtherKinds { what: others.join(", ") }),
    }
}

/// The output text, with the parts in their order.
fn write(
    parts: Vec<Part>,
    format: &Format,
    seal: impl FnOnce(Vec<Secret>) -> Result<Vec<SealedSecret>, Problem>,
) -> Result<Zeroizing<String>, Problem> {
    let mut secrets = Vec::new();
    let mut texts = Vec::new();
    for part in parts {
        match part {
            Part::Secret(secret) => {
                secrets.push(secret);
                texts.push(None);
            }
            Part::Text(text) => texts.push(Some(text)),
        }
    }
    let mut sealed = seal(secrets)?.into_iter();
    let format = format.get()?;
    let mut out = Zeroizing::new(String::new());
    for text in texts {
        match (text, sealed.as_slice().first()) {
            (Some(text), _) => push_document(&mut out, &text),
            (None, Some(object)) => {
                out.push_str(&manifest::write_sealed_secrets(std::slice::from_ref(object), format));
                sealed.next();
            }
            (None, None) => {}
        }
    }
    Ok(out)
}

fn push_document(out: &mut String, text: &str) {
    out.push_str("---\n");
    out.push_str(text);
    if !text.ends_with('\n') {
        out.push('\n');
    }
}

/// Checks all, then seals all.
fn seal_all(secrets: Vec<Secret>, options: Sealing, key: &SealingKey) -> Result<Vec<SealedSecret>, Problem> {
    let kinds: Vec<_> = secrets.iter().map(|secret| (secret.kind.clone(), is_secret(secret))).collect();
    let (options, no_namespace) = core_options(&secrets, options);
    let sealables = secrets
        .into_iter()
        .map(|secret| {
            let list = matches!(secret.kind.as_str(), "List" | "SecretList");
            Sealable::new(secret, &options).map_err(|error| (error, list))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|(error, list)| match no_namespace {
            _ if list => Problem::List,
            Some(reason) if error.to_string().contains("declare a namespace") => {
                Problem::Seal(format!("{error}, and the kubeconfig gives none: {reason}"))
            }
            _ => Problem::Seal(error.to_string()),
        })?;
    check_kinds(&kinds)?;
    Ok(encrypt(sealables, key))
}

/// Seals every value of every Secret, on all cores when there are many.
fn encrypt(sealables: Vec<Sealable>, key: &SealingKey) -> Vec<SealedSecret> {
    let labels: Vec<_> = sealables.iter().map(Sealable::label).collect();
    let values: Vec<_> = sealables
        .iter()
        .zip(&labels)
        .flat_map(|(sealable, label)| sealable.values().values().map(move |value| (label, value)))
        .collect();
    let mut texts =
        parallel::map(&values, FEW, |(label, value)| key.seal_to_text(label, value.expose())).into_iter();
    drop(values);
    let assemble = |sealable: Sealable| {
        let items: BTreeMap<_, _> = sealable.values().keys().cloned().zip(texts.by_ref()).collect();
        sealable.into_sealed(items)
    };
    sealables.into_iter().map(assemble).collect()
}

/// The kubeconfig is read only when a Secret needs its namespace; the reason why it gives none comes back.
fn core_options(secrets: &[Secret], options: Sealing) -> (Options, Option<String>) {
    let Sealing { scope, name, allow_empty, connection } = options;
    let explicit = (!connection.namespace.is_empty()).then(|| connection.namespace.clone());
    let homeless = |secret: &Secret| secret.metadata.namespace.as_deref().unwrap_or_default().is_empty();
    let ask = explicit.is_none() && scope != Scope::ClusterWide && secrets.iter().any(homeless);
    let (default_namespace, reason) = match ask.then(|| cluster::namespace(&connection)) {
        None => (None, None),
        Some(Ok(namespace)) => (Some(namespace), None),
        Some(Err(error)) => (None, Some(error.to_string())),
    };
    (Options { scope, name, namespace: explicit, default_namespace, allow_empty }, reason)
}

const EXPECTED: &str = "a Secret in YAML or JSON";
/// Starting a thread costs about as much as sealing one value; below this, threads gain nothing.
const FEW: usize = 8;
