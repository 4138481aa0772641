//! One SealedSecret brought to its Secret.
//!
//! ```text
//! turn ─▶ object ─▶ open (pool) ─▶ apply: get, plan, write ─▶ conclude: index, status, Event, metrics, retry
//! ```

pub mod apply;
pub mod collect;
mod conclude;
pub mod open;
pub mod outcome;
pub mod plan;
pub mod retry;
pub mod templates;
pub mod worker;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::FutureExt as _;

use sealed_secrets_core::{Fingerprint, SealedSecret, names, unseal::UnsealError};

use self::{
    apply::Terms,
    conclude::{Finding, conclude},
    open::{Stop, Work},
    outcome::Failure,
};
use crate::{
    api::error::{ApiError, Request},
    api::sealed,
    capacity::pool::{Cancel, Claim},
    context::Context,
    keys::store::{Snapshot, preferred},
    report::{status, tell::Subject},
    state::{
        index::{Cause, Looks, strip},
        key::Key,
        queue::Turn,
    },
};

/// Reconciles one object; says how much processor time that took.
pub async fn reconcile(context: &Arc<Context>, turn: &Turn) -> Duration {
    let begun = Instant::now();
    let key = &turn.key;
    let object = match fetch(context, key).await {
        Ok(Some(object)) => object,
        // Gone, replaced or going: the watch says what is next.
        Ok(None) => return Duration::ZERO,
        Err(error) => {
            conclude::unreadable(context, key, &error);
            return Duration::ZERO;
        }
    };
    let Some(task) = Task::of(context, key, &object) else { return Duration::ZERO };
    context.metrics.unseal_requests.inc();
    let subject = Subject::of(key, &object);
    let generation = context.keys.snapshot().generation;
    // A panic stays with this object, which is told.
    let found = AssertUnwindSafe(find(context, turn, object, &task)).catch_unwind().await;
    let finding = match found {
        Ok(finding) => finding,
        Err(_) => Some(Finding::failed(Failure::Internal, generation)),
    };
    context.metrics.reconcile_seconds.observe(begun.elapsed().as_secs_f64());
    match finding {
        Some(finding) if !task.cancel.is_cancelled() => conclude(context, subject, &task, finding).await,
        // The object changed or is gone: what was found is of one that is no more. Or it comes again.
        Some(_) | None => conclude::abandon(context, key, &task),
    }
    task.cancel.spent()
}

/// What the index knows that this turn needs.
struct Task {
    uid: Box<str>,
    look_only: bool,
    /// The status says that this generation was unsealed before.
    settled: bool,
    drift: bool,
    first: Vec<Fingerprint>,
    /// Tells when nobody wants the outcome any more.
    cancel: Cancel,
}

impl Task {
    fn of(context: &Context, key: &Key, object: &SealedSecret) -> Option<Self> {
        let mut inner = context.index.lock();
        let of_namespace = inner.last_key(key.namespace());
        let entry = inner.objects.get_mut(key)?;
        if object.metadata.uid.as_deref() != Some(&*entry.uid) || object.metadata.deletion_timestamp.is_some()
        {
            return None;
        }
        let drift = entry.cause == Cause::SecretChanged;
        entry.cause = Cause::SecretChanged;
        let cancel = entry.begin();
        let look_only = drift && !(entry.repair || context.config.repair_drift);
        let settled = status::is_settled(object);
        Some(Self {
            uid: entry.uid.clone(),
            look_only,
            settled,
            drift,
            first: preferred(&entry.keys, of_namespace),
            cancel,
        })
    }
}

/// The object: as the watch brought it, or read now.
async fn fetch(context: &Context, key: &Key) -> Result<Option<Box<SealedSecret>>, ApiError> {
    if let Some(object) = context.index.take_pending(key) {
        return Ok(Some(object));
    }
    let object = sealed::api(&context.client, Some(key.namespace())).get_opt(key.name()).await;
    let object = object
        .map_err(|error| ApiError::new(Request::sealed("get", names::PLURAL, key.namespace()), error))?;
    Ok(object.map(|mut object| {
        strip(&mut object);
        Box::new(object)
    }))
}

/// Opens the object and brings the Secret to it; nothing when nobody wants that any more.
async fn find(context: &Context, turn: &Turn, object: Box<SealedSecret>, task: &Task) -> Option<Finding> {
    let begun = Instant::now();
    let Snapshot { ring, generation, .. } = context.keys.snapshot();
    let claim = Claim { lane: turn.priority.lane(), owner: Arc::clone(turn.key.owner()) };
    let place = || context.queue.place(&turn.key);
    let worked =
        Work { pool: &context.pool, cache: &context.templates, claim, cancel: &task.cancel, place: &place };
    let opening = async {
        if let Some(test) = context.config.panic_on.as_ref().filter(|test| test.is_for(&turn.key)) {
            test.strike(&worked).await?;
        }
        open::open(&worked, *object, ring, task.first.clone(), context.config.accept_v1_data).await
    };
    let opened = tokio::select! {
        opened = opening => opened,
        () = task.cancel.cancelled() => Err(Stop::Cancelled),
    };
    context.metrics.unseal_seconds.observe(begun.elapsed().as_secs_f64());
    match opened {
        Err(Stop::Cancelled) => None,
        Err(Stop::Later(object)) => {
            if let Some(object) = object {
                context.index.lock().put_back(&turn.key, *object);
            }
            None
        }
        Err(Stop::Failed(failure)) => Some(Finding::failed(failure, generation)),
        Ok(opened) => {
            #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 keys and items")]
            context.metrics.private_operations.inc_by(opened.operations as f64);
            let owner = &task.uid;
            let surely_absent = !context.existing.may_exist(&turn.key);
            let keep = if task.settled { &*opened.volatile } else { &[] };
            let among_keys = turn.key.namespace() == context.config.own_namespace;
            let key_prefix = among_keys.then_some(&*context.config.keys.prefix);
            let terms = Terms { look_only: task.look_only, surely_absent, keep, key_prefix };
            let applied = apply::apply(&context.client, &turn.key, &opened.secret, owner, terms).await;
            Some(Finding { applied, keys: Some(opened.keys), generation })
        }
    }
}

impl Failure {
    /// What the index remembers of this failure: what would make it worth another try.
    fn state(&self, looks: Looks) -> crate::state::index::State {
        use crate::state::index::State;
        match self {
            // With other keys an object may be another: then it is worth its cost once more.
            Self::Unseal(UnsealError::TooCostly { .. }) => State::WaitsForKey,
            Self::Unseal(error) if error.may_want_another_key() => State::WaitsForKey,
            Self::Refused(_) => State::WaitsForSecret(looks),
            Self::Internal => State::Faulty,
            Self::Unseal(_) | Self::Write(_) | Self::Read(_) => State::Failed,
        }
    }
}
