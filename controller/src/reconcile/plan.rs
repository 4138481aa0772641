//! Pure: what to do with the Secret, given the one that is wanted and the one that exists.

use std::{borrow::Cow, collections::BTreeMap};

use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};
use sealed_secrets_core::{keys::secret as key_secret, names};

use crate::state::secret::has_true;

/// The one write that brings the Secret to what is wanted.
#[derive(Debug, PartialEq)]
pub enum Write {
    /// There is none: make it.
    Create(Box<Secret>),
    /// It differs: put this in its place (it carries the resourceVersion that was read).
    Replace(Box<Secret>),
    /// It is as it should be.
    Unchanged,
    /// It must not be touched.
    Refuse(Refusal),
}

/// Why a Secret must not be touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It belongs to somebody else.
    #[error("Resource {name:?} already exists and is not managed by SealedSecret")]
    NotManaged {
        /// Its name.
        name: String,
    },
    /// Its items may not change.
    #[error("Secret {name:?} is invalid: data: Forbidden: field is immutable when `immutable` is set")]
    Immutable {
        /// Its name.
        name: String,
    },
    /// It is immutable, and its template is not any more.
    #[error("Secret {name:?} is immutable, and the template does not ask for that")]
    StaysImmutable {
        /// Its name.
        name: String,
    },
    /// It would count as a sealing key, or look like one that was taken out of use.
    #[error(
        "Secret {name:?} would count as a sealing key, or as one out of use, and a SealedSecret must not make one"
    )]
    BecomesKey {
        /// Its name.
        name: String,
    },
    /// It holds a sealing key, or held one.
    #[error("Secret {name:?} holds a sealing key, and a SealedSecret must not change it")]
    HoldsKey {
        /// Its name.
        name: String,
    },
    /// Its type may not change.
    #[error("Secret {name:?} is invalid: type: Invalid value: {wanted:?}: field is immutable")]
    OtherType {
        /// Its name.
        name: String,
        /// The type that the template asks for.
        wanted: String,
    },
}

impl Refusal {
    /// What a person can do.
    pub fn hint(&self) -> String {
        match self {
            Self::NotManaged { .. } => format!(
                "delete that Secret, or annotate it with {}: \"true\" to have it taken over or {}: \"true\" to have it merged into",
                names::MANAGED,
                names::PATCH
            ),
            Self::BecomesKey { .. } => format!(
                "take the label {} out of spec.template.metadata.labels, or choose another name if it has none; a key comes from the controller itself, or is applied as a Secret by a person",
                names::KEY_LABEL
            ),
            Self::HoldsKey { .. } => {
                "choose another name; a key is replaced only by a person who applies its Secret".to_owned()
            }
            Self::Immutable { .. } => "delete it to have it made again with the new values".to_owned(),
            Self::StaysImmutable { .. } => {
                "set spec.template.immutable again, or delete the Secret to have it made again".to_owned()
            }
            Self::OtherType { .. } => {
                "set spec.template.type to its type, or delete it to have it made again".to_owned()
            }
        }
    }
}

