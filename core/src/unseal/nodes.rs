//! How many keys and values a JSON text holds, found without keeping one of them.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::BlobError;

/// Refuses a text with more than `most` keys and values, and one that is no JSON.
pub(super) fn check(json: &[u8], most: usize) -> Result<(), BlobError> {
    let mut nodes = Nodes { found: 0, most };
    let mut reader = serde_json::Deserializer::from_slice(json);
    match Count(&mut nodes).deserialize(&mut reader) {
        Ok(()) => Ok(()),
        Err(_) if nodes.found > most => Err(BlobError::TooManyValues { most }),
        Err(_) => Err(BlobError::NotAnObject),
    }
}

struct Nodes {
    found: usize,
    most: usize,
}

impl Nodes {
    /// One more; an error ends the reading.
    fn add<E: Error>(&mut self) -> Result<(), E> {
        self.found += 1;
        if self.found > self.most { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

struct Count<'a>(&'a mut Nodes);

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.add()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Count(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_key::<IgnoredAny>()?.is_some() {
            self.0.add()?;
            entries.next_value_seed(Count(&mut *self.0))?;
        }
        Ok(())
    }
}
