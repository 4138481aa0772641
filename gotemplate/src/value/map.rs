//! Go's maps with string keys: shared and, for `map[string]any`, mutable.

use std::{
    cell::{Ref, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
};

use super::{Str, Value};

/// A Go map, kept in the order in which templates visit it.
#[derive(Clone)]
pub(crate) struct Map {
    strings_only: bool,
    nil: bool,
    entries: Rc<Entries>,
}

struct Entries(RefCell<BTreeMap<Str, Value>>);

impl Drop for Entries {
    fn drop(&mut self) {
        release(std::mem::take(self.0.get_mut()).into_values().collect());
    }
}

impl Map {
    /// A new `map[string]any`.
    pub(crate) fn new(entries: BTreeMap<Str, Value>) -> Self {
        Self { strings_only: false, nil: false, entries: Rc::new(Entries(RefCell::new(entries))) }
    }

    /// A new `map[string]string`, such as the data of a render and what `split` gives.
    pub(crate) fn of_strings(entries: impl IntoIterator<Item = (Str, Str)>) -> Self {
        let entries = entries.into_iter().map(|(k, v)| (k, Value::Str(v))).collect();
        Self { strings_only: true, ..Self::new(entries) }
    }

    /// Go's nil `map[string]any`, which a literal or missing `nil` argument becomes.
    pub(crate) fn nil() -> Self {
        Self { nil: true, ..Self::new(BTreeMap::new()) }
    }

    /// Whether it is a `map[string]string`.
    pub(crate) fn strings_only(&self) -> bool {
        self.strings_only
    }

    pub(crate) fn is_nil(&self) -> bool {
        self.nil
    }

    pub(crate) fn len(&self) -> usize {
        self.entries().len()
    }

    /// The entries in key order; do not hold this while calling anything that may write the map.
    pub(crate) fn entries(&self) -> Ref<'_, BTreeMap<Str, Value>> {
        self.entries.0.borrow()
    }

    /// The value under `key`.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Value> {
        self.entries().get(key).cloned()
    }

    /// Removes `key`.
    pub(crate) fn remove(&self, key: &[u8]) {
        self.entries.0.borrow_mut().remove(key);
    }

    /// Writes without any account: [`crate::context::Context::set`] is the way for functions, since
    /// it also keeps maps that contain themselves from leaking.
    pub(crate) fn insert_untracked(&self, key: Str, value: Value) -> Option<Value> {
        self.entries.0.borrow_mut().insert(key, value)
    }

    /// Overwrites the texts that nobody else holds.
    pub(crate) fn wipe(&self) {
        for value in self.entries.0.borrow_mut().values_mut() {
            if let Value::Str(text) = value {
                text.wipe();
            }
        }
    }

    /// Whether both are one map.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.entries, &other.entries)
    }

    pub(crate) fn go_type(&self) -> &'static str {
        if self.strings_only { "map[string]string" } else { "map[string]interface {}" }
    }

    /// A handle that can empty the map after the render, to break cycles.
    pub(crate) fn downgrade(&self) -> WeakMap {
        WeakMap(Rc::downgrade(&self.entries))
    }
}

/// A map that may be part of a cycle.
pub(crate) struct WeakMap(Weak<Entries>);

impl WeakMap {
    /// Whether anyone still holds the map.
    #[cfg(test)]
    pub(crate) fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// Empties the map if it still lives.
    pub(crate) fn clear(&self) {
        if let Some(entries) = self.0.upgrade() {
            let taken = entries.0.take();
            drop(entries);
            release(taken.into_values().collect());
        }
    }
}

/// Drops values without recursion, so that a value of any depth fits any stack.
pub(super) fn release(mut values: Vec<Value>) {
    if !values.iter().any(Value::is_container) {
        return;
    }
    while let Some(value) = values.pop() {
        match value {
            Value::List(list) => values.append(&mut list.into_items()),
            Value::Map(map) => {
                if let Some(entries) = Rc::into_inner(map.entries) {
                    values.extend(entries.0.take().into_values());
                }
            }
            _ => {}
        }
    }
}
