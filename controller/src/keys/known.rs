//! Pure: the key Secrets that are known, and the ring that they make.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use sealed_secrets_core::{Fingerprint, KeyPair, KeyRing, keys::secret};

use crate::config::KeyOrder;

/// What is known of the key Secrets in the controller's namespace.
#[derive(Debug, Default)]
pub struct KnownKeys {
    secrets: BTreeMap<String, KnownSecret>,
    /// Keys whose Secrets hold another one now: they open like those of deleted Secrets.
    former: Vec<KnownSecret>,
    /// Secrets that look like a key and were made from a SealedSecret, by name, with their uids: told once each.
    planted: BTreeMap<String, String>,
    /// Secrets with the marks of a key that hold none that can be used.
    broken: BTreeSet<String>,
}

#[derive(Debug)]
struct KnownSecret {
    created: Timestamp,
    /// Tells the Secret from a later one of its name.
    uid: Option<String>,
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
    /// The Secret of a key holds another one now: the old one opens until the process ends, and seals no more.
    Replaced {
        /// The key that it held.
        old: Fingerprint,
        /// The key that it holds.
        new: Fingerprint,
        /// Why there is no certificate to seal to the new one with.
        problem: Option<String>,
    },
    /// The Secret has the marks of a key, but was made from a SealedSecret: it is not read.
    Planted,
    /// A Secret that was not read as a key, or could not be, is gone or has the marks of one no more.
    Unmarked,
    /// A key lost its label: nothing opens with it any more.
    Dropped(Fingerprint),
    /// The Secret of a key is gone: it opens until the process ends, and seals no more.
    Deleted(Fingerprint),
    /// The Secret holds no usable key.
    Broken(String),
    /// The key opens, but there is no certificate to seal with.
    AddedWithoutCertificate(Fingerprint, String),
}

impl KnownKeys {
    /// Takes in a key Secret as it is now. `legacy` is the name that counts without a label.
    pub fn apply(&mut self, secret: &Secret, legacy: &str) -> Change {
        let name = secret.metadata.name.clone().unwrap_or_default();
        if !secret::counts(&secret.metadata, legacy) {
            if !self.may_drop(&name, secret) {
                return self.delete(&name);
            }
            let was_marked = self.forget_marks(&name);
            return match self.drop_key(&name) {
                Change::None if was_marked => Change::Unmarked,
                change => change,
            };
        }
        if secret::is_of_sealed_secret(&secret.metadata) {
            // What was a key before goes on opening, as if its Secret had been deleted.
            self.retire(&name);
            let uid = secret.metadata.uid.clone().unwrap_or_default();
            let told = self.planted.insert(name, uid.clone()) == Some(uid);
            return if told { Change::None } else { Change::Planted };
        }
        self.forget_marks(&name);
        let pair = match KeyPair::from_secret(secret) {
            Ok(pair) => Arc::new(pair),
            // A key that worked before goes on opening, as if its Secret had been deleted.
            Err(error) => {
                self.retire(&name);
                self.broken.insert(name);
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
            // It may have been deleted and restored between two lists.
            if let Some(held) = self.secrets.get_mut(&name) {
                held.uid.clone_from(&secret.metadata.uid);
            }
            return Change::None;
        }
        let uid = secret.metadata.uid.clone();
        let before = self.secrets.insert(name, KnownSecret { created, uid, pair, deleted: false });
        let before = before.filter(|held| *held.pair.fingerprint() != fingerprint);
        let replaced = before.as_ref().filter(|held| !held.deleted).map(|held| *held.pair.fingerprint());
        self.former.extend(before);
        match (replaced, problem) {
            (Some(old), problem) => Change::Replaced { old, new: fingerprint, problem },
            (None, Some(problem)) => Change::AddedWithoutCertificate(fingerprint, problem),
            (None, None) => Change::Added(fingerprint),
        }
    }

    /// Whether a Secret that does not count takes the key of its name out of use: only the Secret that held the key, or
    /// one that holds it. Any other shows just that the key's Secret is gone, and so does one that was made from a
    /// SealedSecret: whoever may create those must not end what others can open.
    fn may_drop(&self, name: &str, secret: &Secret) -> bool {
        let Some(held) = self.secrets.get(name) else { return true };
        let holds_it =
            || KeyPair::from_secret(secret).is_ok_and(|pair| pair.fingerprint() == held.pair.fingerprint());
        !secret::is_of_sealed_secret(&secret.metadata) && (held.uid == secret.metadata.uid || holds_it())
    }

    /// A key Secret that lost its label: dropped at once.
    pub fn drop_key(&mut self, name: &str) -> Change {
        let Some(held) = self.secrets.remove(name) else { return Change::None };
        let dropped = *held.pair.fingerprint();
        self.former.retain(|held| *held.pair.fingerprint() != dropped);
        Change::Dropped(dropped)
    }

    /// A key Secret that is gone: an accident can be undone, so the key goes on opening.
    pub fn delete(&mut self, name: &str) -> Change {
        let was_marked = self.forget_marks(name);
        match self.retire(name) {
            Some(fingerprint) => Change::Deleted(fingerprint),
            None if was_marked => Change::Unmarked,
            None => Change::None,
        }
    }

    /// Forgets that a Secret had the marks of a key and was none; says whether it had.
    fn forget_marks(&mut self, name: &str) -> bool {
        let was_planted = self.planted.remove(name).is_some();
        self.broken.remove(name) || was_planted
    }

    fn retire(&mut self, name: &str) -> Option<Fingerprint> {
        let held = self.secrets.get_mut(name).filter(|held| !held.deleted)?;
        held.deleted = true;
        Some(*held.pair.fingerprint())
    }

    /// Names of the Secrets that hold keys in use, or look as if they did.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        let in_use = self.secrets.iter().filter(|(_, held)| !held.deleted).map(|(name, _)| name);
        in_use.chain(self.planted.keys()).chain(&self.broken)
    }

    /// The name of the Secret that holds each key, or held it last.
    pub fn secrets(&self) -> HashMap<Fingerprint, String> {
        self.secrets.iter().map(|(name, held)| (*held.pair.fingerprint(), name.clone())).collect()
    }

    /// The ring at `now`: keys in the order of their Secrets' creation, each at the instant that `order` says.
    pub fn ring(&self, order: KeyOrder, now: Timestamp) -> KeyRing {
        let mut secrets: Vec<_> = self.secrets.iter().collect();
        // Equal instants: the key registered first stays the newest.
        secrets.sort_by(|(a_name, a), (b_name, b)| (a.created, a_name).cmp(&(b.created, b_name)));
        let instant = |held: &KnownSecret| match order {
            KeyOrder::CertNotBefore => held.pair.not_before().unwrap_or(Timestamp::MIN),
            KeyOrder::SecretCreation => held.created,
        };
        let deleted = secrets.iter().map(|(_, held)| *held).filter(|held| held.deleted);
        let gone = deleted.chain(&self.former).fold(KeyRing::default().as_of(now), |ring, held| {
            ring.with(Arc::clone(&held.pair), instant(held)).retired(held.pair.fingerprint())
        });
        // The same key in another Secret that is still there seals on.
        let active = secrets.iter().filter(|(_, held)| !held.deleted);
        active.fold(gone, |ring, (_, held)| ring.with(Arc::clone(&held.pair), instant(held)))
    }
}
