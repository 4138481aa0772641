//! Pure: the key Secrets that are known, and the ring that they make.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use sealed_secrets_core::{Fingerprint, KeyPair, KeyRing, keys::secret};

use crate::config::KeyOrder;

/// What is known of the key Secrets in the controller's namespace.
#[derive(Debug, Default)]
pub struct Held {
    secrets: BTreeMap<String, HeldSecret>,
}

#[derive(Debug)]
struct HeldSecret {
    created: Timestamp,
    pair: Arc<KeyPair>,
    deleted: bool,
}

/// What a change of a key Secret did.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing that matters.
    None,
    /// A key came.
    Added(Fingerprint),
    /// A key lost its label: nothing opens with it any more.
    Dropped(Fingerprint),
    /// The Secret of a key is gone: it opens until the process ends, and seals no more.
    Deleted(Fingerprint),
    /// The Secret holds no usable key.
    Broken(String),
    /// The key opens, but there is no certificate to seal with.
    AddedWithoutCertificate(Fingerprint, String),
}

impl Held {
    /// Takes in a key Secret as it is now. `legacy` is the name that counts without a label.
    pub fn apply(&mut self, secret: &Secret, legacy: &str) -> Change {
        let name = secret.metadata.name.clone().unwrap_or_default();
        if !secret::counts(&secret.metadata, legacy) {
            return self.drop_key(&name);
        }
        let pair = match KeyPair::from_secret(secret) {
            Ok(pair) => Arc::new(pair),
            // A key that worked before goes on opening, as if its Secret had been deleted.
            Err(error) => {
                self.retire(&name);
                return Change::Broken(error.to_string());
            }
        };
        let fingerprint = *pair.fingerprint();
        let problem = pair.sealing_key().err().map(ToString::to_string);
        let created = secret.metadata.creation_timestamp.as_ref().map_or(Timestamp::MIN, |time| time.0);
        let known = self.secrets.get(&name).is_some_and(|held| {
            !held.deleted
                && *held.pair.fingerprint() == fingerprint
                && held.pair.certificate_pem() == pair.certificate_pem()
        });
        if known {
            return Change::None;
        }
        self.secrets.insert(name, HeldSecret { created, pair, deleted: false });
        match problem {
            Some(problem) => Change::AddedWithoutCertificate(fingerprint, problem),
            None => Change::Added(fingerprint),
        }
    }

    /// A key Secret that lost its label: dropped at once.
    pub fn drop_key(&mut self, name: &str) -> Change {
        match self.secrets.remove(name) {
            Some(held) => Change::Dropped(*held.pair.fingerprint()),
            None => Change::None,
        }
    }

    /// A key Secret that is gone: an accident can be undone, so the key goes on opening.
    pub fn delete(&mut self, name: &str) -> Change {
        match self.retire(name) {
            Some(fingerprint) => Change::Deleted(fingerprint),
            None => Change::None,
        }
    }

    fn retire(&mut self, name: &str) -> Option<Fingerprint> {
        let held = self.secrets.get_mut(name).filter(|held| !held.deleted)?;
        held.deleted = true;
        Some(*held.pair.fingerprint())
    }

    /// Names of the Secrets that hold keys in use.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.secrets.iter().filter(|(_, held)| !held.deleted).map(|(name, _)| name)
    }

    /// The ring: keys in the order of their Secrets' creation, each at the instant that `order` says.
    pub fn ring(&self, order: KeyOrder) -> KeyRing {
        let mut secrets: Vec<_> = self.secrets.iter().collect();
        // Equal instants: the key registered first stays the newest.
        secrets.sort_by(|(a_name, a), (b_name, b)| (a.created, a_name).cmp(&(b.created, b_name)));
        let instant = |held: &HeldSecret| match order {
            KeyOrder::CertNotBefore => held.pair.not_before().unwrap_or(Timestamp::MIN),
            KeyOrder::SecretCreation => held.created,
        };
        let deleted = secrets.iter().filter(|(_, held)| held.deleted);
        let gone = deleted.fold(KeyRing::default(), |ring, (_, held)| {
            ring.with(Arc::clone(&held.pair), instant(held)).retired(held.pair.fingerprint())
        });
        // The same key in another Secret that is still there seals on.
        let active = secrets.iter().filter(|(_, held)| !held.deleted);
        active.fold(gone, |ring, (_, held)| ring.with(Arc::clone(&held.pair), instant(held)))
    }
}
