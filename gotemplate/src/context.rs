//! What functions see of a render: its budget, the instant, random bytes.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
};

use crate::{
    budget::{Budget, Meter},
    error::Failure,
    limits::Limits,
    value::{Map, Str, Value},
};

/// What a render may use of the world: an instant and random bytes, both given by the caller.
pub struct Env<'a> {
    /// The instant that `now` and certificate functions see.
    pub now: jiff::Timestamp,
    /// Fills a buffer with random bytes. RSA and EC keys and their signatures are the exception: they
    /// come from the cryptographic library's own source, which cannot be replaced.
    pub random: &'a dyn Fn(&mut [u8]),
    /// How much a render without a [`Budget`] of its caller's may cost.
    pub limits: Limits,
}

/// One render as its functions see it.
pub(crate) struct Context<'e> {
    env: &'e Env<'e>,
    budget: Budget<'e>,
    literal_call: bool,
    mutated: Vec<crate::value::WeakMap>,
    caches: HashMap<TypeId, Box<dyn Any>>,
}

/// So many steps pass between two questions whether the caller still waits.
const STEPS_BETWEEN_QUESTIONS: u64 = 1000;

/// Copying this many bytes counts as one step.
const BYTES_PER_STEP: usize = 64;

/// What an entry of a map takes beside the bytes of its key and value.
const ENTRY_BYTES: usize = 64;
/// What the smallest map that is not empty takes.
const MAP_BYTES: usize = 448;
/// What a list takes beside its items.
const LIST_BYTES: usize = 64;

impl<'e> Context<'e> {
    pub(crate) fn new(env: &'e Env<'e>, budget: Budget<'e>) -> Self {
        Self { env, budget, literal_call: false, mutated: Vec::new(), caches: HashMap::new() }
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
        &self.budget.limits
    }

    /// What the render has left to spend.
    pub(crate) fn meter(&mut self) -> &mut Meter {
        &mut self.budget.meter
    }

    /// Pays for `bytes` of new values; call it *before* making them.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), Failure> {
        self.budget.meter.charge(bytes)?;
        // Copying is work, too.
        self.work(bytes / BYTES_PER_STEP)
    }

    /// Pays for a list of `len` items, beside what the items themselves hold.
    pub(crate) fn charge_list(&mut self, len: usize) -> Result<(), Failure> {
        self.charge(len.saturating_mul(size_of::<Value>()).saturating_add(LIST_BYTES))
    }

    /// Pays for a map that gets its first entry: room for more comes with it.
    pub(crate) fn charge_map(&mut self) -> Result<(), Failure> {
        self.charge(MAP_BYTES)
    }

    /// Pays for `more` bytes at the end of a buffer, and for the buffer itself when it has to move.
    #[inline]
    pub(crate) fn charge_growth(&mut self, buffer: &mut Vec<u8>, more: usize) -> Result<(), Failure> {
        self.charge(more)?;
        if more > buffer.capacity() - buffer.len() { self.charge_move(buffer, more) } else { Ok(()) }
    }

    #[cold]
    fn charge_move(&mut self, buffer: &mut Vec<u8>, more: usize) -> Result<(), Failure> {
        let room = buffer.len().saturating_add(more).max(buffer.capacity().saturating_mul(2));
        self.charge(room)?;
        buffer.reserve_exact(room - buffer.len());
        Ok(())
    }

    /// Pays for `steps` of work that makes no values, such as visiting items.
    pub(crate) fn work(&mut self, steps: usize) -> Result<(), Failure> {
        if self.budget.meter.step(steps) { Ok(()) } else { self.ask(steps) }
    }

    /// Pays for a costly call: a key, a bcrypt, an scrypt.
    pub(crate) fn costly(&mut self, units: usize) -> Result<(), Failure> {
        self.budget.meter.costly(units)?;
        self.ask(0)
    }

    /// Pays for `steps`, and asks whether the caller still waits.
    #[cold]
    fn ask(&mut self, steps: usize) -> Result<(), Failure> {
        let most = if self.budget.interrupted.is_some() { STEPS_BETWEEN_QUESTIONS } else { u64::MAX };
        self.budget.meter.next_slice(steps, most)?;
        match self.budget.interrupted {
            Some(interrupted) if interrupted() => Err(Failure::Interrupted),
            Some(_) | None => Ok(()),
        }
    }

    /// Goes one level deeper into a value; on success [`Self::leave`] comes later.
    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        self.budget.meter.enter()
    }

    /// Comes back from [`Self::enter`].
    pub(crate) fn leave(&mut self) {
        self.budget.meter.leave();
    }

    /// Runs `inner` one level deeper: the guard of every recursion over values.
    pub(crate) fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.budget.meter.enter()?;
        let result = inner(self);
        self.budget.meter.leave();
        result
    }

    /// Writes an entry of a map that may be shared, and fails on a nil map as Go does.
    pub(crate) fn set(&mut self, map: &Map, key: Str, value: Value) -> Result<(), Failure> {
        if map.is_nil() {
            return Err(Failure::new("assignment to entry in nil map"));
        }
        if map.len() == 0 {
            self.charge_map()?;
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
        let mut ctx = Context::new(&env, Budget::new(&env.limits));
        let map = Map::new(BTreeMap::new());
        ctx.set(&map, "self".into(), Value::Map(map.clone())).expect("the budget is large enough");
        let weak = map.downgrade();
        drop(map);
        assert!(weak.is_alive(), "the map holds itself");
        drop(ctx);
        assert!(!weak.is_alive(), "the end of the render has let it go");
    }
}
