//! Readings of the data that find nothing, and what becomes of them.
//!
//! Go goes on without a word, so that a misspelt name shows in the application that reads the result. A reading is told
//! where its value reaches the output: it is printed, or a function that is no test takes it. A template may ask
//! whether a value is there: neither the condition of `if` tells anything, nor that of a `with` that is not entered, nor
//! the functions of [`TESTS`].

use super::Exec;
use crate::{
    ast::{Operand, Pipe, Pos, Term},
    function::Function,
    value::Value,
};

/// What became of a reading that found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// `<no value>` was printed.
    NoValue,
    /// Nothing was printed, as `index` gives an empty text.
    Nothing,
    /// A function got nothing as an argument, and made of it what it makes of nothing.
    Argument,
}

/// What is told of a reading.
pub(crate) struct Unset {
    pub(crate) at: Pos,
    /// What was read, as `.a.b`, where that stands in the template.
    pub(crate) name: Option<String>,
    pub(crate) became: Became,
}

/// The operand that read what is not there: fields, or the literal key of an `index`.
#[derive(Clone, Copy)]
pub(super) struct Missing<'t>(pub(super) &'t Operand);

impl Missing<'_> {
    /// What was read, as it stands in the template, if it is no longer than a name is.
    fn name(self, names: &[String]) -> Option<String> {
        let (root, path) = match &self.0.what {
            Term::Field(path) => ("", path),
            Term::Variable(name, path) if !path.is_empty() => (names.get(*name as usize)?.as_str(), path),
            Term::Str(key) if key.len() <= LONGEST_NAME => {
                return Some(format!("{:?}", String::from_utf8_lossy(key)));
            }
            _ => return None,
        };
        if path.iter().map(|name| name.len() + 1).sum::<usize>() > LONGEST_NAME {
            return None;
        }
        let names = path.iter().map(|name| format!(".{}", String::from_utf8_lossy(name)));
        Some(root.to_owned() + &names.collect::<String>())
    }
}

impl<'t> Exec<'t, '_> {
    /// Tells of a value that is printed though it is not there.
    pub(super) fn tell_printed(&mut self, pipe: &'t Pipe, became: Became) {
        // What no reading of the data explains is named where it is a chain of fields.
        let only = if let [only] = pipe.words.as_slice() { Some(Missing(only)) } else { None };
        match self.missing.take().or(only) {
            Some(missing) => self.tell(missing, became),
            None => self.push(pipe.pos, None, became),
        }
    }

    fn tell(&mut self, missing: Missing<'t>, became: Became) {
        if !self.asking {
            let name = missing.name(&self.trees.names);
            self.push(missing.0.pos, name, became);
        }
    }

    fn push(&mut self, at: Pos, name: Option<String>, became: Became) {
        let is_known = self.unset.iter().any(|unset| unset.at == at);
        if !is_known && self.unset.len() < MOST_UNSET {
            self.unset.push(Unset { at, name, became });
        }
    }

    /// A function takes what was read last: told, or carried on where the function only tests it.
    pub(super) fn taken_by(&mut self, function: &Function, carried: &mut Option<Missing<'t>>) {
        let Some(missing) = self.missing.take() else { return };
        if TESTS.contains(&function.name) {
            carried.get_or_insert(missing);
        } else {
            self.tell(missing, Became::Argument);
        }
    }

    /// The key of an `index` that found nothing in the data; its result is an empty text like any other.
    pub(super) fn missed_key(
        &self,
        function: &Function,
        arguments: &[Value],
        operands: &'t [Operand],
    ) -> Option<Missing<'t>> {
        let [Value::Map(map), Value::Str(key)] = arguments else { return None };
        if function.name != "index" || !self.is_data(map) || map.get(key).is_some() {
            return None;
        }
        // A key that is made by the template may be a value, and is not named.
        let literal = operands.get(1).filter(|operand| matches!(operand.what, Term::Str(_)));
        literal.or(operands.first()).map(Missing)
    }
}

/// Whether a value shows nothing.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Str(text) => text.is_empty(),
        _ => false,
    }
}

/// Functions that ask whether a value is there, or what it is, or put another in its place.
const TESTS: &[&str] = &[
    "all",
    "any",
    "coalesce",
    "deepEqual",
    "default",
    "empty",
    "eq",
    "ge",
    "gt",
    "kindIs",
    "kindOf",
    "le",
    "lt",
    "ne",
    "not",
    "ternary",
    "typeIs",
    "typeIsLike",
    "typeOf",
];

/// More are of no help to who corrects the template.
const MOST_UNSET: usize = 16;
/// What is longer is no key of a Secret.
const LONGEST_NAME: usize = 253 + 1;

#[cfg(test)]
mod tests {
    use super::TESTS;

    #[test]
    fn every_test_is_a_function() {
        for name in TESTS {
            assert!(crate::builtins::function_names().any(|known| known == *name), "{name}");
        }
    }
}
