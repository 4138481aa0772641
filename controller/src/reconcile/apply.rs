//! Executes a plan: the only place that writes Secrets.

use k8s_openapi::api::core::v1::Secret;
use kube::Client;

use super::{
    outcome::Failure,
    plan::{Write, plan, preserve_volatile},
};
use crate::{
    api::secrets::Secrets,
    state::{
        key::Key,
        secret::{Ownership, Version},
    },
};

/// What became of the Secret.
#[derive(Debug)]
pub enum Applied {
    /// It was written, or was right already.
    Right {
        /// This version.
        version: Version,
        /// It was merged into, and is not ours.
        merged: bool,
        /// Whether it was written.
        wrote: bool,
        /// Whether something existed that differed.
        differed: bool,
    },
    /// It differs and was left alone.
    LeftAlone(Version),
    /// There is none, and none was to be made.
    Absent,
    /// It could not be.
    Failed(Failure, Ownership),
}

/// How far a write may go, and what is known before.
#[derive(Clone, Copy, Debug)]
pub struct ApplyOptions<'a> {
    /// An existing Secret that differs is left alone.
    pub dry_run: bool,
    /// A Secret that does not exist is made.
    pub may_create: bool,
    /// The watch says that there is no such Secret: the first look is spared.
    pub surely_absent: bool,
    /// Items that stay as they are in a Secret of ours: rendered again, they would differ each time.
    pub volatile: &'a [String],
    /// `--key-prefix`, where sealing keys live in this namespace.
    pub key_prefix: Option<&'a str>,
}

/// Brings the Secret to what is wanted, by one write at most. Who wrote it at the same time is seen in the next try.
pub async fn apply(
    client: &Client,
    key: &Key,
    wanted: &Secret,
    owner: &str,
    options: ApplyOptions<'_>,
) -> Applied {
    let secrets = Secrets::new(client, key.namespace());
    let found = if options.surely_absent { Ok(None) } else { secrets.get(key.name()).await };
    let existing = match found {
        Ok(existing) => existing,
        Err(error) => return Applied::Failed(Failure::Read(error), Ownership::default()),
    };
    let metadata = existing.as_ref().map(|secret| &secret.metadata);
    let ownership = metadata.map(Ownership::of).unwrap_or_default();
    let version = metadata.map_or_else(none, Version::of);
    let wanted = preserve_volatile(wanted, existing.as_ref(), owner, options.volatile);
    let (replaced, written) = match plan(&wanted, existing.as_ref(), owner, options.key_prefix) {
        Write::Refuse(refusal) => return Applied::Failed(Failure::Refused(refusal), ownership),
        Write::Unchanged => return right(version, ownership.is_of(owner), false, false),
        Write::Replace(_) if options.dry_run => return Applied::LeftAlone(version),
        Write::Create(_) if !options.may_create => return Applied::Absent,
        Write::Create(secret) => (false, secrets.create(&secret).await),
        Write::Replace(secret) => (true, secrets.replace(&secret).await),
    };
    match written {
        Ok(metadata) => {
            let is_ours = Ownership::of(&metadata).is_of(owner);
            right(Version::of(&metadata), is_ours, true, replaced)
        }
        Err(error) => Applied::Failed(Failure::Write(error), ownership),
    }
}

fn right(version: Version, is_ours: bool, wrote: bool, differed: bool) -> Applied {
    Applied::Right { version, merged: !is_ours, wrote, differed }
}

fn none() -> Version {
    Version { uid: "".into(), resource: "".into() }
}
