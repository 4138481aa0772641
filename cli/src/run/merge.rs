//! Newly sealed items into a SealedSecret file.

use std::path::Path;

use sealed_secrets_core::{
    Scope, SealedSecret, Secret,
    manifest::{self, Document, Format as Text},
    merge::{self, Layout, Target, TargetError},
};

use super::{
    remarks::{self, Origin},
    sealer::Sealer,
    sealing_key,
};
use crate::{
    args::Mode,
    input::{self, Input},
    job::{Cert, Format, Sealing, Sink, Source},
    output,
    problem::Problem,
    report::say,
};

/// Seals the input for the target's name, namespace and scope, and puts the items into the target's file.
pub(super) fn merge_into(
    target: &Path,
    input: &Source,
    cert: &Cert,
    format: Option<&Format>,
    options: Sealing,
    unused: &Sink,
) -> Result<(), Problem> {
    let input = Input::open(input)?;
    if let Sink::File(path) = unused {
        say(&format!(
            "warning: nothing is written to {}: --merge-into changes {}",
            path.display(),
            target.display()
        ));
    }
    let key = sealing_key(cert, Mode::MergeInto)?;
    let old = input::file(target)?;
    let failed = |error| Problem::Target { path: target.to_owned(), error };
    // What is no target at all is said before anyone is asked to type a Secret.
    let any = merge::target(&old, "", "");
    if let Err(error @ (TargetError::Decode(_) | TargetError::NotSealed(_))) = any {
        return Err(failed(error));
    }
    let text = input.read("a Secret in YAML or JSON")?;
    let secret = one(manifest::as_secrets(&text).map_err(Problem::secrets)?, &options)?;
    drop(text);
    let into = place(&old, &secret, &options).map_err(failed)?;
    remarks::tell_unlike(&secret, options.name.as_deref(), &into.object);
    let given = options.name.clone();
    let (secret, options) = moved(secret, options, &into.object)?;
    if let Some(given) = given.filter(|given| Some(given) != options.name.as_ref()) {
        say(&format!("note: --name {given} has no effect: the target gives the name"));
    }
    let sealed = Sealer::new(key, options).seal(vec![secret])?;
    let format = format.map(Format::get).transpose()?;
    let merged = sealed.first().map(|sealed| merge::into(&old, &into, sealed, format));
    let merged = merged.transpose().map_err(|error| failed(error.into()))?;
    let Some(merged) = merged else { return Err(Problem::NoSecrets(None)) };
    output::replace_unchanged(target, &old, merged.text.as_bytes())?;
    tell(target, format, merged.layout);
    Ok(())
}

/// The SealedSecret of the target's file that the input is for: of several, the one of its name and namespace.
fn place(old: &[u8], secret: &Secret, options: &Sealing) -> Result<Target, TargetError> {
    let name = options.name.as_deref().unwrap_or(secret.name());
    let namespace = match secret.namespace() {
        "" => options.connection.namespace.as_str(),
        namespace => namespace,
    };
    merge::target(old, name, namespace)
}

fn one(documents: Vec<Document>, options: &Sealing) -> Result<Secret, Problem> {
    let left_out = |document: &Document| matches!(document, Document::LeftOut { .. });
    let (left_out, documents): (Vec<_>, Vec<_>) = documents.into_iter().partition(left_out);
    for document in left_out {
        if let Document::LeftOut { line } = document {
            remarks::tell_left_out(line, "Secret", Origin::default());
        }
    }
    let count = documents.len();
    let mut documents = documents.into_iter();
    match (documents.next(), count) {
        (Some(Document::Secret { secret, remarks }), 1) => {
            remarks::tell(&secret, &remarks, Origin::default());
            Ok(secret)
        }
        (Some(Document::Other(other)), 1) if other.is_list() => Err(Problem::List),
        (Some(Document::Other(other)), 1) => {
            Err(Problem::AlreadySealed { name: other.name, with_keys: options.with_keys })
        }
        (Some(_), count) => Err(Problem::MergeOfSeveral(count)),
        (None, _) => Err(Problem::NoSecrets(None)),
    }
}

/// The Secret as the target wants it: name and namespace are the target's, and so is the scope, since values of
/// another scope could not be opened there.
fn moved(mut secret: Secret, options: Sealing, target: &SealedSecret) -> Result<(Secret, Sealing), Problem> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(namespace) = given(&target.metadata.namespace) {
        secret.metadata.namespace = Some(namespace);
    }
    let theirs = Scope::of(target.metadata.annotations.as_ref());
    let ours = match options.scope {
        Scope::Strict => Scope::of(secret.metadata.annotations.as_ref()),
        scope => scope,
    };
    if ours != Scope::Strict && ours != theirs {
        return Err(Problem::MergeScope { ours, theirs });
    }
    let name = given(&target.metadata.name);
    Ok((secret, Sealing { scope: theirs, name, ..options }))
}

/// What a person would want to know about the file's looks.
fn tell(target: &Path, format: Option<Text>, layout: Layout) {
    let target = target.display();
    match (layout, format) {
        (Layout::Converted, Some(Text::Json)) => {
            say(&format!("note: {target} is JSON now; without -o it stays YAML with its comments"));
        }
        (Layout::Rewritten(obstacle), _) => say(&format!(
            "note: the object in {target} is written anew, with the comments that can be kept: {obstacle}"
        )),
        (Layout::Converted, Some(Text::Yaml) | None) | (Layout::Kept, _) => {}
    }
}
