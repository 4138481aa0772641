//! Secrets to SealedSecrets: options that are worked out once, and all cores.

use std::{cell::OnceCell, collections::BTreeMap, sync::Arc};

use sealed_secrets_core::{
    Scope, SealedSecret, SealingKey, Secret,
    seal::{Options, SealError, Sealable},
};

use super::parallel;
use crate::{
    cluster::{self, KubeconfigError},
    job::Sealing,
    problem::Problem,
    report::say,
};

/// Seals piece after piece of one input.
pub(super) struct Sealer {
    key: SealingKey,
    options: Sealing,
    /// The kubeconfig's namespace, or why it gives none; asked for only when a Secret needs it.
    namespace: OnceCell<Result<String, Arc<KubeconfigError>>>,
    kinds: Kinds,
}

/// What the input was made of so far.
#[derive(Default)]
struct Kinds {
    secrets: usize,
    others: Vec<String>,
}

impl Sealer {
    pub(super) fn new(key: SealingKey, options: Sealing) -> Self {
        Self { key, options, namespace: OnceCell::new(), kinds: Kinds::default() }
    }

    /// How many Secrets have been sealed.
    pub(super) fn count(&self) -> usize {
        self.kinds.secrets + self.kinds.others.len()
    }

    /// Checks all, then seals all.
    pub(super) fn seal(&mut self, secrets: Vec<Secret>) -> Result<Vec<SealedSecret>, Problem> {
        let sealables =
            secrets.into_iter().map(|secret| self.check(secret)).collect::<Result<Vec<_>, _>>()?;
        self.check_kinds()?;
        Ok(encrypt(sealables, &self.key))
    }

    fn check(&mut self, secret: Secret) -> Result<Sealable, Problem> {
        let is_secret = secret.kind.is_empty() || secret.kind.eq_ignore_ascii_case("Secret");
        let kind = (!is_secret).then(|| secret.kind.clone());
        match &kind {
            None => self.kinds.secrets += 1,
            Some(kind) => self.kinds.others.push(kind.clone()),
        }
        tell_scope(&secret, &self.options);
        let options = self.options_for(&secret);
        Sealable::new(secret, &options).map_err(|error| {
            let kubeconfig = match (&error, self.namespace.get()) {
                (SealError::MissingNamespace { .. }, Some(Err(error))) => Some(Arc::clone(error)),
                _ => None,
            };
            Problem::Seal { error, kind, kubeconfig }
        })
    }

    fn options_for(&self, secret: &Secret) -> Options {
        let Sealing { scope, name, allow_empty, connection, with_keys: _, is_scope_given: _ } = &self.options;
        let homeless = secret.metadata.namespace.as_deref().unwrap_or_default().is_empty();
        let explicit = (!connection.namespace.is_empty()).then(|| connection.namespace.clone());
        let ask = homeless && explicit.is_none() && *scope != Scope::ClusterWide;
        let found = ask.then(|| {
            let look = || cluster::namespace(connection).map_err(Arc::new);
            self.namespace.get_or_init(look).as_ref().ok().cloned()
        });
        Options {
            scope: *scope,
            name: name.clone(),
            namespace: explicit,
            default_namespace: found.flatten(),
            allow_empty: *allow_empty,
        }
    }

    /// One other object alone is sealed as a Secret, as ever; among Secrets it would be changed for the worse.
    fn check_kinds(&self) -> Result<(), Problem> {
        let Kinds { secrets, others } = &self.kinds;
        match (secrets, others.as_slice()) {
            (_, []) => Ok(()),
            (0, others) => {
                say(&format!(
                    "warning: this is a {}, and is sealed as if it were a Secret",
                    others.join(", ")
                ));
                Ok(())
            }
            (_, others) => Err(Problem::OtherKinds { what: others.join(", ") }),
        }
    }
}

/// Compat: strict is what nothing says, so that the reference lets an annotation widen it, also where it was asked for.
fn tell_scope(secret: &Secret, options: &Sealing) {
    let annotated = Scope::of(secret.metadata.annotations.as_ref());
    if options.is_scope_given && options.scope == Scope::Strict && annotated != Scope::Strict {
        say(&format!(
            "note: --scope strict has no effect on Secret {:?}, which an annotation makes {annotated}: take that away",
            secret.name()
        ));
    }
}

/// Seals every value of every Secret, on all cores when there are many.
fn encrypt(sealables: Vec<Sealable>, key: &SealingKey) -> Vec<SealedSecret> {
    let labels: Vec<_> = sealables.iter().map(Sealable::label).collect();
    let values: Vec<_> = sealables
        .iter()
        .zip(&labels)
        .flat_map(|(sealable, label)| sealable.values().values().map(move |value| (label, value)))
        .collect();
    let mut texts =
        parallel::map(&values, FEW, |(label, value)| key.seal_to_text(label, value.expose())).into_iter();
    drop(values);
    let assemble = |sealable: Sealable| {
        let items: BTreeMap<_, _> = sealable.values().keys().cloned().zip(texts.by_ref()).collect();
        sealable.into_sealed(items)
    };
    sealables.into_iter().map(assemble).collect()
}

/// Starting a thread costs about as much as sealing one value; below this, threads gain nothing.
const FEW: usize = 8;
