//! Executes a plan: the only place that writes Secrets.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, api::PostParams};

use super::{
    outcome::Failure,
    plan::{Write, keeping, plan},
};
use crate::{
    error::{ApiError, Request},
    index::{Looks, Version},
    queue::Key,
};

/// What became of the Secret.
#[derive(Debug)]
pub enum Applied {
    /// It was written, or was right already.
    Right {
        /// This version.
        version: Version,
        /// Whether it was written.
        wrote: bool,
        /// Whether something existed that differed.
        differed: bool,
    },
    /// It differs and was left alone.
    LeftAlone(Version),
    /// It could not be.
    Failed(Failure, Looks),
}

/// How far a write may go, and what is known before.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// An existing Secret that differs is left alone.
    pub look_only: bool,
    /// The watch says that there is no such Secret: the first look is spared.
    pub surely_absent: bool,
    /// Items that stay as they are in a Secret of ours: rendered again, they would differ each time.
    pub keep: &'a [String],
}

/// Brings the Secret to what is wanted. Somebody may write at the same time: then it is read and decided
/// anew.
pub async fn apply(client: &Client, key: &Key, wanted: &Secret, owner: &str, terms: Terms<'_>) -> Applied {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), key.namespace());
    let request = |verb| Request::core(verb, "secrets", key.namespace());
    let mut tries = 0;
    loop {
        let found =
            if terms.surely_absent && tries == 0 { Ok(None) } else { secrets.get_opt(key.name()).await };
        let existing = match found {
            Ok(existing) => existing,
            Err(error) => {
                let failure = Failure::Read(ApiError::new(request("get"), error));
                return Applied::Failed(failure, Looks::default());
            }
        };
        let looks = existing.as_ref().map(|secret| Looks::of(&secret.metadata)).unwrap_or_default();
        let version = existing.as_ref().map(|secret| Version::of(&secret.metadata));
        let params = PostParams::default();
        let (verb, written) =
            match plan(&keeping(wanted, existing.as_ref(), owner, terms.keep), existing.as_ref(), owner) {
                Write::Refuse(refusal) => return Applied::Failed(Failure::Refused(refusal), looks),
                Write::Unchanged => return right(version.unwrap_or_else(none), false, false),
                Write::Replace(_) if terms.look_only => {
                    return Applied::LeftAlone(version.unwrap_or_else(none));
                }
                Write::Create(secret) => ("create", secrets.create(&params, &secret).await),
                Write::Replace(secret) => ("update", secrets.replace(key.name(), &params, &secret).await),
            };
        let error = match written {
            Ok(secret) => return right(Version::of(&secret.metadata), true, verb == "update"),
            Err(error) => ApiError::new(request(verb), error),
        };
        tries += 1;
        let raced = matches!(error, ApiError::Conflict { .. } | ApiError::NotFound { .. });
        if !raced || tries >= MOST_TRIES {
            return Applied::Failed(Failure::Write(error), looks);
        }
    }
}

fn right(version: Version, wrote: bool, differed: bool) -> Applied {
    Applied::Right { version, wrote, differed }
}

fn none() -> Version {
    Version { uid: "".into(), resource: "".into() }
}

const MOST_TRIES: u32 = 5;
