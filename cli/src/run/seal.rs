//! Secrets in, SealedSecrets out.

use sealed_secrets_core::{
    Scope, SealedSecret, SealingKey, Secret, manifest,
    seal::{Options, Sealable, seal as seal_one},
};

use super::{parallel, sealing_key};
use crate::{
    cluster,
    input::Input,
    job::{Cert, Format, Sealing, Sink, Source},
    problem::Problem,
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
    let secrets = manifest::secrets(&text).map_err(|error| Problem::Decode(error.to_string()))?;
    drop(text);
    if secrets.is_empty() {
        return Err(Problem::NoSecrets(String::new()));
    }
    let sealed = seal_all(secrets, options, &key)?;
    output.write(manifest::write_sealed_secrets(&sealed, format.get()?).as_bytes())
}

/// Checks all, then seals all.
fn seal_all(secrets: Vec<Secret>, options: Sealing, key: &SealingKey) -> Result<Vec<SealedSecret>, Problem> {
    let (options, no_namespace) = core_options(&secrets, options);
    let sealables = secrets
        .into_iter()
        .map(|secret| Sealable::new(secret, &options))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| match no_namespace {
            Some(reason) if error.to_string().contains("declare a namespace") => {
                Problem::Seal(format!("{error}, and the kubeconfig gives none: {reason}"))
            }
            _ => Problem::Seal(error.to_string()),
        })?;
    Ok(parallel::map(&sealables, FEW, |sealable| seal_one(sealable, key)))
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
/// Starting a thread costs about as much as sealing this many Secrets.
const FEW: usize = 4;
