//! Which replica acts: without `--leader-elect` every one, with it the one that holds the lease.
//!
//! The others serve certificates and answer verify and rotate all the same.

mod lease;

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, api::PostParams};
use tokio::sync::watch;

use self::lease::{Act, Held, Seen, decide};
use crate::{
    api::error::{ApiError, Request},
    context::Context,
};

/// Says when this replica acts; ends only when it may act no more.
pub async fn lead(context: Arc<Context>, act: watch::Sender<bool>) {
    if !context.config.leader_elect {
        begin(&context, &act);
        return std::future::pending().await;
    }
    let mut candidate = Candidate::new(&context);
    let mut renewed = Instant::now();
    loop {
        let begun = Instant::now();
        match candidate.round().await {
            Ok(holds) => {
                if holds {
                    renewed = begun;
                    begin(&context, &act);
                } else if context.is_acting() {
                    tracing::error!(
                        "another replica took the lease; this one stops, to come back as a candidate"
                    );
                    return;
                }
            }
            Err(error @ ApiError::Forbidden { .. }) => {
                tracing::warn!("{error}; until then this replica acts as if it were alone");
                begin(&context, &act);
                return std::future::pending().await;
            }
            Err(error) => tracing::warn!(%error, "cannot renew the lease"),
        }
        if context.is_acting() && renewed.elapsed() >= GIVE_UP {
            tracing::error!(
                "the lease could not be renewed in time; this replica stops, to come back as a candidate"
            );
            return;
        }
        tokio::time::sleep(ROUND).await;
    }
}

/// Gives the lease back, so that another replica need not wait for its end.
pub async fn release(context: &Context) {
    if !(context.config.leader_elect && context.is_acting()) {
        return;
    }
    let candidate = Candidate::new(context);
    let giving = async {
        if let Ok(Some(lease)) = candidate.leases.get_opt(NAME).await
            && lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()) == Some(&*candidate.me)
        {
            let freed = Candidate::lease(lease.metadata, "", 1);
            let _best_effort = candidate.leases.replace(NAME, &PostParams::default(), &freed).await;
        }
    };
    let _in_time = tokio::time::timeout(Duration::from_secs(2), giving).await;
}

fn begin(context: &Context, act: &watch::Sender<bool>) {
    if !context.acting.swap(true, Ordering::AcqRel) {
        if context.config.leader_elect {
            tracing::info!("this replica acts");
        }
        context.metrics.leader.set(1.0);
        act.send_replace(true);
    }
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

    /// Looks at the lease and takes or renews it if it may; says whether it is ours.
    async fn round(&mut self) -> Result<bool, ApiError> {
        let found = self.leases.get_opt(NAME).await.map_err(|error| self.error("get", error))?;
        let held = found.as_ref().map(held);
        let (verb, sent) = match (decide(held.as_ref(), &self.me, &mut self.seen, Instant::now()), found) {
            (Act::Wait, _) => return Ok(false),
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
            Ok(_) => Ok(true),
            // Another replica was faster.
            Err(ApiError::Conflict { .. }) => Ok(false),
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

fn held(lease: &Lease) -> Held {
    let spec = lease.spec.as_ref();
    let seconds = spec.and_then(|spec| spec.lease_duration_seconds).unwrap_or(SILENCE_SECONDS);
    Held {
        holder: spec.and_then(|spec| spec.holder_identity.clone()).unwrap_or_default(),
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        silence: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
    }
}

const NAME: &str = "sealed-secrets-controller";
const SILENCE_SECONDS: i32 = 15;
const ROUND: Duration = Duration::from_secs(2);
/// Before the silence is over: two replicas must never act at once.
const GIVE_UP: Duration = Duration::from_secs(10);
