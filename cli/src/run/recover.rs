//! SealedSecrets and a backup of the keys in, Secrets out: without a cluster.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;
use sealed_secrets_core::{
    KeyPair, KeyRing, SealedSecret, Secret,
    keys::recovery,
    manifest::{self, Entry},
    unseal::{Env, Limits, Options, unseal},
};
use zeroize::Zeroizing;

use super::{
    grow, parallel,
    remarks::{self, Origin},
};
use crate::{
    input::{self, Input},
    job::{Format, Sink, Source},
    output,
    problem::Problem,
    report::say,
};

/// Opens every SealedSecret of the input; nothing is written unless all open, and all that do not are named.
pub(super) fn recover(
    keys: &[PathBuf],
    input: &Source,
    output: &Sink,
    format: &Format,
) -> Result<(), Problem> {
    let input = Input::open_many(input)?;
    output.check()?;
    output::keep_all_ciphertexts(output, true)?;
    let ring = ring(keys)?;
    let (entries, mut problems) = read(input)?;
    let now = Timestamp::now();
    let sealed: Vec<(Option<&PathBuf>, &SealedSecret)> = entries
        .iter()
        .filter_map(|(path, entry)| match entry {
            Entry::Sealed { object, .. } => Some((path.as_ref(), object)),
            Entry::Other(_) | Entry::LeftOut { .. } => None,
        })
        .collect();
    let opened = parallel::map(&sealed, 1, |(path, sealed)| {
        let env = Env { now, random: &random, limits: Limits::default() };
        unseal(sealed, &ring, &Options { accept_v1_data: false, first: &[], env: &env })
            .map(ownerless)
            .map_err(|error| {
                let name = if entries.len() > 1 { sealed.name().to_owned() } else { String::new() };
                Problem::Unseal { name, error }.inside(*path)
            })
    });
    let mut secrets = Vec::new();
    for outcome in opened {
        match outcome {
            Ok(secret) => secrets.push(secret),
            Err(problem) => problems.push(problem),
        }
    }
    Problem::all(problems)?;
    let format = format.get()?;
    let mut out = Zeroizing::new(String::new());
    let mut secrets = secrets.into_iter();
    for (_, entry) in &entries {
        match entry {
            Entry::Sealed { .. } => {
                let secret: Vec<Secret> = secrets.next().into_iter().collect();
                let text = manifest::write_secrets(&secret, format);
                grow(&mut out, text.len());
                out.push_str(&text);
            }
            Entry::Other(other) => super::push_other(&mut out, other, format)?,
            Entry::LeftOut { line } => remarks::tell_left_out(*line, "SealedSecret", Origin::default()),
        }
    }
    output.write_plaintext(out.as_bytes())
}

/// Objects with the file that they come from, where there are several, and what cannot be read.
type Entries = (Vec<(Option<PathBuf>, Entry)>, Vec<Problem>);

fn read(input: Input) -> Result<Entries, Problem> {
    let texts = input.texts("a SealedSecret in YAML or JSON")?;
    let several = texts.len() > 1;
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for text in texts {
        let file = text.path.filter(|_| several);
        match manifest::entries(&text.bytes, true) {
            Err(error) => problems.push(Problem::sealed_secrets(error).inside(file.as_ref())),
            Ok(entries) if !entries.iter().any(|entry| matches!(entry, Entry::Sealed { .. })) => {
                if !text.found {
                    problems.push(super::not_sealed(&entries).inside(file.as_ref()));
                }
            }
            Ok(entries) => all.extend(entries.into_iter().map(|entry| (file.clone(), entry))),
        }
    }
    if all.is_empty() && problems.is_empty() {
        return Err(Problem::NoSealedSecrets(None));
    }
    Ok((all, problems))
}

/// An owner needs the uid that a cluster gave it: an API server refuses one without.
fn ownerless(mut secret: Secret) -> Secret {
    let owners = secret.metadata.owner_references.take().unwrap_or_default();
    let owners: Vec<_> = owners.into_iter().filter(|owner| !owner.uid.is_empty()).collect();
    secret.metadata.owner_references = Some(owners).filter(|owners| !owners.is_empty());
    secret
}

/// Every key of every file. A broken key among others is named; a file without any is refused, since values would
/// seem lost otherwise.
fn ring(files: &[PathBuf]) -> Result<KeyRing, Problem> {
    if files.is_empty() {
        return Err(Problem::NoPrivateKey);
    }
    let mut pairs: Vec<Arc<KeyPair>> = Vec::new();
    for path in files {
        let text = input::file(path)?;
        let (keys, broken) =
            recovery::usable(&text).map_err(|error| Problem::PrivateKey { path: path.clone(), error })?;
        for error in broken {
            say(&format!("warning: {}: {error}: this key is left out", path.display()));
        }
        pairs.extend(keys.into_iter().map(Arc::new));
    }
    Ok(KeyRing::new(pairs))
}

/// Templates may ask for random text.
fn random(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the system has random bytes");
}
