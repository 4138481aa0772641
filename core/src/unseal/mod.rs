//! SealedSecret and keys to Secret, or every item's error.
//!
//! A caller with threads opens items by [`open_item`], with one [`Effort`] for the object, and makes the Secret with
//! [`assemble`], with one [`Budget`] for all of its templates; [`unseal`] does both on one thread.

mod deprecated;
mod diagnose;
mod effort;
mod error;
mod nodes;
mod open;
mod templates;
mod unset;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

/// What templates may use of the world, and how much they may cost.
pub use gotemplate::{Budget, Env, Limit, Limits};

pub use deprecated::BlobError;
pub use effort::Effort;
pub use error::{ItemError, Reason, UnsealError};
pub(crate) use open::open_plainly;
pub use open::{Unopened, open_item};
pub use templates::CompiledTemplates;
use templates::{Stopped, TooCostly};
pub use unset::{Became, UnsetVariable};

pub use crate::keys::Opened;
use crate::{Fingerprint, KeyRing, Plaintext, SealedSecret, Secret, names};

/// What became of each item.
pub type Items = BTreeMap<String, Result<Opened, ItemError>>;

/// What rendering and unsealing may use.
pub struct Options<'a> {
    /// Whether the deprecated `spec.data` is accepted.
    pub accept_v1_data: bool,
    /// Keys to try first.
    pub first: &'a [Fingerprint],
    /// The world of templates; its limits are those of all templates of the object together.
    pub env: &'a Env<'a>,
}

/// A Secret, and what is odd about it.
#[derive(Debug)]
pub struct Assembled {
    /// The Secret.
    pub secret: Secret,
    /// Template variables without a value, as an item whose name is misspelt: the first 16.
    pub unset: Vec<UnsetVariable>,
}

/// Opens every item and assembles the Secret.
pub fn unseal(sealed: &SealedSecret, ring: &KeyRing, options: &Options<'_>) -> Result<Secret, UnsealError> {
    check(sealed, options.accept_v1_data)?;
    if sealed.spec.data.is_some() {
        return open_deprecated(sealed, ring, options.first).map(|(secret, _)| secret);
    }
    let mut items = open_items(sealed, ring, options.first);
    let limits = &options.env.limits;
    let templates = CompiledTemplates::new(sealed, limits);
    let assembled = assemble(sealed, &mut items, &templates, options.env, &mut Budget::new(limits));
    assembled.map(|assembled| assembled.secret)
}

/// Refuses what must not be opened, whatever the keys: objects that could not be read in full, and the
/// deprecated `spec.data` where it is not accepted or stands beside `encryptedData`.
pub fn check(sealed: &SealedSecret, accept_v1_data: bool) -> Result<(), UnsealError> {
    match (&sealed.spec.data, accept_v1_data) {
        _ if !sealed.flaws.is_empty() => Err(UnsealError::Malformed(sealed.flaws.clone())),
        (Some(_), false) => Err(UnsealError::DeprecatedData),
        (Some(_), true) if !sealed.spec.encrypted_data.is_empty() => Err(UnsealError::BothData),
        (Some(_), true) | (None, _) => Ok(()),
    }
}

/// Opens every item, one after the other; each next one tries the last one's key first.
fn open_items(sealed: &SealedSecret, ring: &KeyRing, first: &[Fingerprint]) -> Items {
    let effort = Effort::new(sealed, ring);
    let mut first = first.to_vec();
    let open = |(item, text): (&String, &String)| {
        let opened = open::open_text(sealed, text, ring, &first, &effort);
        if let Ok(opened) = &opened {
            prefer(&mut first, opened.key);
        }
        (item.clone(), opened)
    };
    sealed.spec.encrypted_data.iter().map(open).collect()
}

/// Puts a key before the others of a list of keys to try first.
pub fn prefer(first: &mut Vec<Fingerprint>, key: Fingerprint) {
    if first.first() != Some(&key) {
        first.retain(|known| *known != key);
        first.insert(0, key);
    }
}

