//! Executes a plan: the only place that writes Secrets.

use k8s_openapi::api::core::v1::Secret;
use kube::Client;

use super::{
    outcome::Failure,
    plan::{Write, keeping, plan},
};
use crate::{
    api::{error::ApiError, secrets::Secrets},
    state::{
        index::{Looks, Version},
        key::Key,
    },
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
    /// `--key-prefix`, where sealing keys live in this namespace.
    pub key_prefix: Option<&'a str>,
}

/// Brings the Secret to what is wanted. Somebody may write at the same time: then it is read and decided
/// anew.
pub async fn apply(client: &Client, key: &Key, wanted: &Secret, owner: &str, terms: Terms<'_>) -> Applied {
    let secrets = Secrets::new(client, key.namespace());
    let mut tries = 0;
    loop {
        let found = if terms.surely_absent && tries == 0 { Ok(None) } else { secrets.get(key.name()).await };
        let existing = match found {
            Ok(existing) => existing,
            Err(error) => return Applied::Failed(Failure::Read(error), Looks::default()),
        };
        let looks = existing.as_ref().map(|secret| Looks::of(&secret.metadata)).unwrap_or_default();
        let version = existing.as_ref().map(|secret| Version::of(&secret.metadata));
        let wanted = keeping(wanted, existing.as_ref(), owner, terms.keep);
        let (replaced, written) = match plan(&wanted, existing.as_ref(), owner, terms.key_prefix) {
            Write::Refuse(refusal) => return Applied::Failed(Failure::Refused(refusal), looks),
            Write::Unchanged => return right(version.unwrap_or_else(none), false, false),
            Write::Replace(_) if terms.look_only => {
                return Applied::LeftAlone(version.unwrap_or_else(none));
            }
            Write::Create(secret) => (false, secrets.create(&secret).await),
            Write::Replace(secret) => (true, secrets.replace(&secret).await),
        };
        let error = match written {
            Ok(metadata) => return right(Version::of(&metadata), true, replaced),
            Err(error) => error,
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
