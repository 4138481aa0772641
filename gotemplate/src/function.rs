//! Functions with Go's signatures: the evaluator checks arguments before a function sees them.

use std::rc::Rc;

use crate::{
    context::Context,
    error::Failure,
    value::{List, Map, Object, Str, Value},
};

/// What every function gives.
pub(crate) type Outcome = Result<Value, Failure>;

/// A function that templates can call. Made as a constant, one line of a family's table:
/// `Function::fixed("trunc", &[Type::Int, Type::Str], trunc)`.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Types of the fixed parameters.
    pub(crate) params: &'static [Type],
    /// Type of each further argument.
    pub(crate) rest: Option<Type>,
    /// Runs it; the arguments fit the signature.
    pub(crate) run: fn(&mut Context<'_>, Args<'_>) -> Outcome,
}

impl Function {
    /// A function of exactly these parameters.
    pub(crate) const fn fixed(
        name: &'static str,
        params: &'static [Type],
        run: fn(&mut Context<'_>, Args<'_>) -> Outcome,
    ) -> Self {
        Self { name, params, rest: None, run }
    }

    /// A function that takes any number of further arguments.
    pub(crate) const fn variadic(
        name: &'static str,
        params: &'static [Type],
        rest: Type,
        run: fn(&mut Context<'_>, Args<'_>) -> Outcome,
    ) -> Self {
        Self { name, params, rest: Some(rest), run }
    }

    /// The type of the argument at `index`, if the function takes one there.
    pub(crate) fn param(&self, index: usize) -> Option<Type> {
        self.params.get(index).copied().or(self.rest)
    }
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// `any`
    Any,
    Bool,
    Int,
    Uint32,
    Float64,
    Str,
    /// `map[string]any`; a nil becomes a nil map
    Map,
    /// `[]any`; a nil becomes a nil list
    List,
    /// The [`Object`] whose Go type has this name
    Object(&'static str),
}

impl Type {
    /// Go's name of the type.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint32 => "uint32",
            Self::Float64 => "float64",
            Self::Str => "string",
            Self::Map => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Object(name) => name,
        }
    }

    /// Go's assignability: the value as an argument of this type, or `None` when it does not fit.
    pub(crate) fn accept(self, value: Value) -> Option<Value> {
        let fits = match (self, &value) {
            (Self::Map, Value::Nil) => return Some(Value::Map(Map::nil())),
            (Self::List, Value::Nil) => return Some(Value::List(List::nil(crate::value::Elem::Any))),
            (Self::Map, Value::Map(map)) => !map.strings_only(),
            (Self::List, Value::List(list)) => list.elem() == crate::value::Elem::Any,
            (Self::Object(name), Value::Object(object)) => object.go_type() == name,
            (Self::Any, _)
            | (Self::Bool, Value::Bool(_))
            | (Self::Int, Value::Int(_))
            | (Self::Float64, Value::Float(_))
            | (Self::Str, Value::Str(_)) => true,
            _ => false,
        };
        fits.then_some(value)
    }
}

/// The arguments of a call. The accessors repeat what the signature promised; an [`Err`] means that
/// the table and the function disagree, which is a bug and still no panic.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(pub(crate) &'a [Value]);

impl<'a> Args<'a> {
    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    /// The argument as it is; nil when there is none.
    pub(crate) fn any(self, index: usize) -> &'a Value {
        self.0.get(index).unwrap_or(&Value::Nil)
    }

    /// All arguments from `index` on.
    pub(crate) fn rest(self, index: usize) -> &'a [Value] {
        self.0.get(index..).unwrap_or_default()
    }

    /// A `bool` argument.
    pub(crate) fn bool(self, index: usize) -> Result<bool, Failure> {
        if let Value::Bool(b) = self.any(index) { Ok(*b) } else { Err(MISMATCH) }
    }

    /// An `int`, `int64` or `uint32` argument (the last is checked to be in range by the evaluator).
    pub(crate) fn int(self, index: usize) -> Result<i64, Failure> {
        if let Value::Int(i) | Value::Int64(i) = self.any(index) { Ok(*i) } else { Err(MISMATCH) }
    }

    /// A `float64` argument.
    pub(crate) fn float(self, index: usize) -> Result<f64, Failure> {
        if let Value::Float(f) = self.any(index) { Ok(*f) } else { Err(MISMATCH) }
    }

    /// A `string` argument.
    pub(crate) fn str(self, index: usize) -> Result<&'a Str, Failure> {
        if let Value::Str(s) = self.any(index) { Ok(s) } else { Err(MISMATCH) }
    }

    /// A `map[string]any` argument.
    pub(crate) fn map(self, index: usize) -> Result<&'a Map, Failure> {
        if let Value::Map(map) = self.any(index) { Ok(map) } else { Err(MISMATCH) }
    }

    /// A `[]any` argument.
    pub(crate) fn list(self, index: usize) -> Result<&'a List, Failure> {
        if let Value::List(list) = self.any(index) { Ok(list) } else { Err(MISMATCH) }
    }

    /// An argument (or a receiver) of the Go type behind `T`.
    pub(crate) fn object<T: Object>(self, index: usize) -> Result<&'a T, Failure> {
        if let Value::Object(object) = self.any(index) { object_as(object) } else { None }.ok_or(MISMATCH)
    }
}

/// The real type behind an object.
pub(crate) fn object_as<T: Object>(object: &Rc<dyn Object>) -> Option<&T> {
    object.as_any().downcast_ref()
}

const MISMATCH: Failure = Failure::new("the engine passed an argument of the wrong type");
