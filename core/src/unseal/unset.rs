//! Template variables that have no value.

use std::fmt;

pub use gotemplate::Became;

/// A reading of an item that is not there, whose value went into the text or into a function that does not just ask for
/// it: Go goes on without a word, and hardly anybody means it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsetVariable {
    /// The item of the template.
    pub item: String,
    /// What is read, as `.password`, or the key of an `index` in quotes. Nothing where it is more than that.
    pub name: Option<String>,
    /// What became of it.
    pub became: Became,
    /// Line of the template, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

impl UnsetVariable {
    pub(super) fn new(item: &str, unset: gotemplate::Unset) -> Self {
        let gotemplate::Unset { name, became, line, column } = unset;
        Self { item: item.to_owned(), name, became, line, column }
    }
}

/// Names and a place, never a value.
impl fmt::Display for UnsetVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { item, name, became, line, column } = self;
        let became = match became {
            Became::NoValue => "<no value> is written",
            Became::Nothing => "nothing is written",
            Became::Argument => "a function is given nothing",
        };
        match name {
            Some(name) => write!(f, "template {item}:{line}:{column}: no item {name}, {became}"),
            None => write!(f, "template {item}:{line}:{column}: nothing here, {became}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_place_and_what_became_of_it_are_told() {
        let told = |name: Option<&str>, became| {
            let name = name.map(str::to_owned);
            let unset = gotemplate::Unset { name, became, line: 2, column: 7 };
            UnsetVariable::new("config", unset).to_string()
        };
        for (name, became, wanted) in [
            (Some(".a"), Became::NoValue, "no item .a, <no value> is written"),
            (Some("\"tls.crt\""), Became::Nothing, "no item \"tls.crt\", nothing is written"),
            (Some(".a"), Became::Argument, "no item .a, a function is given nothing"),
            (None, Became::NoValue, "nothing here, <no value> is written"),
        ] {
            assert_eq!(told(name, became), format!("template config:2:7: {wanted}"));
        }
    }
}
