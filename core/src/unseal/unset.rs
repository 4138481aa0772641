//! Template variables that have no value.

use std::fmt;

/// An action of a template that printed `<no value>`: Go does so without a word, and hardly anybody means it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsetVariable {
    /// The item of the template.
    pub item: String,
    /// What the action names, as `.password`. Nothing where it is more than a chain of fields.
    pub name: Option<String>,
    /// Line of the template, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

impl UnsetVariable {
    pub(super) fn new(item: &str, unset: gotemplate::Unset) -> Self {
        let gotemplate::Unset { name, line, column } = unset;
        Self { item: item.to_owned(), name, line, column }
    }
}

/// Names and a place, never a value.
impl fmt::Display for UnsetVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { item, name, line, column } = self;
        match name {
            Some(name) => write!(f, "template {item}:{line}:{column}: no item {name}, <no value> is written"),
            None => write!(f, "template {item}:{line}:{column}: nothing here, <no value> is written"),
        }
    }
}
