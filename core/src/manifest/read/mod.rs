//! Trees to objects: which field holds what, and what happens to a value of another type.

mod metadata;
mod scalars;
mod sealed;
mod secret;

use std::collections::BTreeMap;

use super::{
    error::{Fault, Problem},
    node::{Node, Value},
};

pub(super) use metadata::to_json;

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
}

/// A map of text; where JSON repeats a field, the second value is merged into the first.
type TextMap = Option<BTreeMap<String, String>>;

impl Reader {
    /// A JSON value in a stream; what does not fit is tried again as YAML.
    pub(super) fn json_stream() -> Self {
        Self { fold_names: true, coerce: false, yaml: false }
    }

    /// A YAML document in a stream.
    pub(super) fn yaml_stream() -> Self {
        Self { fold_names: true, coerce: true, yaml: true }
    }

    /// A single object.
    pub(super) fn strict(yaml: bool) -> Self {
        Self { fold_names: false, coerce: false, yaml }
    }

    /// Refuses infinities and NaNs that no field took as text: those that were taken are gone from the tree.
    pub(super) fn check_numbers(root: &Node) -> Result<(), Fault> {
        let mut heap = vec![root];
        while let Some(node) = heap.pop() {
            match &node.value {
                Value::Float(number) if !number.is_finite() => {
                    return Err(Fault::new(node.at, Problem::UnsupportedValue));
                }
                Value::List(items) => heap.extend(items),
                Value::Map(entries) => heap.extend(entries.iter().map(|(_, node)| node)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the fields of an object; answers whether it was there, null is not.
    fn fields(
        &self,
        node: &mut Node,
        names: &[&'static str],
        mut each: impl FnMut(&'static str, &mut Node) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        let entries = match &mut node.value {
            Value::Null => return Ok(false),
            Value::Map(entries) => entries,
            other => return Err(mismatch(node.at, "a map", other)),
        };
        for (given, value) in entries {
            let exact = names.iter().find(|name| *name == given);
            let folded = || names.iter().find(|name| self.fold_names && name.eq_ignore_ascii_case(given));
            if let Some(name) = exact.or_else(folded) {
                each(name, value).map_err(|fault| fault.inside(name))?;
            }
        }
        Ok(true)
    }

    /// Adds the entries of a map of text; null takes the map away.
    fn text_map(&self, map: &mut TextMap, node: &mut Node) -> Result<(), Fault> {
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
        node: &mut Node,
        mut each: impl FnMut(&str, &mut Node) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        match &mut node.value {
            Value::Null => Ok(false),
            Value::Map(entries) => {
                for (name, value) in entries {
                    each(name, value).map_err(|fault| fault.inside(name))?;
                }
                Ok(true)
            }
            other => Err(mismatch(node.at, "a map", other)),
        }
    }

    fn list<T>(
        node: &mut Node,
        mut each: impl FnMut(&mut Node) -> Result<T, Fault>,
    ) -> Result<Option<Vec<T>>, Fault> {
        match &mut node.value {
            Value::Null => Ok(None),
            Value::List(items) => {
                let items = items.iter_mut().enumerate();
                let items = items.map(|(index, item)| each(item).map_err(|fault| fault.at_index(index)));
                items
                    .collect::<Result<Vec<_>, _>>()
                    .map(|items| Some(items).filter(|items| !items.is_empty()))
            }
            other => Err(mismatch(node.at, "a list", other)),
        }
    }
}

fn mismatch(at: usize, wanted: &'static str, found: &Value) -> Fault {
    Fault::new(at, Problem::Type { wanted, found: found.type_name() })
}
