//! An immutable set of keys, in the order in which they seal and are tried.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::pair::KeyPair;
use crate::{
    Fingerprint, Label, Plaintext,
    crypto::{self, OpenFailure},
};

/// One opened value and what it took.
#[derive(Debug)]
pub struct Opened {
    /// The value.
    pub value: Plaintext,
    /// The key that opened it.
    pub key: Fingerprint,
    /// Private operations that it cost.
    pub tries: usize,
}

/// An immutable set of keys; a change makes a new ring, readers keep their `Arc`.
///
/// The newest key seals. A key is newer than another if its instant (start of its certificate or
/// creation of its Secret, as the caller decides) is strictly later; of equals the first one registered
/// stays newest. A key whose certificate begins later than [`KeyRing::as_of`] says opens until then and
/// seals only if no other key can.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    /// Newest first.
    entries: Vec<Entry>,
    /// Certificates that begin later do not seal yet; `None`: whenever they begin.
    begun_by: Option<Timestamp>,
}

/// How far a certificate may begin in the future and seal all the same: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

#[derive(Clone, Debug)]
struct Entry {
    pair: Arc<KeyPair>,
    instant: Timestamp,
    retired: bool,
}

impl Entry {
    /// Where its certificate begins.
    fn start(&self) -> Timestamp {
        self.pair.not_before().unwrap_or(Timestamp::MIN)
    }
}

impl KeyRing {
    /// A ring of these keys, registered in this order, each at the start of its certificate.
    pub fn new(pairs: Vec<Arc<KeyPair>>) -> Self {
        pairs.into_iter().fold(Self::default(), |ring, pair| {
            let instant = pair.not_before().unwrap_or(Timestamp::MIN);
            ring.with(pair, instant)
        })
    }

    /// A ring with this key too. The same key registered again takes the later of both instants, with the
    /// certificate that belongs to it, and is no longer retired.
    #[must_use]
    pub fn with(&self, pair: Arc<KeyPair>, instant: Timestamp) -> Self {
        let mut entries = self.entries.clone();
        if let Some(at) = self.position(pair.fingerprint()) {
            let known = &mut entries[at];
            if known.instant >= instant && known.pair.certificate().is_some() {
                known.retired = false;
                return self.of(entries);
            }
            entries.remove(at);
        }
        let at = entries.partition_point(|other| other.instant >= instant);
        entries.insert(at, Entry { pair, instant, retired: false });
        self.of(entries)
    }

    /// A ring without this key: nothing sealed to it opens any more.
    #[must_use]
    pub fn without(&self, key: &Fingerprint) -> Self {
        self.of(self.entries.iter().filter(|entry| entry.pair.fingerprint() != key).cloned().collect())
    }

    /// A ring in which this key opens but never seals again.
    #[must_use]
    pub fn retired(&self, key: &Fingerprint) -> Self {
        let mut entries = self.entries.clone();
        entries
            .iter_mut()
            .filter(|entry| entry.pair.fingerprint() == key)
            .for_each(|entry| entry.retired = true);
        self.of(entries)
    }

