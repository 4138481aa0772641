//! Secret to SealedSecret.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::{
    Label, Plaintext, Scope, SealedSecret, SealingKey, Secret, names,
    sealed_secret::{Spec, Template, tidy},
};

/// What the command line may change about a Secret to seal.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--scope`; `Strict` leaves the input's annotations alone.
    pub scope: Scope,
    /// `--name`.
    pub name: Option<String>,
    /// `-n`, explicit: must agree with the input's namespace.
    pub namespace: Option<String>,
    /// The namespace to use where the input and `-n` are silent.
    pub default_namespace: Option<String>,
    /// `--allow-empty-data`.
    pub allow_empty: bool,
}

/// A Secret that may be sealed: stripped of server fields, named, scoped. There is no other way to seal.
///
/// [`seal`] does all of it; to spread the work over threads, seal each of [`Sealable::values`] under
/// [`Sealable::label`] and hand the ciphertexts to [`Sealable::into_sealed`].
#[derive(Debug)]
pub struct Sealable {
    template: Template,
    scope: Scope,
    values: BTreeMap<String, Plaintext>,
}

/// A Secret that cannot be sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is nothing in it.
    #[error("secret.data is empty in input Secret{}: assuming that this is a mistake, nothing is sealed; --allow-empty-data allows it", named(.name))]
    Empty {
        /// Name of the Secret; may be empty.
        name: String,
    },
    /// It has no name, so there is nothing to bind the values to.
    #[error("missing metadata.name in input Secret: give it one, or use --name")]
    MissingName,
    /// Neither it nor the caller names a namespace.
    #[error("secret must declare a namespace{}: give it one, use -n, or seal it cluster-wide", homeless(.name))]
    MissingNamespace {
        /// Name of the Secret.
        name: String,
    },
    /// It names another namespace than the caller.
    #[error("namespace mismatch: input secret is in namespace {input:?} but {given:?} was specified{}", about(.name))]
    NamespaceMismatch {
        /// Name of the Secret.
        name: String,
        /// Its namespace.
        input: String,
        /// The namespace asked for.
        given: String,
    },
}

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" {name:?}") }
}

/// Behind a text that tools look for nothing may stand in its middle.
fn about(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(": the Secret is {name:?}") }
}

fn homeless(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(", and the Secret {name:?} has none") }
}

impl Sealable {
    /// Strips, names and scopes a Secret.
    pub fn new(secret: Secret, options: &Options) -> Result<Self, SealError> {
        let mut metadata = stripped(&secret.metadata);
        if let Some(name) = given(options.name.as_ref()) {
            metadata.name = Some(name.clone());
        }
        let name = metadata.name.clone().unwrap_or_default();
        if secret.data.is_empty() && secret.string_data.is_empty() && !options.allow_empty {
            return Err(SealError::Empty { name });
        }
        if name.is_empty() {
            return Err(SealError::MissingName);
        }
        if options.scope != Scope::Strict {
            mark(metadata.annotations.get_or_insert_default(), options.scope);
        }
        let scope = Scope::of(metadata.annotations.as_ref());
        if scope != Scope::ClusterWide {
            metadata.namespace = Some(namespace(name, metadata.namespace, options)?);
        }
        let template = Template {
            metadata: tidy(metadata),
            r#type: secret.r#type.clone(),
            immutable: secret.immutable,
            data: BTreeMap::new(),
        };
        Ok(Self { template, scope, values: secret.into_values() })
    }

    /// The name that the SealedSecret and the Secret will have.
    pub fn name(&self) -> &str {
        self.template.metadata.name.as_deref().unwrap_or_default()
    }

    /// The namespace, empty where a cluster-wide Secret names none.
    pub fn namespace(&self) -> &str {
        self.template.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// The scope: the option's or, where that is strict, the annotations'.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// The label under which every value is sealed.
    pub fn label(&self) -> Label {
        self.scope.label(self.namespace(), self.name())
    }

    /// Item names and values; `stringData` has won over `data`.
    pub fn values(&self) -> &BTreeMap<String, Plaintext> {
        &self.values
    }

    /// The SealedSecret of these ciphertexts (base64, by item name).
    pub fn into_sealed(self, encrypted_data: BTreeMap<String, String>) -> SealedSecret {
        let mut annotations = BTreeMap::new();
        mark(&mut annotations, self.scope);
        SealedSecret {
            api_version: names::API_VERSION.to_owned(),
            kind: names::KIND.to_owned(),
            metadata: tidy(ObjectMeta {
                name: self.template.metadata.name.clone(),
                namespace: self.template.metadata.namespace.clone(),
                annotations: Some(annotations),
                ..ObjectMeta::default()
            }),
            spec: Spec { template: self.template, data: None, encrypted_data },
            ..SealedSecret::default()
        }
    }
}

/// Seals every item.
pub fn seal(secret: Sealable, key: &SealingKey) -> SealedSecret {
    let label = secret.label();
    let seal = |value: &Plaintext| key.seal_to_text(&label, value.expose());
    let sealed = secret.values.iter().map(|(item, value)| (item.clone(), seal(value))).collect();
    secret.into_sealed(sealed)
}

/// What a person wrote, without what a server or tool added. `kubectl apply` and kubecfg keep the whole
/// Secret, values included, in an annotation; owners of one cluster mean nothing in another.
fn stripped(metadata: &ObjectMeta) -> ObjectMeta {
    let mut annotations = metadata.annotations.clone().unwrap_or_default();
    for tool in [names::LAST_APPLIED, names::KUBECFG_LAST_APPLIED] {
        annotations.remove(tool);
    }
    ObjectMeta {
        annotations: Some(annotations),
        creation_timestamp: None,
        deletion_grace_period_seconds: None,
        deletion_timestamp: None,
        generation: None,
        owner_references: None,
        resource_version: None,
        self_link: None,
        uid: None,
        ..metadata.clone()
    }
}

/// Leaves exactly one scope annotation, or none for strict.
fn mark(annotations: &mut BTreeMap<String, String>, scope: Scope) {
    for name in [names::CLUSTER_WIDE, names::NAMESPACE_WIDE] {
        annotations.remove(name);
    }
    if let Some(name) = scope.annotation() {
        annotations.insert(name.to_owned(), "true".to_owned());
    }
}

fn namespace(name: String, input: Option<String>, options: &Options) -> Result<String, SealError> {
    let explicit = given(options.namespace.as_ref());
    match (input.filter(|text| !text.is_empty()), explicit) {
        (Some(input), Some(given)) if input != *given => {
            Err(SealError::NamespaceMismatch { name, input, given: given.clone() })
        }
        (Some(namespace), _) => Ok(namespace),
        (None, explicit) => explicit
            .or_else(|| given(options.default_namespace.as_ref()))
            .cloned()
            .ok_or(SealError::MissingNamespace { name }),
    }
}

/// An empty text counts as not given.
fn given(option: Option<&String>) -> Option<&String> {
    option.filter(|text| !text.is_empty())
}
