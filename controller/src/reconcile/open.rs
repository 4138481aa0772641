//! Opens a SealedSecret on the pool: the first item finds the key, the others follow in parallel.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use sealed_secrets_core::{
    Fingerprint, KeyRing, SealedSecret,
    unseal::{
        self, Budget, CompiledTemplates, Effort, Env, ItemError, Items, Limits, Opened, UnsealError,
        UnsetVariable,
    },
};

use super::outcome::Failure;
use crate::{
    capacity::pool::{Cancel, Claim, Ended, Pool},
    reconcile::templates::TemplateCache,
};

/// A Secret, and the keys that its items were sealed to with the number of items.
pub struct Unsealed {
    /// What the SealedSecret describes.
    pub secret: Secret,
    /// Which key opened how many items.
    pub keys: Vec<(Fingerprint, u64)>,
    /// Items whose templates may render otherwise next time.
    pub volatile: Vec<String>,
    /// Template variables that have no value.
    pub unset: Vec<UnsetVariable>,
    /// RSA private-key operations that it took.
    pub operations: usize,
}

/// Why there is no Secret.
#[derive(Debug)]
pub enum Stop {
    /// The object is at fault, or we are.
    Failed(Failure),
    /// Nobody wants it any more.
    Cancelled,
    /// It takes long, and no place for that is free: the object is requeued when it has one. The object, where
    /// nobody else holds it.
    Later(Option<Box<SealedSecret>>),
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Panicked => Self::Failed(Failure::Internal),
            Ended::Cancelled => Self::Cancelled,
        }
    }
}

impl From<UnsealError> for Stop {
    fn from(error: UnsealError) -> Self {
        match error {
            UnsealError::Interrupted => Self::Cancelled,
            error => Self::Failed(Failure::Unseal(error)),
        }
    }
}

/// Where the work of one object is done, and for whom.
pub struct Work<'a> {
    /// The threads.
    pub pool: &'a Pool,
    /// Templates that were parsed before.
    pub cache: &'a Arc<TemplateCache>,
    /// For whom.
    pub claim: Claim,
    /// Tells when nobody wants it any more.
    pub cancel: &'a Cancel,
    /// Asks for a place for what is long: without one it is not begun.
    pub place: &'a (dyn Fn() -> bool + Sync),
}

impl Work<'_> {
    /// Runs `work`, which is short, on a thread for private-key operations.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Ended> {
        self.pool.run(self.claim.clone(), self.cancel, work).await
    }
}

/// Opens every item and renders every template; gives all that is wrong at once.
pub async fn open(
    work: &Work<'_>,
    sealed: SealedSecret,
    ring: Arc<KeyRing>,
    first: Vec<Fingerprint>,
    accept_v1_data: bool,
) -> Result<Unsealed, Stop> {
    unseal::check(&sealed, accept_v1_data)?;
    let sealed = Arc::new(sealed);
    if sealed.spec.data.is_some() {
        return deprecated(work, sealed, ring, first).await;
    }
    let effort = Arc::new(Effort::new(&sealed, &ring));
    let opened = items(work, &Source { sealed: &sealed, ring: &ring, effort: &effort }, first).await?;
    let (keys, operations) = (tally(opened.values()), effort.operations());
    let Assembled { secret, volatile, unset } = assemble(work, sealed, opened).await?;
    Ok(Unsealed { secret, keys, volatile, unset, operations })
}

/// What items are opened from.
#[derive(Clone, Copy)]
struct Source<'a> {
    sealed: &'a Arc<SealedSecret>,
    ring: &'a Arc<KeyRing>,
    effort: &'a Arc<Effort>,
}

async fn items(work: &Work<'_>, source: &Source<'_>, mut first: Vec<Fingerprint>) -> Result<Items, Stop> {
    let mut items = source.sealed.spec.encrypted_data.keys().cloned();
    let mut opened = BTreeMap::new();
    // One after the other until a key is found: the rest then cost one private operation each, where a
    // parallel start would try every key for every item.
    for item in items.by_ref() {
        let (item, result) = one(work, source, item, &first).await?;
        let found = result.as_ref().ok().map(|opened| opened.key);
        opened.insert(item, result);
        if let Some(key) = found {
            unseal::prefer(&mut first, key);
            break;
        }
    }
    // Enough to keep every thread busy; more would only wait there.
    let rest = stream::iter(items.map(|item| one(work, source, item, &first)));
    let rest: Vec<_> = rest.buffer_unordered(work.pool.window()).try_collect().await?;
    opened.extend(rest);
    Ok(opened)
}

async fn one(
    work: &Work<'_>,
    source: &Source<'_>,
    item: String,
    first: &[Fingerprint],
) -> Result<(String, Result<Opened, ItemError>), Ended> {
    let Source { sealed, ring, effort } = source;
    let (sealed, ring, effort, first) =
        (Arc::clone(sealed), Arc::clone(ring), Arc::clone(effort), first.to_vec());
    work.run(move || {
        let opened = unseal::open_item(&sealed, &item, &ring, &first, &effort);
        (item, opened)
    })
    .await
}