    /// The ring as it is at `now`: a certificate that begins more than five minutes later does not seal. Somebody
    /// who holds the ring beyond [`KeyRing::next_start`] needs another one then.
    #[must_use]
    pub fn as_of(&self, now: Timestamp) -> Self {
        let begun_by = now.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX);
        Self { entries: self.entries.clone(), begun_by: Some(begun_by) }
    }

    /// When the next key that does not seal yet may seal.
    pub fn next_start(&self) -> Option<Timestamp> {
        let starts = self.sealing().filter(|entry| !self.has_begun(entry)).map(Entry::start).min()?;
        Some(starts.saturating_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN))
    }

    /// When this key's certificate begins, if it does not seal because of that.
    pub fn waits_until(&self, key: &Fingerprint) -> Option<Timestamp> {
        let entry = self.sealing().find(|entry| entry.pair.fingerprint() == key)?;
        let waits = !self.has_begun(entry) && self.newest().is_none_or(|newest| newest.fingerprint() != key);
        waits.then(|| entry.start())
    }

    fn of(&self, entries: Vec<Entry>) -> Self {
        Self { entries, begun_by: self.begun_by }
    }

    /// The key that seals: the newest that is not retired, has a certificate of its own and has begun. If none
    /// has, the one that begins first.
    pub fn newest(&self) -> Option<&Arc<KeyPair>> {
        self.newest_entry().map(|entry| &entry.pair)
    }

    /// The instant at which the newest key was registered.
    pub fn newest_instant(&self) -> Option<Timestamp> {
        self.newest_entry().map(|entry| entry.instant)
    }

    fn newest_entry(&self) -> Option<&Entry> {
        let begun = self.sealing().find(|entry| self.has_begun(entry));
        begun.or_else(|| self.sealing().min_by_key(|entry| entry.start()))
    }

    /// The keys that may seal, newest first.
    fn sealing(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.retired && entry.pair.certificate().is_some())
    }

    fn has_begun(&self, entry: &Entry) -> bool {
        self.begun_by.is_none_or(|begun_by| entry.start() <= begun_by)
    }

    /// Every key, newest first, retired ones included.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = &Arc<KeyPair>> {
        self.entries.iter().map(|entry| &entry.pair)
    }

    /// The key with this fingerprint.
    pub fn get(&self, key: &Fingerprint) -> Option<&Arc<KeyPair>> {
        self.position(key).map(|at| &self.entries[at].pair)
    }

    /// Whether this key is in the ring and does not seal any more.
    pub fn is_retired(&self, key: &Fingerprint) -> bool {
        self.position(key).is_some_and(|at| self.entries[at].retired)
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, key: &Fingerprint) -> Option<usize> {
        self.entries.iter().position(|entry| entry.pair.fingerprint() == key)
    }

    /// Opens one value: keys named in `first` are tried first, then newest to oldest. Keys whose modulus
    /// has another length than the RSA block cost no private operation, except where the block may be a
    /// longer key's with its leading zeros left out; those are tried last.
    pub fn open(&self, label: &Label, sealed: &[u8], first: &[Fingerprint]) -> Result<Opened, OpenError> {
        self.open_counted(label, sealed, first).map_err(|(error, _)| error)
    }

    /// As [`Self::open`]; a failure comes with the private operations that it cost.
    pub(crate) fn open_counted(
        &self,
        label: &Label,
        sealed: &[u8],
        first: &[Fingerprint],
    ) -> Result<Opened, (OpenError, usize)> {
        let block_len = crypto::block_len(sealed).map_err(|failure| (OpenError::Value(failure), 0))?;
        let mut tries = 0;
        for pair in self.candidates(block_len, first) {
            tries += 1;
            match pair.open(label, sealed) {
                Ok(value) => return Ok(Opened { value, key: *pair.fingerprint(), tries }),
                Err(OpenFailure::Rsa) => {}
                // The session key unwrapped: this was the right key and label, no other will do better.
                Err(found) => return Err((OpenError::Value(found), tries)),
            }
        }
        Err((self.unopened(block_len), tries))
    }

    /// Why no key opens a value with an RSA block of this length, after all were tried.
    pub(crate) fn unopened(&self, block_len: usize) -> OpenError {
        if self.is_empty() {
            OpenError::NoKeys
        } else if self.pairs().any(|pair| pair.may_open(block_len)) {
            OpenError::NoKeyFits
        } else {
            OpenError::NoKeyOfItsSize { bits: block_len * 8 }
        }
    }

    /// The keys worth trying on an RSA block of this length, likeliest first.
    pub(crate) fn candidates<'a>(
        &'a self,
        block_len: usize,
        first: &'a [Fingerprint],
    ) -> impl Iterator<Item = &'a Arc<KeyPair>> {
        let preferred = first.iter().filter_map(|key| self.get(key));
        let others = self.pairs().filter(|pair| !first.contains(pair.fingerprint()));
        let exact = preferred.chain(others).filter(move |pair| pair.fits(block_len));
        let padded = self.pairs().filter(move |pair| !pair.fits(block_len) && pair.may_open(block_len));
        exact.chain(padded)
    }
}

/// No key of the ring opens the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The ring is empty.
    #[error("there is no key at all")]
    NoKeys,
    /// No key has the size of the one that it was sealed to.
    #[error("it was sealed to a key of {bits} bits, and none of the keys has that size")]
    NoKeyOfItsSize {
        /// Bits of the key that it was sealed to.
        bits: usize,
    },
    /// Keys of the right size were tried: it was sealed to another key or under another label.
    #[error("no key fits")]
    NoKeyFits,
    /// The value itself is at fault.
    #[error(transparent)]
    Value(OpenFailure),
}
