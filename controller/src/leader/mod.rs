//! Which replica acts: without `--leader-elect` every one, with it the one that holds the lease. The others serve
//! certificates and answer verify and rotate all the same.
//!
//! # Expected flow
//! A candidate looks at the lease every second and takes it when it is free or its holder was silent for 15 s. The holder
//! renews it in the same rhythm; each look has a deadline of three seconds. One that loses it stops writing, forgets what
//! it knew and stands by again. At the end of the process the lease is given back.
//!
//! # Guarantees
//! Two replicas never write at once: see [`Leadership`]. Clocks of replicas are never compared: a candidate counts by its
//! own monotonic clock from when it saw a renewal.
//!
//! # Why not a crate
//! `kubert`'s lease compares wall clocks and needs the verb `patch`, which the roles of existing installs lack; neither
//! it nor `kube-lease-manager` gives a value that expires and can be looked at before each write.

mod leadership;
mod lease;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, api::PostParams};
use tokio::time::{Instant, timeout};

pub use self::leadership::Leadership;
use self::lease::{Act, LeaseRecord, Seen, decide, next_look};
use crate::{
    api::{
        error::{ApiError, Request},
        gate::MayWrite as _,
        limits::LEASE_ROUND,
    },
    context::Context,
};

/// Stands as a candidate for ever; says in `context.leadership` how that goes.
pub async fn lead(context: Arc<Context>) {
    if !context.config.leader_elect {
        context.metrics.leader.set(1.0);
        return std::future::pending().await;
    }
    let mut candidate = Candidate::new(&context);
    loop {
        let begun = Instant::now();
        let outcome = timeout(LEASE_ROUND, candidate.round()).await;
        take_in(&context, begun, outcome.ok());
        context.metrics.leader.set(f64::from(u8::from(context.leadership.is_acting())));
        tokio::time::sleep(next_look(candidate.seen.as_ref(), std::time::Instant::now())).await;
    }
}

/// What follows from a look at the lease that began then; `None`: it took too long.
fn take_in(context: &Context, begun: Instant, outcome: Option<Result<Round, ApiError>>) {
    let leadership = &context.leadership;
    let acted = leadership.is_acting();
    match outcome {
        Some(Ok(Round::Ours)) => {
            leadership.renewed(begun);
            if !acted {
                tracing::info!("this replica leads");
            }
        }
        Some(Ok(Round::Theirs)) => {
            leadership.lost();
            if acted {
                tracing::error!("another replica took the lease; this one stands by");
            }
        }
        // A leader that is refused once may be right again at the next look: right after a restart of the API server
        // its rules are not loaded. Who leads is so until the lease ends.
        Some(Err(error @ ApiError::Forbidden { .. })) if !leadership.holds(Instant::now()) => {
            if leadership.can_lead() {
                tracing::error!("{error}; until then this replica stands by, and is not ready");
            }
            leadership.forbidden();
        }
        Some(Ok(Round::Raced)) | None => end(context, acted, "it was not renewed in time"),
        Some(Err(error)) => {
            tracing::warn!(%error, "cannot look at the lease");
            end(context, acted, "the API server did not renew it in time");
        }
    }
}

fn end(context: &Context, acted: bool, why: &str) {
    if context.leadership.has_ended(Instant::now()) {
        context.leadership.lost();
        if acted {
            tracing::error!("the lease has ended: {why}; this replica stands by");
        }
    }
}

/// Gives the lease back, so that another replica need not wait for its end. Nothing may be written afterwards.
pub async fn release(context: &Context) {
    if !(context.config.leader_elect && context.leadership.is_acting()) {
        return;
    }
    let candidate = Candidate::new(context);
    context.leadership.lost();
    if !context.leadership.in_flight().all_answered(LAST_ANSWERS).await {
        tracing::warn!("a write is not answered yet: the lease is kept until it ends by itself");
        return;
    }
    let giving = async {
        if let Ok(Some(lease)) = candidate.leases.get_opt(NAME).await
            && lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()) == Some(&*candidate.me)
        {
            let freed = Candidate::lease(lease.metadata, "", 1);
            let _best_effort = candidate.leases.replace(NAME, &PostParams::default(), &freed).await;
        }
    };
    let _in_time = timeout(LAST_WORD, giving).await;
}

/// Whose the lease is after a look at it.
enum Round {
    Ours,
    Theirs,
    /// Somebody else wrote it at the same time: the next look tells.
    Raced,
}

/// One replica that wants the lease.
struct Candidate {
    leases: Api<Lease>,
    namespace: String,
    me: String,
    seen: Option<Seen>,
}

impl Candidate {
    fn new(context: &Context) -> Self {
        let namespace = context.config.own_namespace.clone();
        Self {
            leases: Api::namespaced(context.client.clone(), &namespace),
            namespace,
            me: context.identity.clone(),
            seen: None,
        }
    }

    /// Looks at the lease and takes or renews it if it may.
    async fn round(&mut self) -> Result<Round, ApiError> {
        let found = self.leases.get_opt(NAME).await.map_err(|error| self.error("get", error))?;
        let record = found.as_ref().map(record);
        let (verb, sent) =
            match (decide(record.as_ref(), &self.me, &mut self.seen, std::time::Instant::now()), found) {
                (Act::Wait, _) => return Ok(Round::Theirs),
                (Act::Take | Act::Renew, Some(found)) => {
                    let lease = Self::lease(found.metadata, &self.me, SILENCE_SECONDS);
                    ("update", self.leases.replace(NAME, &PostParams::default(), &lease).await)
                }
                (Act::Create | Act::Take | Act::Renew, _) => {
                    let metadata = ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() };
                    let lease = Self::lease(metadata, &self.me, SILENCE_SECONDS);
                    ("create", self.leases.create(&PostParams::default(), &lease).await)
                }
            };
        match sent.map_err(|error| self.error(verb, error)) {
            Ok(_) => {
                self.seen = None;
                Ok(Round::Ours)
            }
            Err(ApiError::Conflict { .. }) => Ok(Round::Raced),
            Err(error) => Err(error),
        }
    }

    fn lease(metadata: ObjectMeta, holder: &str, seconds: i32) -> Lease {
        let now = Some(MicroTime(Timestamp::now()));
        let spec = LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            lease_duration_seconds: Some(seconds),
            renew_time: now,
            ..LeaseSpec::default()
        };
        Lease { metadata, spec: Some(spec) }
    }

    fn error(&self, verb: &'static str, error: kube::Error) -> ApiError {
        let group = "coordination.k8s.io";
        ApiError::new(Request { verb, group, resource: "leases", namespace: self.namespace.clone() }, error)
    }
}

fn record(lease: &Lease) -> LeaseRecord {
    let spec = lease.spec.as_ref();
    let seconds = spec.and_then(|spec| spec.lease_duration_seconds).unwrap_or(SILENCE_SECONDS);
    LeaseRecord {
        holder: spec.and_then(|spec| spec.holder_identity.clone()).unwrap_or_default(),
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        silence: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
    }
}

const NAME: &str = "sealed-secrets-controller";
const SILENCE_SECONDS: i32 = 15;
const LAST_WORD: Duration = Duration::from_secs(2);
/// Of writes whose workers have ended. Together with the work before, a stop stays within a pod's 30 seconds.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
