//! SealedSecrets and a backup of the keys in, Secrets out: without a cluster.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;
use sealed_secrets_core::{
    KeyPair, KeyRing,
    keys::recovery,
    manifest,
    unseal::{Env, Limits, Options, unseal},
};

use super::parallel;
use crate::{
    input::{self, Input},
    job::{Format, Sink, Source},
    problem::Problem,
};

/// Opens every SealedSecret of the input; nothing is written unless all open.
pub(super) fn recover(
    keys: &[PathBuf],
    input: &Source,
    output: &Sink,
    format: &Format,
) -> Result<(), Problem> {
    let input = Input::open(input)?;
    output.check()?;
    let ring = ring(keys)?;
    let text = input.read("a SealedSecret in YAML or JSON")?;
    let sealed = manifest::recoverable(&text).map_err(Problem::sealed_secrets)?;
    if sealed.is_empty() {
        return Err(Problem::NoSealedSecrets(None));
    }
    let now = Timestamp::now();
    let opened = parallel::map(&sealed, 1, |sealed| {
        let env = Env { now, random: &random, limits: Limits::default() };
        unseal(sealed, &ring, &Options { accept_v1_data: false, first: &[], env: &env })
            .map_err(|error| Problem::Unseal(error.to_string()))
    });
    let secrets = opened.into_iter().collect::<Result<Vec<_>, _>>()?;
    output.write_plaintext(manifest::write_secrets(&secrets, format.get()?).as_bytes())
}

/// Every key of every file; a file without one is named, since the values would seem lost otherwise.
fn ring(files: &[PathBuf]) -> Result<KeyRing, Problem> {
    let mut pairs: Vec<Arc<KeyPair>> = Vec::new();
    for path in files {
        let text = input::file(path)?;
        let keys = recovery::read(&text).map_err(|error| {
            Problem::PrivateKey(format!("no key could decrypt secret: {}: {error}", path.display()))
        })?;
        pairs.extend(keys.into_iter().map(Arc::new));
    }
    Ok(KeyRing::new(pairs))
}

/// Templates may ask for random text.
fn random(bytes: &mut [u8]) {
    aws_lc_rs::rand::fill(bytes).expect("the system has random bytes");
}
