//! Trees to objects: which field holds what, and what happens to a value of another type.

mod metadata;
mod scalars;
mod sealed;
mod secret;

use std::{cell::RefCell, collections::BTreeMap};

use super::{
    error::{Fault, Problem},
    node::{Node, Value},
    tree::Tree,
};

pub(super) use metadata::{METADATA, to_json};
pub(super) use sealed::{SEALED_SECRET, SPEC, TEMPLATE};
pub(super) use secret::SECRET;

/// How strictly objects are read.
///
/// Compat: the readers of streams forgive, the reader of a single object does not.
pub(super) struct Reader {
    /// Whether field names match without regard to case.
    fold_names: bool,
    /// Whether numbers and booleans become text where a field wants text.
    coerce: bool,
    /// Whether the numbers come from YAML, where `5.0` is as good as `5`.
    yaml: bool,
    /// Numbers that have no JSON form and became text: their nodes, and how many times each.
    odd_texts: RefCell<BTreeMap<usize, usize>>,
}

/// A map of text; where JSON repeats a field, the second value is merged into the first.
type TextMap = Option<BTreeMap<String, String>>;

impl Reader {
    /// A JSON value in a stream; what does not fit is tried again as YAML.
    pub(super) fn json_stream() -> Self {
        Self::new(true, false, false)
    }

    /// A YAML document in a stream.
    pub(super) fn yaml_stream() -> Self {
        Self::new(true, true, true)
    }

    /// A single object.
    pub(super) fn strict(yaml: bool) -> Self {
        Self::new(false, false, yaml)
    }

    fn new(fold_names: bool, coerce: bool, yaml: bool) -> Self {
        Self { fold_names, coerce, yaml, odd_texts: RefCell::default() }
    }

    /// Refuses infinities and NaNs that no field took as text; the last one is named.
    pub(super) fn check_numbers(&self, tree: &Tree<'_>) -> Result<(), Fault> {
        if !tree.odd_numbers {
            return Ok(());
        }
        let (mut taken, mut found) = (self.odd_texts.take(), None);
        let mut open: Vec<Box<dyn Iterator<Item = Node<'_>>>> = vec![Box::new(std::iter::once(tree.root()))];
        while let Some(children) = open.last_mut() {
            let Some(node) = children.next() else {
                open.pop();
                continue;
            };
            match node.value() {
                Value::Float(number) if !number.is_finite() => match taken.get_mut(&node.id()) {
                    Some(times) if *times > 0 => *times -= 1,
                    _ => found = Some(node.at()),
                },
                Value::List(items) => open.push(Box::new(items)),
                Value::Map(map) => open.push(Box::new(map.entries().map(|(_, node)| node))),
                _ => {}
            }
        }
        found.map_or(Ok(()), |at| Err(Fault::new(at, Problem::UnsupportedValue)))
    }

    /// Reads the fields of an object; answers whether it was there, null is not.
    fn fields(
        &self,
        node: Node<'_>,
        names: &[&'static str],
        mut each: impl FnMut(&'static str, Node<'_>) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        let map = match node.value() {
            Value::Null => return Ok(false),
            Value::Map(map) => map,
            other => return Err(mismatch(node.at(), "a map", &other)),
        };
        let known = |given: &str| {
            let exact = names.iter().find(|name| **name == given);
            let folded = || names.iter().find(|name| self.fold_names && name.eq_ignore_ascii_case(given));
            exact.or_else(folded)
        };
        for (given, value) in map.entries_of(|given| known(given).is_some()) {
            if let Some(name) = known(&given) {
                each(name, value).map_err(|fault| fault.inside(name))?;
            }
        }
        Ok(true)
    }

    /// Adds the entries of a map of text; null takes the map away.
    fn text_map(&self, map: &mut TextMap, node: Node<'_>) -> Result<(), Fault> {
        let mut entries = map.take().unwrap_or_default();
        let is_there = Self::entries(node, |name, value| {
            let text = self.text(value)?.unwrap_or_default();
            entries.insert(name.to_owned(), text);
            Ok(())
        })?;
        *map = Some(entries).filter(|entries| is_there && !entries.is_empty());
        Ok(())
    }

    /// Walks the entries of a map whose keys are data; answers whether there was a map.
    fn entries(
        node: Node<'_>,
        mut each: impl FnMut(&str, Node<'_>) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        match node.value() {
            Value::Null => Ok(false),
            Value::Map(map) => {
                for (name, value) in map.entries() {
                    each(&name, value).map_err(|fault| fault.inside(&name))?;
                }
                Ok(true)
            }
            other => Err(mismatch(node.at(), "a map", &other)),
        }
    }

    fn list<T>(
        node: Node<'_>,
        mut each: impl FnMut(Node<'_>) -> Result<T, Fault>,
    ) -> Result<Option<Vec<T>>, Fault> {
        match node.value() {
            Value::Null => Ok(None),
            Value::List(items) => {
                let items = items.enumerate();
                let items = items.map(|(index, item)| each(item).map_err(|fault| fault.at_index(index)));
                items
                    .collect::<Result<Vec<_>, _>>()
                    .map(|items| Some(items).filter(|items| !items.is_empty()))
            }
            other => Err(mismatch(node.at(), "a list", &other)),
        }
    }
}

pub(super) fn mismatch(at: usize, wanted: &'static str, found: &Value<'_>) -> Fault {
    Fault::new(at, Problem::Type { wanted, found: found.type_name() })
}