/// Decides. `wanted` is what unsealing gave; `owner` is the uid of the SealedSecret; `key_prefix` is
/// `--key-prefix` in the namespace of the sealing keys and `None` elsewhere.
pub fn plan(wanted: &Secret, existing: Option<&Secret>, owner: &str, key_prefix: Option<&str>) -> Write {
    let wanted = clean(wanted);
    let becomes_key = |next: &Secret| {
        // At any value: the label takes a key of this name out of use as well.
        let marked = key_prefix.is_some_and(|prefix| key_secret::is_marked(&next.metadata, prefix));
        marked.then(|| {
            Write::Refuse(Refusal::BecomesKey { name: next.metadata.name.clone().unwrap_or_default() })
        })
    };
    let Some(existing) = existing else {
        return becomes_key(&wanted).unwrap_or_else(|| Write::Create(Box::new(wanted)));
    };
    let name = || existing.metadata.name.clone().unwrap_or_default();
    if key_prefix.is_some_and(|prefix| holds_key(existing, prefix)) {
        return Write::Refuse(Refusal::HoldsKey { name: name() });
    }
    // Before anything else: the Secret in the way may be deleted or opened to us any time.
    if let Some(refused) = becomes_key(&wanted) {
        return refused;
    }
    if !is_ours(existing, &wanted, owner) {
        return Write::Refuse(Refusal::NotManaged { name: name() });
    }
    let merges = is_true(existing, names::PATCH);
    // What is merged into has its own life; what is ours is as the template says.
    let drops_immutable = !merges && wanted.immutable.is_none();
    let next = if merges { merged(existing, wanted, owner) } else { replaced(existing, wanted, owner) };
    if let Some(refused) = becomes_key(&next) {
        return refused;
    }
    if type_of(&next) != type_of(existing) {
        return Write::Refuse(Refusal::OtherType { name: name(), wanted: type_of(&next).to_owned() });
    }
    if existing.immutable == Some(true) && items(&next) != items(existing) {
        return Write::Refuse(Refusal::Immutable { name: name() });
    }
    if existing.immutable == Some(true) && drops_immutable {
        return Write::Refuse(Refusal::StaysImmutable { name: name() });
    }
    if same(&next, existing) { Write::Unchanged } else { Write::Replace(Box::new(next)) }
}

/// Whether an existing Secret holds a key that counts or once did. One that a SealedSecret made never counted, so
/// that its template may be put right.
fn holds_key(existing: &Secret, prefix: &str) -> bool {
    key_secret::is_marked(&existing.metadata, prefix) && !key_secret::is_of_sealed_secret(&existing.metadata)
}

/// What is wanted, with these items as they stand in the existing Secret of this owner. Without it a template
/// that draws random bytes would change the Secret at each look.
pub fn preserve_volatile<'a>(
    wanted: &'a Secret,
    existing: Option<&Secret>,
    owner: &str,
    items: &[String],
) -> Cow<'a, Secret> {
    let ours = existing.filter(|secret| !items.is_empty() && is_controlled_by(&secret.metadata, owner));
    let Some(held) = ours.and_then(|secret| secret.data.as_ref()) else { return Cow::Borrowed(wanted) };
    let mut kept = wanted.clone();
    let data = kept.data.get_or_insert_default();
    for (item, value) in items.iter().filter_map(|item| held.get_key_value(item)) {
        if let Some(rendered) = data.get_mut(item) {
            rendered.clone_from(value);
        }
    }
    Cow::Owned(kept)
}

/// Whether the controller may write to an existing Secret.
fn is_ours(existing: &Secret, wanted: &Secret, owner: &str) -> bool {
    is_controlled_by(&existing.metadata, owner)
        || is_true(existing, names::MANAGED)
        || is_true(existing, names::PATCH)
        // Without owner by request of the template that made it: the mark on both sides says that it is ours.
        || (is_true(existing, names::SKIP_SET_OWNER_REFERENCES)
            && is_true(wanted, names::SKIP_SET_OWNER_REFERENCES))
}

/// Whether the controlling owner is the SealedSecret of this uid.
pub fn is_controlled_by(metadata: &ObjectMeta, owner: &str) -> bool {
    metadata.owner_references.iter().flatten().any(|o| o.controller == Some(true) && o.uid == owner)
}

/// What a new Secret carries: nothing that belongs to the server, and no finalizers, which would keep the
/// Secret and its namespace from going.
fn clean(wanted: &Secret) -> Secret {
    let meta = &wanted.metadata;
    Secret {
        metadata: ObjectMeta {
            name: meta.name.clone(),
            namespace: meta.namespace.clone(),
            labels: meta.labels.clone().filter(|m| !m.is_empty()),
            annotations: meta.annotations.clone().filter(|m| !m.is_empty()),
            owner_references: meta.owner_references.clone().filter(|o| !o.is_empty()),
            ..ObjectMeta::default()
        },
        data: wanted.data.clone(),
        immutable: wanted.immutable.filter(|on| *on),
        type_: Some(type_of(wanted).to_owned()),
        string_data: None,
    }
}