/// Makes the Secret of opened items: templates, metadata, owner reference. All templates together may cost what is
/// left of `budget`.
///
/// Reports the errors of all items and templates together. A template that runs into a limit is the last one that is
/// rendered. If the items open, the answer is [`UnsealError::TooCostly`], whatever is wrong with other templates:
/// those behind it were not looked at. If an item does not open, the answer is [`UnsealError::Items`] with the limit
/// among the templates' errors, since the item has to be mended in any case.
///
/// The items are taken only when there is a Secret: after an error the caller may try again with another budget.
pub fn assemble(
    sealed: &SealedSecret,
    items: &mut Items,
    templates: &CompiledTemplates,
    env: &Env<'_>,
    budget: &mut Budget<'_>,
) -> Result<Assembled, UnsealError> {
    let failed =
        items.iter().filter_map(|(item, opened)| Some((item.clone(), opened.as_ref().err()?.clone())));
    let failed: BTreeMap<_, _> = failed.collect();
    let rendered = templates.render(sealed, items, env, budget);
    let mut broken = rendered.broken;
    match rendered.stopped {
        Some(Stopped::Interrupted) => return Err(UnsealError::Interrupted),
        Some(Stopped::TooCostly(TooCostly { item, limit, most, error })) if failed.is_empty() => {
            return Err(UnsealError::TooCostly { item, limit, most, error: Box::new(error) });
        }
        Some(Stopped::TooCostly(TooCostly { item, error, .. })) => _ = broken.insert(item, error),
        None => {}
    }
    if !failed.is_empty() || !broken.is_empty() {
        return Err(UnsealError::Items { items: failed, templates: broken });
    }
    let mut data = rendered.values;
    let values = std::mem::take(items).into_iter();
    data.extend(values.filter_map(|(item, opened)| Some((item, opened.ok()?.value))));
    for (item, text) in &sealed.spec.template.data {
        match text {
            // Compat: a null keeps the item out, an encrypted one included.
            None => _ = data.remove(item),
            Some(text) if !data.contains_key(item) => {
                data.insert(item.clone(), Plaintext::new(text.clone().into_bytes()));
            }
            Some(_) => {}
        }
    }
    let template = &sealed.spec.template;
    let secret = Secret {
        metadata: metadata(sealed, template.metadata.clone()),
        data,
        r#type: template.r#type.clone(),
        immutable: template.immutable,
        ..Secret::default()
    };
    Ok(Assembled { secret, unset: rendered.unset })
}

/// Opens the deprecated `spec.data`: a whole Secret in one ciphertext, whose template is ignored.
pub fn open_deprecated(
    sealed: &SealedSecret,
    ring: &KeyRing,
    first: &[Fingerprint],
) -> Result<(Secret, Fingerprint), UnsealError> {
    let text = sealed.spec.data.as_deref().unwrap_or_default();
    let effort = Effort::new(sealed, ring);
    let opened = open::open_text(sealed, text, ring, first, &effort).map_err(UnsealError::Blob)?;
    let mut secret = deprecated::read(opened.value.expose())?;
    secret.metadata = metadata(sealed, secret.metadata);
    Ok((secret, opened.key))
}

/// Name and namespace are the SealedSecret's; so is the owner, unless the template declines.
fn metadata(sealed: &SealedSecret, mut metadata: ObjectMeta) -> ObjectMeta {
    metadata.name.clone_from(&sealed.metadata.name);
    metadata.namespace.clone_from(&sealed.metadata.namespace);
    let annotations = sealed.spec.template.metadata.annotations.as_ref();
    let declines = annotations
        .and_then(|annotations| annotations.get(names::SKIP_SET_OWNER_REFERENCES))
        .is_some_and(|value| value == "true");
    if !declines {
        metadata.owner_references = Some(vec![OwnerReference {
            api_version: sealed.api_version.clone(),
            block_owner_deletion: None,
            controller: Some(true),
            kind: sealed.kind.clone(),
            name: sealed.name().to_owned(),
            uid: sealed.metadata.uid.clone().unwrap_or_default(),
        }]);
    }
    metadata
}
