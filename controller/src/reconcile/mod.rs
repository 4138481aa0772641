//! One SealedSecret brought to its Secret.
//!
//! ```text
//! work item ─▶ object ─▶ open (pool) ─▶ apply: get, plan, write ─▶ conclude: tell, remember, requeue
//! ```

pub mod apply;
pub mod collect;
mod conclude;
pub mod open;
pub mod outcome;
pub mod plan;
pub mod remark;
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
    apply::ApplyOptions,
    conclude::Finding,
    open::{Stop, Work},
    outcome::Failure,
    remark::Remark,
};
use crate::{
    api::{
        error::{ApiError, Request},
        sealed,
    },
    capacity::pool::Claim,
    context::Context,
    keys::store::{Snapshot, preferred},
    panics,
    report::{status, subject::Subject},
    state::{
        conclusion::Requeue,
        entry::{Cause, State, Task},
        index::strip,
        key::Key,
        queue::WorkItem,
        secret::Ownership,
    },
};

/// What work on an object leaves for the queue.
#[derive(Debug, Default)]
pub struct Done {
    /// Processor time that it took.
    pub cost: Duration,
    /// When it comes again.
    pub requeue: Option<Requeue>,
}

/// Reconciles one object.
pub async fn reconcile(context: &Arc<Context>, item: &WorkItem) -> Done {
    let begun = Instant::now();
    let key = &item.key;
    let Some((task, of_namespace)) = context.index.lock().begin(key) else { return Done::default() };
    let object = match fetch(context, key).await {
        Ok(Some(object)) => object,
        // Gone, most likely: then the watch says so, and it comes no more.
        Ok(None) => return done(&task, conclude::unseen(context, item, &task, None)),
        Err(error) => return done(&task, conclude::unseen(context, item, &task, Some(&error))),
    };
    let deletes = object.metadata.deletion_timestamp.is_some();
    if object.metadata.uid.as_deref() != Some(&*task.uid) || deletes != task.deleting {
        // Another object of its name, or its last days: the watch says what is next.
        conclude::abandon(context, key, &task);
        return done(&task, None);
    }
    context.metrics.unseal_requests.inc();
    let subject = Subject::of(key, &object);
    let generation = context.keys.snapshot().generation;
    // A panic stays with this object, which is told.
    let found = AssertUnwindSafe(find(context, item, object, &task, of_namespace)).catch_unwind().await;
    let finding = match found {
        Ok(finding) => finding,
        Err(_) => Some(Finding::failed(Failure::Internal, generation)),
    };
    context.metrics.reconcile_seconds.observe(begun.elapsed().as_secs_f64());
    let requeue = match finding {
        Some(finding) if !task.cancel.is_cancelled() => {
            conclude::conclude(context, item, &subject, &task, finding).await
        }
        // The object changed or is gone: what was found is of one that is no more. Or it comes again.
        Some(_) | None => {
            conclude::abandon(context, key, &task);
            None
        }
    };
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(
        object = %key,
        cause = ?task.cause,
        waited_milliseconds = milliseconds(item.waited),
        milliseconds = milliseconds(begun.elapsed()),
        again_in_seconds = requeue.map(|requeue| requeue.after.as_secs()),
        "worked on"
    );
    done(&task, requeue)
}

fn done(task: &Task, requeue: Option<Requeue>) -> Done {
    Done { cost: task.cancel.spent(), requeue }
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
        context.index.with(key, |entry| entry.set_size(&object));
        Box::new(object)
    }))
}

/// Opens the object and brings the Secret to it; nothing when nobody wants that any more.
async fn find(
    context: &Context,
    item: &WorkItem,
    object: Box<SealedSecret>,
    task: &Task,
    of_namespace: Option<Fingerprint>,
) -> Option<Finding> {
    let begun = Instant::now();
    let Snapshot { ring, generation, .. } = context.keys.snapshot();
    let claim = Claim { lane: item.priority.lane(), owner: Arc::clone(item.key.owner()) };
    let place = || context.queue.place(&item.key);
    let worked =
        Work { pool: &context.pool, cache: &context.templates, claim, cancel: &task.cancel, place: &place };
    let settled = status::is_settled(&object);
    let first = preferred(&task.keys, of_namespace);
    let opening = async {
        if let Some(test) = context.config.panic_on.as_ref().filter(|test| test.is_for(&item.key)) {
            panics::strike(test, &worked).await?;
        }
        open::open(&worked, *object, ring, first, context.config.accept_v1_data).await
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
                context.index.lock().put_back(&item.key, *object);
            }
            None
        }
        Err(Stop::Failed(failure)) => Some(Finding::failed(failure, generation)),
        Ok(opened) => {
            #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 keys and items")]
            context.metrics.private_operations.inc_by(opened.operations as f64);
            let among_keys = item.key.namespace() == context.config.own_namespace;
            let due = task.cause == Cause::Due;
            let options = ApplyOptions {
                dry_run: !(due || task.repair || context.config.repair_drift),
                may_create: due && !task.deleting,
                // Only at first: the watch may be behind.
                surely_absent: task.attempts == 0 && !context.existing.may_exist(&item.key),
                volatile: if settled { &opened.volatile } else { &[] },
                key_prefix: among_keys.then_some(&*context.config.keys.prefix),
            };
            let applied = apply::apply(&context.client, &item.key, &opened.secret, &task.uid, options).await;
            Some(Finding { applied, keys: Some(opened.keys), remark: Remark::of(opened.unset), generation })
        }
    }
}

impl Failure {
    /// What is remembered of this failure: what would make it worth another try. `None`: nothing new is known.
    fn state(&self, ownership: Ownership, cause: Cause) -> Option<State> {
        Some(match self {
            // It was fine before somebody changed it: when that Secret is deleted, it is made again.
            Self::Write(_) if cause == Cause::SecretChanged => return None,
            // With other keys an object may be another: then it is worth its cost once more.
            Self::Unseal(UnsealError::TooCostly { .. }) => State::WaitsForKey,
            Self::Unseal(error) if error.may_want_another_key() => State::WaitsForKey,
            Self::Refused(_) => State::WaitsForSecret(ownership),
            Self::Internal => State::Faulty,
            Self::Unseal(_) | Self::Write(_) => State::Failed,
            Self::Read(_) => return None,
        })
    }
}
