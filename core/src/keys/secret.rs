//! Key Secrets, in the reference's exact shape: type `kubernetes.io/tls`, a generated name, one label.

use std::collections::BTreeMap;

use k8s_openapi::{
    ByteString,
    api::core::v1::Secret,
    apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference},
};

use super::{pair::KeyPair, private::KeyError};
use crate::names;

const TYPE: &str = "kubernetes.io/tls";
const CERTIFICATE: &str = "tls.crt";
const PRIVATE_KEY: &str = "tls.key";

/// Where and how a key is stored.
#[derive(Clone, Debug, Default)]
pub struct KeySecret {
    /// The controller's namespace.
    pub namespace: String,
    /// `generateName`.
    pub prefix: String,
    /// Labels besides the one that marks an active key.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
}

impl KeySecret {
    /// The Secret that holds this key: private key as PKCS#1, certificate, label `active`. It is the form for
    /// the API, whose copy of the private key is not wiped: drop it once it is stored.
    pub fn of(&self, pair: &KeyPair) -> Secret {
        let mut labels = self.labels.clone();
        labels.insert(names::KEY_LABEL.to_owned(), names::KEY_ACTIVE.to_owned());
        Secret {
            metadata: ObjectMeta {
                namespace: Some(self.namespace.clone()),
                generate_name: Some(self.prefix.clone()),
                labels: Some(labels),
                annotations: Some(self.annotations.clone()).filter(|map| !map.is_empty()),
                ..ObjectMeta::default()
            },
            type_: Some(TYPE.to_owned()),
            data: Some(BTreeMap::from([
                (CERTIFICATE.to_owned(), ByteString(pair.certificate_pem().to_vec())),
                (PRIVATE_KEY.to_owned(), ByteString(pair.private_pem().as_bytes().to_vec())),
            ])),
            ..Secret::default()
        }
    }
}

/// Whether a Secret with this metadata counts as a sealing key: labelled `active`, or without the label and
/// named exactly like the prefix (as very old versions stored their one key). Whose it is, is another question:
/// see [`is_of_sealed_secret`].
pub fn counts(metadata: &ObjectMeta, prefix: &str) -> bool {
    match metadata.labels.as_ref().and_then(|labels| labels.get(names::KEY_LABEL)) {
        Some(value) => value == names::KEY_ACTIVE,
        None => metadata.name.as_deref() == Some(prefix),
    }
}

/// Whether a Secret with this metadata holds a key, or did: as [`counts`], or with the label at any value.
pub fn is_marked(metadata: &ObjectMeta, prefix: &str) -> bool {
    counts(metadata, prefix)
        || metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(names::KEY_LABEL))
}

/// Whether a Secret was made from a SealedSecret: one owns it, or it carries the mark of those that are made
/// without an owner. Whoever may create SealedSecrets could have written it, so it is never a key.
pub fn is_of_sealed_secret(metadata: &ObjectMeta) -> bool {
    let is_ours = |owner: &OwnerReference| {
        owner.kind == names::KIND
            && owner.api_version.split_once('/').is_some_and(|(group, _)| group == names::GROUP)
    };
    let mark = metadata
        .annotations
        .as_ref()
        .and_then(|annotations| annotations.get(names::SKIP_SET_OWNER_REFERENCES));
    metadata.owner_references.iter().flatten().any(is_ours) || mark.is_some_and(|value| value == "true")
}

impl KeyPair {
    /// The key of a key Secret. As [`KeyPair::from_pem`]: a certificate that cannot be used does not make
    /// the key useless.
    pub fn from_secret(secret: &Secret) -> Result<Self, KeyError> {
        let part = |name: &str| {
            secret.data.as_ref().and_then(|data| data.get(name)).map_or(&[][..], |bytes| &bytes.0)
        };
        match part(PRIVATE_KEY) {
            [] => Err(KeyError::NotInSecret),
            private => Self::from_pem(private, part(CERTIFICATE)),
        }
    }
}
