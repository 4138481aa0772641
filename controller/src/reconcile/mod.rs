//! One SealedSecret brought to its Secret.
//!
//! ```text
//! turn ─▶ object ─▶ open (pool) ─▶ apply: get, plan, write ─▶ conclude: index, status, Event, metrics, retry
//! ```

pub mod apply;
mod conclude;
pub mod open;
pub mod outcome;
pub mod plan;
pub mod retry;
pub mod status;
pub mod tell;
pub mod worker;

use std::{sync::Arc, time::Instant};

use sealed_secrets_core::{Fingerprint, SealedSecret, names};

use self::{
    apply::{Applied, Terms},
    conclude::{Finding, conclude},
    outcome::Failure,
    tell::Subject,
};
use crate::{
    context::Context,
    error::{ApiError, Request},
    index::{Cause, Looks},
    keys::store::{Snapshot, preferred},
    queue::{Key, Turn},
    watch::sealed,
};

/// Reconciles one object.
pub async fn reconcile(context: &Arc<Context>, turn: &Turn) {
    let begun = Instant::now();
    let key = &turn.key;
    let object = match fetch(context, key).await {
        Ok(Some(object)) => object,
        // Gone, replaced or going: the watch says what is next.
        Ok(None) => return,
        Err(error) => return conclude::unreadable(context, key, &error),
    };
    let Some(task) = Task::of(context, key, &object) else { return };
    context.metrics.unseal_requests.inc();
    let subject = Subject::of(key, &object);
    let finding = find(context, turn, object, &task).await;
    context.metrics.reconcile_seconds.observe(begun.elapsed().as_secs_f64());
    conclude(context, subject, &task, finding).await;
}

/// What the index knows that this turn needs.
struct Task {
    uid: Box<str>,
    look_only: bool,
    /// The status says that this generation was unsealed before.
    settled: bool,
    drift: bool,
    first: Vec<Fingerprint>,
}

impl Task {
    fn of(context: &Context, key: &Key, object: &SealedSecret) -> Option<Self> {
        let mut inner = context.index.lock();
        let of_namespace = inner.last_key.get(key.namespace()).copied();
        let entry = inner.objects.get_mut(key)?;
        if object.metadata.uid.as_deref() != Some(&*entry.uid) || object.metadata.deletion_timestamp.is_some()
        {
            return None;
        }
        let drift = entry.cause == Cause::SecretChanged;
        entry.cause = Cause::SecretChanged;
        entry.begin();
        let look_only = drift && !(entry.repair || context.config.repair_drift);
        let settled = status::is_settled(object);
        Some(Self {
            uid: entry.uid.clone(),
            look_only,
            settled,
            drift,
            first: preferred(&entry.keys, of_namespace),
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
    Ok(object.map(Box::new))
}

/// Opens the object and brings the Secret to it.
async fn find(context: &Context, turn: &Turn, object: Box<SealedSecret>, task: &Task) -> Finding {
    let begun = Instant::now();
    let accept = context.config.accept_v1_data;
    let Snapshot { ring, generation, .. } = context.keys.snapshot();
    let opened = open::open(
        &context.pool,
        &context.templates,
        turn.priority,
        *object,
        ring,
        task.first.clone(),
        accept,
    )
    .await;
    context.metrics.unseal_seconds.observe(begun.elapsed().as_secs_f64());
    match opened {
        Err(failure) => {
            Finding { applied: Applied::Failed(failure, Looks::default()), keys: None, generation }
        }
        Ok(opened) => {
            #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 keys and items")]
            context.metrics.private_operations.inc_by(opened.operations as f64);
            let owner = &task.uid;
            let surely_absent = !context.existing.may_exist(&turn.key);
            let keep = if task.settled { &*opened.volatile } else { &[] };
            let terms = Terms { look_only: task.look_only, surely_absent, keep };
            let applied = apply::apply(&context.client, &turn.key, &opened.secret, owner, terms).await;
            Finding { applied, keys: Some(opened.keys), generation }
        }
    }
}

impl Failure {
    /// What the index remembers of this failure: what would make it worth another try.
    fn state(&self, looks: Looks) -> crate::index::State {
        use crate::index::State;
        match self {
            Self::Unseal(error) if error.may_want_another_key() => State::WaitsForKey,
            Self::Refused(_) => State::WaitsForSecret(looks),
            Self::Unseal(_) | Self::Interrupted | Self::Write(_) | Self::Read(_) => State::Failed,
        }
    }
}