/// The deprecated form: one ciphertext of a whole Secret.
async fn deprecated(
    work: &Work<'_>,
    sealed: Arc<SealedSecret>,
    ring: Arc<KeyRing>,
    first: Vec<Fingerprint>,
) -> Result<Unsealed, Stop> {
    let opened = work.run(move || {
        let (secret, key) = unseal::open_deprecated(&sealed, &ring, &first)?;
        Ok::<_, UnsealError>((Secret::from(&secret), key))
    });
    let (secret, key) = opened.await??;
    Ok(Unsealed { secret, keys: vec![(key, 1)], volatile: Vec::new(), unset: Vec::new(), operations: 1 })
}

/// A Secret, the items that may render otherwise next time, and what its templates lack.
struct Assembled {
    secret: Secret,
    volatile: Vec<String>,
    unset: Vec<UnsetVariable>,
}

/// What a quick render came to.
enum Quick {
    Done(Box<Result<Assembled, UnsealError>>),
    /// It takes more than a moment: it is to be done elsewhere.
    Long(Items),
}

/// Makes the Secret. Templates with actions are rendered on a thread of their own, with as little as nearly all of
/// them need; what needs more is rendered anew on the thread for what takes long. Each has one at a time, so that what
/// a render may take of memory is taken once, and neither private-key operations nor ordinary templates wait for one
/// that takes long.
async fn assemble(work: &Work<'_>, sealed: Arc<SealedSecret>, mut opened: Items) -> Result<Assembled, Stop> {
    let (pool, claim, cancel) = (work.pool, &work.claim, work.cancel);
    let templates = || sealed.spec.template.data.values().flatten();
    if !templates().any(|text| text.contains("{{")) {
        let bytes: usize = templates().chain(sealed.spec.encrypted_data.values()).map(String::len).sum();
        let (limits, token) = (work.cache.limits().clone(), cancel.clone());
        let mut inline = move || {
            let templates = CompiledTemplates::new(&sealed, &limits);
            made(&sealed, &mut opened, &templates, &limits, &token)
        };
        let made = if bytes <= INLINE { inline() } else { work.run(inline).await? };
        return Ok(made?);
    }
    let bytes: usize = templates().map(String::len).sum();
    if bytes <= QUICK_TEXT {
        let (cache, object, token) = (Arc::clone(work.cache), Arc::clone(&sealed), cancel.clone());
        let quick = move || quickly(&cache, &object, opened, &token);
        match pool.render(claim.clone(), cancel, quick).await? {
            Quick::Done(made) => return Ok((*made)?),
            Quick::Long(items) => opened = items,
        }
    }
    if !(work.place)() {
        return Err(Stop::Later(Arc::into_inner(sealed).map(Box::new)));
    }
    let (cache, token) = (Arc::clone(work.cache), cancel.clone());
    let long = move || {
        // Looked up here: who waits for this thread holds no syntax trees.
        let templates = cache.of(&sealed);
        let mut limits = cache.limits().clone();
        if templates.is_costly() {
            limits.value_bytes = (limits.value_bytes / BESIDE_COSTLY).max(1);
        }
        made(&sealed, &mut opened, &templates, &limits, &token)
    };
    Ok(pool.long(claim.clone(), cancel, long).await??)
}

/// Renders within [`quick`] limits, if the templates are not known to take long.
fn quickly(cache: &TemplateCache, sealed: &SealedSecret, mut opened: Items, cancel: &Cancel) -> Quick {
    let templates = cache.of(sealed);
    if templates.is_costly() {
        return Quick::Long(opened);
    }
    let quick = quick(cache.limits());
    match made(sealed, &mut opened, &templates, &quick, cancel) {
        Err(UnsealError::TooCostly { limit, .. }) if quick.most(limit) < cache.limits().most(limit) => {
            Quick::Long(opened)
        }
        made => Quick::Done(Box::new(made)),
    }
}

/// What a render may cost on the thread for ordinary ones.
fn quick(limits: &Limits) -> Limits {
    Limits {
        steps: limits.steps.min(QUICK_STEPS),
        value_bytes: limits.value_bytes.min(QUICK_BYTES),
        ..limits.clone()
    }
}

fn made(
    sealed: &SealedSecret,
    opened: &mut Items,
    templates: &CompiledTemplates,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Assembled, UnsealError> {
    let sealed_items = &sealed.spec.encrypted_data;
    let volatile = templates.volatile_items().filter(|item| !sealed_items.contains_key(*item));
    let volatile = volatile.map(str::to_owned).collect();
    let random = |buffer: &mut [u8]| {
        aws_lc_rs::rand::fill(buffer).expect("the system gives random bytes");
    };
    let env = Env { now: Timestamp::now(), random: &random, limits: limits.clone() };
    let unwanted = || cancel.is_cancelled();
    let mut budget = Budget::new(limits).interrupted_by(&unwanted);
    let unseal::Assembled { secret, unset } = unseal::assemble(sealed, opened, templates, &env, &mut budget)?;
    Ok(Assembled { secret: Secret::from(&secret), volatile, unset })
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

/// Bytes that are copied in less time than another thread needs to wake.
const INLINE: usize = 64 << 10;
/// Some milliseconds; an ordinary template takes a hundred.
const QUICK_STEPS: u64 = 100_000;
const QUICK_BYTES: usize = 2 << 20;
/// A longer text has a larger syntax tree than is made here.
const QUICK_TEXT: usize = 64 << 10;
/// Password hashes take memory of their own: what templates make beside them is so many times less.
const BESIDE_COSTLY: usize = 8;
