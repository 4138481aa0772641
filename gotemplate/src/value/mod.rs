//! Go's values as templates can meet them.

mod list;
mod map;
mod object;
mod text;

pub(crate) use list::{Elem, List};
pub(crate) use map::{Map, WeakMap};
pub(crate) use object::{Kind, Object};
pub(crate) use text::Str;

use std::rc::Rc;

/// A value during a render. Cloning is cheap: big values are shared, lists and maps as Go shares them.
///
/// There is one variant for each Go type that a template can tell apart, because they print, compare
/// and pass as arguments differently (`trunc` takes an `int` and refuses the `int64` of `add`).
#[derive(Clone)]
pub(crate) enum Value {
    /// No value, or a nil interface.
    Nil,
    Bool(bool),
    /// Go's `int`
    Int(i64),
    Int64(i64),
    /// Go's `byte`: what indexing a string gives
    Uint8(u8),
    Uint64(u64),
    /// `float64`
    Float(f64),
    /// `complex128`, real and imaginary part
    Complex(f64, f64),
    /// `string`: any bytes
    Str(Str),
    /// `[]any`, `[]string`, `[]int`, `[]byte`, `[][]any`
    List(List),
    /// `map[string]any`, `map[string]string`
    Map(Map),
    /// Everything else: times, versions, certificates
    Object(Rc<dyn Object>),
}

impl Value {
    /// Go's name of the type, as `printf "%T"` and `typeOf` give it.
    pub(crate) fn go_type(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Uint8(_) => "uint8",
            Self::Uint64(_) => "uint64",
            Self::Float(_) => "float64",
            Self::Complex(..) => "complex128",
            Self::Str(_) => "string",
            Self::List(list) => list.go_type(),
            Self::Map(map) => map.go_type(),
            Self::Object(object) => object.go_type(),
        }
    }

    /// Go's `reflect.Kind` of the value.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Int64(_) => Kind::Int64,
            Self::Uint8(_) => Kind::Uint8,
            Self::Uint64(_) => Kind::Uint64,
            Self::Float(_) => Kind::Float64,
            Self::Complex(..) => Kind::Complex128,
            Self::Str(_) => Kind::String,
            Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Object(object) => object.kind(),
        }
    }

    /// What `if` makes of it.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(b) => *b,
            Self::Int(i) | Self::Int64(i) => *i != 0,
            Self::Uint8(u) => *u != 0,
            Self::Uint64(u) => *u != 0,
            Self::Float(f) => *f != 0.0,
            Self::Complex(re, im) => *re != 0.0 || *im != 0.0,
            Self::Str(s) => !s.is_empty(),
            Self::List(list) => list.len() > 0,
            Self::Map(map) => map.len() > 0,
            // Structs are true, named integers when they are not zero.
            Self::Object(object) => object.integer() != Some(0),
        }
    }

    /// Whether it can hold others.
    pub(crate) fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    /// A list of `any`.
    pub(crate) fn list(items: Vec<Value>) -> Self {
        Self::List(List::new(Elem::Any, items))
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}
impl From<f64> for Value {
    fn from(f: f64) -> Self {
        Self::Float(f)
    }
}
impl From<Str> for Value {
    fn from(s: Str) -> Self {
        Self::Str(s)
    }
}
impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::Str(s.into())
    }
}
impl From<&[u8]> for Value {
    fn from(s: &[u8]) -> Self {
        Self::Str(s.into())
    }
}
impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::Str(s.into_bytes().into())
    }
}
impl From<Vec<u8>> for Value {
    fn from(s: Vec<u8>) -> Self {
        Self::Str(s.into())
    }
}
impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(list)
    }
}
impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}
