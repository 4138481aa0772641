//! SealedSecret and keys to Secret, or every item's error.

mod deprecated;
mod diagnose;
mod error;
mod templates;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

/// What templates may use of the world, and how much they may cost.
pub use gotemplate::{Env, Limits};

pub use deprecated::BlobError;
pub(crate) use diagnose::Diagnosis;
pub use error::{ItemError, Reason, UnsealError};
pub use templates::CompiledTemplates;

pub use crate::keys::Opened;
use crate::{Fingerprint, KeyRing, SealedSecret, Secret, crypto::base64, names};

/// What rendering and unsealing may use.
pub struct Options<'a> {
    /// Whether the deprecated `spec.data` is accepted.
    pub accept_v1_data: bool,
    /// Keys to try first.
    pub first: &'a [Fingerprint],
    /// The world of templates.
    pub env: &'a Env<'a>,
}

/// Opens every item and assembles the Secret.
pub fn unseal(sealed: &SealedSecret, ring: &KeyRing, options: &Options<'_>) -> Result<Secret, UnsealError> {
    check(sealed, options.accept_v1_data)?;
    if sealed.spec.data.is_some() {
        return open_deprecated(sealed, ring, options.first).map(|(secret, _)| secret);
    }
    let items = open_items(sealed, ring, options.first, Diagnosis::Full);
    assemble(sealed, items, &CompiledTemplates::new(sealed), options.env)
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

/// Opens one item of `spec.encryptedData`; a caller may run items on different threads. Keys in `first`
/// are tried first: the key that opened the last item most likely opens this one.
pub fn open_item(
    sealed: &SealedSecret,
    item: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
) -> Result<Opened, ItemError> {
    let text = sealed.spec.encrypted_data.get(item).map_or("", String::as_str);
    open_text(sealed, text, ring, first, Diagnosis::Full)
}

pub(crate) fn open_text(
    sealed: &SealedSecret,
    text: &str,
    ring: &KeyRing,
    first: &[Fingerprint],
    diagnosis: Diagnosis,
) -> Result<Opened, ItemError> {
    let bytes = base64::decode(text.as_bytes()).map_err(|bad| ItemError(Reason::BadBase64(bad)))?;
    ring.open(&sealed.label(), &bytes, first)
        .map_err(|error| ItemError(diagnose::reason(sealed, &bytes, ring, first, error, diagnosis)))
}

/// Opens every item, one after the other; each next one tries the last one's key first.
pub(crate) fn open_items(
    sealed: &SealedSecret,
    ring: &KeyRing,
    first: &[Fingerprint],
    diagnosis: Diagnosis,
) -> BTreeMap<String, Result<Opened, ItemError>> {
    let mut first = first.to_vec();
    let open = |(item, text): (&String, &String)| {
        let opened = open_text(sealed, text, ring, &first, diagnosis);
        if let Ok(opened) = &opened {
            first.retain(|key| *key != opened.key);
            first.insert(0, opened.key);
        }
        (item.clone(), opened)
    };
    sealed.spec.encrypted_data.iter().map(open).collect()
}

/// Makes the Secret of opened items: templates, metadata, owner reference. Reports the errors of all items
/// and templates together.
pub fn assemble(
    sealed: &SealedSecret,
    items: BTreeMap<String, Result<Opened, ItemError>>,
    templates: &CompiledTemplates,
    env: &Env<'_>,
) -> Result<Secret, UnsealError> {
    let mut values = BTreeMap::new();
    let mut failed = BTreeMap::new();
    for (item, opened) in items {
        match opened {
            Ok(opened) => _ = values.insert(item, opened.value),
            Err(error) => _ = failed.insert(item, error),
        }
    }
    let (rendered, broken) = templates.render(&values, env);
    if !failed.is_empty() || !broken.is_empty() {
        return Err(UnsealError::Items { items: failed, templates: broken });
    }
    let mut data = rendered;
    data.extend(values);
    for (item, template) in &sealed.spec.template.data {
        if template.is_none() {
            data.remove(item);
        }
    }
    let template = &sealed.spec.template;
    Ok(Secret {
        metadata: metadata(sealed, template.metadata.clone()),
        data,
        r#type: template.r#type.clone(),
        immutable: template.immutable,
        ..Secret::default()
    })
}

/// Opens the deprecated `spec.data`: a whole Secret in one ciphertext, whose template is ignored.
pub fn open_deprecated(
    sealed: &SealedSecret,
    ring: &KeyRing,
    first: &[Fingerprint],
) -> Result<(Secret, Fingerprint), UnsealError> {
    let text = sealed.spec.data.as_deref().unwrap_or_default();
    let opened = open_text(sealed, text, ring, first, Diagnosis::Full).map_err(UnsealError::Blob)?;
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
