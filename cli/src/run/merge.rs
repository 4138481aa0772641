//! Newly sealed items into a SealedSecret file.

use std::path::Path;

use sealed_secrets_core::{
    Scope, SealedSecret, Secret,
    manifest::{self, Format as Text},
    merge::{self, Layout},
};

use super::{sealer::Sealer, sealing_key};
use crate::{
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
    format: &Format,
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
    let key = sealing_key(cert)?;
    let old = input::file(target)?;
    let into = merge::target(&old).map_err(|error| unreadable(target, &error))?;
    let text = input.read("a Secret in YAML or JSON")?;
    let secret = one(manifest::secrets(&text).map_err(Problem::secrets)?)?;
    drop(text);
    let (secret, options) = moved(secret, options, &into)?;
    let sealed = Sealer::new(key, options).seal(vec![secret])?;
    let format = format.get()?;
    let merged = sealed.first().map(|sealed| merge::into(&old, sealed, Some(format)));
    let merged = merged.transpose().map_err(|error| unreadable(target, &error))?;
    let Some(merged) = merged else { return Err(Problem::NoSecrets(None)) };
    output::replace(target, merged.text.as_bytes())?;
    tell(target, &old, format, merged.layout);
    Ok(())
}

fn one(secrets: Vec<Secret>) -> Result<Secret, Problem> {
    let count = secrets.len();
    let mut secrets = secrets.into_iter();
    match (secrets.next(), count) {
        (Some(secret), 1) => Ok(secret),
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

fn unreadable(target: &Path, error: &manifest::DecodeError) -> Problem {
    Problem::Merge(format!("{}: {error}", target.display()))
}

/// What a person would want to know about the file's looks.
fn tell(target: &Path, old: &[u8], format: Text, layout: Layout) {
    let was_json = old.trim_ascii_start().starts_with(b"{");
    let target = target.display();
    match (was_json, format, layout) {
        (false, Text::Json, _) => {
            say(&format!("note: {target} is JSON now; -o yaml keeps YAML with its comments"));
        }
        (false, Text::Yaml, Layout::Rewritten) => {
            say(&format!(
                "note: {target} was written anew, without comments: it holds what cannot be edited in place"
            ));
        }
        (false, Text::Yaml, Layout::Kept) | (true, _, _) => {}
    }
}
