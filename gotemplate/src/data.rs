//! What templates see as `.`.

use std::{collections::BTreeMap, fmt};

use crate::value::{Map, Str};

/// A map of strings to bytes (Go's `map[string]string`), made once for any number of renders on one thread. It holds
/// a copy of each value, which is wiped when dropped.
pub struct Data(Map);

/// The number of entries: the values may be secret.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({} entries)", self.0.len())
    }
}

impl Data {
    pub(crate) fn map(&self) -> &Map {
        &self.0
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<'v> FromIterator<(&'v str, &'v [u8])> for Data {
    /// Of two entries with one name, the later wins.
    fn from_iter<I: IntoIterator<Item = (&'v str, &'v [u8])>>(entries: I) -> Self {
        Self(Map::of_strings(entries.into_iter().map(|(key, value)| (Str::from(key), Str::from(value)))))
    }
}

impl From<&BTreeMap<String, Vec<u8>>> for Data {
    fn from(entries: &BTreeMap<String, Vec<u8>>) -> Self {
        entries.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect()
    }
}
