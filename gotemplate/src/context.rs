//! What functions see of a render: its budget, the instant, random bytes.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
};

use crate::{
    error::Failure,
    limits::{Limits, Meter},
    value::{Map, Str, Value},
};

/// What a render may use of the world: an instant and random bytes, both given by the caller.
pub struct Env<'a> {
    /// The instant that `now` and certificate functions see.
    pub now: jiff::Timestamp,
    /// Fills a buffer with random bytes. RSA and EC keys and their signatures are the exception: they
    /// come from the cryptographic library's own source, which cannot be replaced.
    pub random: &'a dyn Fn(&mut [u8]),
    /// How much a render may cost.
    pub limits: Limits,
}

/// One render as its functions see it.
pub(crate) struct Context<'e> {
    env: &'e Env<'e>,
    meter: Meter,
    literal_call: bool,
    mutated: Vec<crate::value::WeakMap>,
    caches: HashMap<TypeId, Box<dyn Any>>,
}

/// What an entry of a map takes beside the bytes of its key and value.
const ENTRY_BYTES: usize = 64;

impl<'e> Context<'e> {
    pub(crate) fn new(env: &'e Env<'e>) -> Self {
        Self {
            env,
            meter: Meter::new(&env.limits),
            literal_call: false,
            mutated: Vec::new(),
            caches: HashMap::new(),
        }
    }

    /// The instant of the render.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.env.now
    }

    /// Fills `buffer` with random bytes.
    pub(crate) fn random(&self, buffer: &mut [u8]) {
        (self.env.random)(buffer);
    }

    /// The limits of the render.
    pub(crate) fn limits(&self) -> &Limits {
        &self.env.limits
    }

    /// Pays for `bytes` of new values; call it *before* making them.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        self.meter.charge(bytes)
    }

    /// Pays for a list of `len` items, beside what the items themselves hold.
    pub(crate) fn charge_list(&mut self, len: usize) -> Result<(), Failure> {
        self.meter.charge(len.saturating_mul(size_of::<Value>()))
    }

    /// Pays for `steps` of work that makes no values, such as visiting items.
    pub(crate) fn work(&mut self, steps: usize) -> Result<(), Failure> {
        self.meter.work(steps)
    }

    /// Pays for a costly call: a key, a bcrypt, an scrypt.
    pub(crate) fn costly(&mut self) -> Result<(), Failure> {
        self.meter.costly()
    }

    /// Goes one level deeper into a value; on success [`Self::leave`] comes later.
    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        self.meter.enter()
    }

    /// Comes back from [`Self::enter`].
    pub(crate) fn leave(&mut self) {
        self.meter.leave();
    }

    /// Runs `inner` one level deeper: the guard of every recursion over values.
    pub(crate) fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.meter.enter()?;
        let result = inner(self);
        self.meter.leave();
        result
    }

    /// Writes an entry of a map that may be shared, and fails on a nil map as Go does.
    pub(crate) fn set(&mut self, map: &Map, key: Str, value: Value) -> Result<(), Failure> {
        if map.is_nil() {
            return Err(Failure::new("assignment to entry in nil map"));
        }
        self.charge(ENTRY_BYTES + key.len())?;
        if value.is_container() {
            // A map can contain itself only through such a write; remembering it lets the end of the
            // render break the cycle, which reference counts alone would leak.
            self.mutated.push(map.downgrade());
        }
        map.insert_untracked(key, value);
        Ok(())
    }

    /// Whether every argument of the running call is a literal of the template text, so that an error
    /// may quote it without showing a value.
    pub(crate) fn literal_call(&self) -> bool {
        self.literal_call
    }

    /// Told by the evaluator before each call.
    pub(crate) fn set_literal_call(&mut self, literal: bool) {
        self.literal_call = literal;
    }

    /// What a family of functions keeps for the length of a render, such as compiled expressions.
    pub(crate) fn cache<T: Any + Default>(&mut self) -> &mut T {
        self.caches
            .entry(TypeId::of::<T>())
            .or_insert_with(|| Box::<T>::default())
            .downcast_mut()
            .expect("the entry is made with the type that is its key")
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        for map in self.mutated.drain(..) {
            map.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_map_that_contains_itself_is_freed_with_its_render() {
        let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &|_| {}, limits: Limits::default() };
        let mut ctx = Context::new(&env);
        let map = Map::new(BTreeMap::new());
        ctx.set(&map, "self".into(), Value::Map(map.clone())).expect("the budget is large enough");
        let weak = map.downgrade();
        drop(map);
        assert!(weak.is_alive(), "the map holds itself");
        drop(ctx);
        assert!(!weak.is_alive(), "the end of the render has let it go");
    }
}