/// Data, labels, annotations and type become the template's, wholesale; of the owners only ours.
fn replaced(existing: &Secret, wanted: Secret, owner: &str) -> Secret {
    let mut next = existing.clone();
    next.metadata.labels = wanted.metadata.labels;
    next.metadata.annotations = wanted.metadata.annotations;
    next.metadata.owner_references = with_our_owner(existing, wanted.metadata.owner_references, owner);
    next.data = wanted.data;
    next.type_ = wanted.type_;
    // Immutability can be turned on, never off.
    next.immutable = wanted.immutable.or(existing.immutable);
    next
}

/// Data, labels and annotations are merged in; the owner only with the managed annotation as well.
fn merged(existing: &Secret, wanted: Secret, owner: &str) -> Secret {
    let mut next = existing.clone();
    next.metadata.labels.get_or_insert_default().extend(wanted.metadata.labels.unwrap_or_default());
    next.metadata.annotations.get_or_insert_default().extend(wanted.metadata.annotations.unwrap_or_default());
    next.data.get_or_insert_default().extend(wanted.data.unwrap_or_default());
    if is_true(existing, names::MANAGED) {
        next.metadata.owner_references = with_our_owner(existing, wanted.metadata.owner_references, owner);
    }
    next.type_ = wanted.type_;
    next
}

/// The owners of an existing Secret, with ours as it is wanted: those of others stay, but for one that controls it, as
/// there can be only one of these.
fn with_our_owner(
    existing: &Secret,
    wanted: Option<Vec<OwnerReference>>,
    owner: &str,
) -> Option<Vec<OwnerReference>> {
    let mut ours = wanted.unwrap_or_default().into_iter().find(|reference| reference.uid == owner);
    let takes_over = ours.is_some();
    let mut owners = Vec::new();
    for reference in existing.metadata.owner_references.iter().flatten() {
        if reference.uid == owner {
            owners.extend(ours.take());
        } else if !(takes_over && reference.controller == Some(true)) {
            owners.push(reference.clone());
        }
    }
    owners.extend(ours);
    (!owners.is_empty()).then_some(owners)
}

/// Whether a write would change nothing.
fn same(next: &Secret, existing: &Secret) -> bool {
    items(next) == items(existing)
        && texts(next.metadata.labels.as_ref()) == texts(existing.metadata.labels.as_ref())
        && texts(next.metadata.annotations.as_ref()) == texts(existing.metadata.annotations.as_ref())
        && owners(next).eq(owners(existing))
        && next.immutable.unwrap_or(false) == existing.immutable.unwrap_or(false)
}

fn owners(secret: &Secret) -> impl Iterator<Item = (&str, &str, &str, &str, bool)> {
    secret.metadata.owner_references.iter().flatten().map(owner)
}

fn owner(reference: &OwnerReference) -> (&str, &str, &str, &str, bool) {
    let controller = reference.controller.unwrap_or(false);
    (&reference.api_version, &reference.kind, &reference.name, &reference.uid, controller)
}

fn items(secret: &Secret) -> Vec<(&String, &ByteString)> {
    secret.data.iter().flatten().collect()
}

fn texts(map: Option<&BTreeMap<String, String>>) -> Vec<(&String, &String)> {
    map.into_iter().flatten().collect()
}

/// Compat: a template without a type means Opaque, whatever the existing Secret is.
fn type_of(secret: &Secret) -> &str {
    secret.type_.as_deref().filter(|t| !t.is_empty()).unwrap_or("Opaque")
}

/// Whether an annotation has exactly the value `true`.
fn is_true(secret: &Secret, annotation: &str) -> bool {
    has_true(&secret.metadata, annotation)
}
