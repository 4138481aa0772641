//! Jobs that the controller does: validate and re-encrypt, one object at a time.

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Format as Text},
    merge, names,
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
    for sealed in decode(&input.read(EXPECTED)?)? {
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
    let in_place = matches!((input, output), (Source::File(from), Sink::File(to)) if from == to);
    let input = Input::open(input)?;
    output.check()?;
    let session = Session::open(controller)?;
    let text = input.read(EXPECTED)?;
    let sealed =
        decode(&text)?.into_iter().map(|old| rotate(&session, old)).collect::<Result<Vec<_>, _>>()?;
    let format = format.get()?;
    if !in_place {
        return output.write(manifest::write_sealed_secrets(&sealed, format).as_bytes());
    }
    let replaced = merge::replaced(&text, &sealed, Some(format)).map_err(Problem::sealed_secrets)?;
    output.write(replaced.text.as_bytes())
}

fn rotate(session: &Session, old: SealedSecret) -> Result<SealedSecret, Problem> {
    let title = title(&old);
    let answer = session.rotate(&title, json(&old))?;
    let new = manifest::sealed_secret(&answer).map_err(|error| {
        Problem::ReEncrypt(format!("{title}: the controller's answer is not a SealedSecret: {error}"))
    })?;
    Ok(with_template(new, old))
}

/// The reference's controller renders templates into items and drops them: only ciphertexts are to change.
fn with_template(mut new: SealedSecret, old: SealedSecret) -> SealedSecret {
    if !old.spec.template.data.is_empty() && new.spec.template.data.is_empty() {
        new.spec.encrypted_data.retain(|item, _| old.spec.encrypted_data.contains_key(item));
        new.spec.template = old.spec.template;
    }
    new
}

/// The SealedSecrets of the input; anything else is refused, since it may hold values in the open.
fn decode(text: &[u8]) -> Result<Vec<SealedSecret>, Problem> {
    let sealed = manifest::sealed_secrets(text).map_err(Problem::sealed_secrets)?;
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

const EXPECTED: &str = "a SealedSecret in YAML or JSON";
