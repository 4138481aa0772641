//! Jobs that the controller does: validate and re-encrypt, one object at a time.

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Format as Text},
    names,
};

use crate::{
    cluster::Session,
    input::Input,
    job::{Controller, Format, Sink, Source},
    problem::Problem,
};

/// Asks the controller whether it can open every SealedSecret of the input.
pub(super) fn validate(input: &Source, controller: &Controller) -> Result<(), Problem> {
    let input = Input::open(input)?;
    let session = Session::open(controller)?;
    for sealed in read(input)? {
        session.verify(&title(&sealed), json(&sealed))?;
    }
    Ok(())
}

/// Has the controller seal every SealedSecret of the input anew.
pub(super) fn re_encrypt(
    input: &Source,
    output: &Sink,
    format: &Format,
    controller: &Controller,
) -> Result<(), Problem> {
    let input = Input::open(input)?;
    output.check()?;
    let session = Session::open(controller)?;
    let mut sealed = Vec::new();
    for old in read(input)? {
        let answer = session.rotate(&title(&old), json(&old))?;
        sealed.push(manifest::sealed_secret(&answer).map_err(|error| {
            Problem::ReEncrypt(format!(
                "{}: the controller's answer is not a SealedSecret: {error}",
                title(&old)
            ))
        })?);
    }
    output.write(manifest::write_sealed_secrets(&sealed, format.get()?).as_bytes())
}

/// The SealedSecrets of the input; anything else is refused, since it may hold values in the open.
fn read(input: Input) -> Result<Vec<SealedSecret>, Problem> {
    let text = input.read("a SealedSecret in YAML or JSON")?;
    let sealed = manifest::sealed_secrets(&text).map_err(Problem::sealed_secrets)?;
    if sealed.is_empty() {
        return Err(Problem::NoSealedSecrets(None));
    }
    match sealed
        .iter()
        .find(|object| !object.kind.is_empty() && !object.kind.eq_ignore_ascii_case(names::KIND))
    {
        Some(other) => Err(Problem::NotASealedSecret(format!(
            "{} is a {}, and not a SealedSecret",
            title(other),
            other.kind
        ))),
        None => Ok(sealed),
    }
}

fn json(sealed: &SealedSecret) -> Vec<u8> {
    manifest::write_sealed_secrets(std::slice::from_ref(sealed), Text::Json).into_bytes()
}

/// `namespace/name`, as far as it has them.
fn title(sealed: &SealedSecret) -> String {
    let name = sealed.metadata.name.as_deref().unwrap_or_default();
    match sealed.metadata.namespace.as_deref() {
        Some(namespace) if !namespace.is_empty() => format!("{namespace}/{name}"),
        _ => name.to_owned(),
    }
}
