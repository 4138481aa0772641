//! Opens a SealedSecret on the pool: the first item finds the key, the others follow in parallel.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::join_all;
use gotemplate::{Env, Limits};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use sealed_secrets_core::{
    Fingerprint, KeyRing, SealedSecret,
    unseal::{self, ItemError, Opened},
};

use super::outcome::Failure;
use crate::{
    pool::{Pool, Priority},
    templates::TemplateCache,
};

/// A Secret, and the keys that its items were sealed to with the number of items.
pub struct Unsealed {
    /// What the SealedSecret describes.
    pub secret: Secret,
    /// Which key opened how many items.
    pub keys: Vec<(Fingerprint, u64)>,
    /// Items whose templates may render otherwise next time.
    pub volatile: Vec<String>,
    /// RSA private-key operations that it took.
    pub operations: usize,
}

/// Opens every item and renders every template; gives all that is wrong at once.
pub async fn open(
    pool: &Pool,
    cache: &Arc<TemplateCache>,
    priority: Priority,
    sealed: SealedSecret,
    ring: Arc<KeyRing>,
    first: Vec<Fingerprint>,
    accept_v1_data: bool,
) -> Result<Unsealed, Failure> {
    unseal::check(&sealed, accept_v1_data).map_err(Failure::Unseal)?;
    let sealed = Arc::new(sealed);
    if sealed.spec.data.is_some() {
        return deprecated(pool, priority, sealed, ring, first).await;
    }
    let mut items = sealed.spec.encrypted_data.keys().cloned();
    let mut opened = BTreeMap::new();
    let mut first = first;
    // One after the other until a key is found: the rest then cost one private operation each, where a
    // parallel start would try every key for every item.
    for item in items.by_ref() {
        let result = one(pool, priority, &sealed, item.clone(), &ring, &first).await?;
        let found = result.as_ref().ok().map(|opened| opened.key);
        opened.insert(item, result);
        if let Some(key) = found {
            first.retain(|known| *known != key);
            first.insert(0, key);
            break;
        }
    }
    let rest = items.map(|item| async {
        let result = one(pool, priority, &sealed, item.clone(), &ring, &first).await?;
        Ok::<_, Failure>((item, result))
    });
    for result in join_all(rest).await {
        let (item, result) = result?;
        opened.insert(item, result);
    }
    let keys = tally(opened.values());
    let operations = opened.values().flatten().map(|opened| opened.tries).sum();
    let cache = Arc::clone(cache);
    let assemble = move || {
        let templates = cache.of(&sealed);
        let sealed_items = &sealed.spec.encrypted_data;
        let volatile = templates.volatile_items().filter(|item| !sealed_items.contains_key(*item));
        let volatile = volatile.map(str::to_owned).collect();
        let secret = with_env(|env| unseal::assemble(&sealed, opened, &templates, env))?;
        Ok((secret, volatile))
    };
    let made = pool.run(priority, assemble).await.ok_or(Failure::Interrupted)?;
    let (secret, volatile) = made.map_err(Failure::Unseal)?;
    Ok(Unsealed { secret: Secret::from(&secret), keys, volatile, operations })
}

/// The deprecated form: one ciphertext of a whole Secret.
async fn deprecated(
    pool: &Pool,
    priority: Priority,
    sealed: Arc<SealedSecret>,
    ring: Arc<KeyRing>,
    first: Vec<Fingerprint>,
) -> Result<Unsealed, Failure> {
    let opened = pool.run(priority, move || unseal::open_deprecated(&sealed, &ring, &first)).await;
    let (secret, key) = opened.ok_or(Failure::Interrupted)?.map_err(Failure::Unseal)?;
    Ok(Unsealed { secret: Secret::from(&secret), keys: vec![(key, 1)], volatile: Vec::new(), operations: 1 })
}

async fn one(
    pool: &Pool,
    priority: Priority,
    sealed: &Arc<SealedSecret>,
    item: String,
    ring: &Arc<KeyRing>,
    first: &[Fingerprint],
) -> Result<Result<Opened, ItemError>, Failure> {
    let (sealed, ring, first) = (Arc::clone(sealed), Arc::clone(ring), first.to_vec());
    let opened = pool.run(priority, move || unseal::open_item(&sealed, &item, &ring, &first)).await;
    opened.ok_or(Failure::Interrupted)
}

fn tally<'a>(items: impl Iterator<Item = &'a Result<Opened, ItemError>>) -> Vec<(Fingerprint, u64)> {
    let mut keys: Vec<(Fingerprint, u64)> = Vec::new();
    for opened in items.flatten() {
        match keys.iter_mut().find(|(key, _)| *key == opened.key) {
            Some((_, items)) => *items += 1,
            None => keys.push((opened.key, 1)),
        }
    }
    keys
}

/// Gives templates the time and random bytes of this machine.
fn with_env<T>(work: impl FnOnce(&Env<'_>) -> T) -> T {
    let random = |buffer: &mut [u8]| {
        aws_lc_rs::rand::fill(buffer).expect("the system gives random bytes");
    };
    work(&Env { now: Timestamp::now(), random: &random, limits: Limits::default() })
}
