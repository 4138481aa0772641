//! What the watch shows of a Secret, and what of it decides.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sealed_secrets_core::names;

/// A version of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its uid.
    pub uid: Box<str>,
    /// Its resourceVersion.
    pub resource: Box<str>,
}

/// The metadata of a Secret that decide whether it may be changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    /// Its uid; empty: there is none.
    pub uid: Box<str>,
    /// Uid of its controlling owner.
    pub owner: Option<Box<str>>,
    /// Annotated managed.
    pub managed: bool,
    /// Annotated patch.
    pub patch: bool,
    /// Annotated skip-set-owner-references.
    pub ownerless: bool,
    /// The label of a sealing key.
    pub key: Option<Box<str>>,
}

/// What happened to a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretEvent {
    /// It exists, in this version and with this ownership.
    Exists(Version, Ownership),
    /// It is gone; its ownership, where that is known.
    Deleted(Option<Ownership>),
}

impl Version {
    /// The version of an object.
    pub fn of(metadata: &ObjectMeta) -> Self {
        Self {
            uid: metadata.uid.as_deref().unwrap_or_default().into(),
            resource: metadata.resource_version.as_deref().unwrap_or_default().into(),
        }
    }

    /// Whether this is a later version than `other` of the same object.
    pub fn is_later_than(&self, other: &Self) -> bool {
        match (self.resource.parse::<u64>(), other.resource.parse::<u64>()) {
            (Ok(ours), Ok(theirs)) => ours > theirs,
            // Versions are opaque: if they are no numbers, another one counts as later.
            (Ok(_) | Err(_), _) => self.resource != other.resource,
        }
    }
}

impl Ownership {
    /// The ownership of a Secret with these metadata.
    pub fn of(metadata: &ObjectMeta) -> Self {
        let owner = metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
        Self {
            uid: metadata.uid.as_deref().unwrap_or_default().into(),
            owner: owner.map(|owner| owner.uid.as_str().into()),
            managed: has_true(metadata, names::MANAGED),
            patch: has_true(metadata, names::PATCH),
            ownerless: has_true(metadata, names::SKIP_SET_OWNER_REFERENCES),
            key: metadata
                .labels
                .as_ref()
                .and_then(|map| map.get(names::KEY_LABEL))
                .map(|text| (**text).into()),
        }
    }

    /// Whether the Secret is that of the SealedSecret with this uid, as opposed to one that was only merged into.
    pub fn is_of(&self, uid: &str) -> bool {
        self.managed || self.ownerless || self.owner.as_deref() == Some(uid)
    }
}

/// Whether an annotation has exactly the value `true`.
pub fn has_true(metadata: &ObjectMeta, annotation: &str) -> bool {
    metadata.annotations.as_ref().and_then(|map| map.get(annotation)).is_some_and(|value| value == "true")
}

impl SecretEvent {
    /// A Secret with these metadata exists.
    pub fn exists(metadata: &ObjectMeta) -> Self {
        Self::Exists(Version::of(metadata), Ownership::of(metadata))
    }
}
