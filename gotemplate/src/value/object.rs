//! Values that the language itself knows nothing about: times, versions, certificates.

use std::any::Any;

use super::Value;
use crate::function::Function;

/// Go's `reflect.Kind`, as far as templates meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Invalid,
    Bool,
    Int,
    Int64,
    Uint8,
    Uint64,
    Float64,
    Complex128,
    String,
    Slice,
    Map,
    Struct,
    Ptr,
}

impl Kind {
    /// Go's name of the kind, as `kindOf` gives it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint64 => "uint64",
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Struct => "struct",
            Self::Ptr => "ptr",
        }
    }
}

/// A Go type with methods or exported fields.
pub(crate) trait Object: Any {
    /// Go's name of the type, such as `time.Time` or `*semver.Version`; it is the type's identity.
    fn go_type(&self) -> &'static str;

    /// Struct or pointer, or the integer that a named type such as `time.Duration` is made of.
    fn kind(&self) -> Kind;

    /// The method of that name; its function gets the receiver as first argument, before those that
    /// its signature lists.
    fn method(&self, name: &str) -> Option<&'static Function>;

    /// The fields of the struct (or of the one behind a pointer) in Go's order. All print under verbs
    /// that `String()` does not serve; templates reach those whose name begins with a capital.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// What `String()` gives, for types that have it.
    fn text(&self) -> Option<Vec<u8>>;

    /// The number behind a named integer type.
    fn integer(&self) -> Option<i64> {
        None
    }

    /// Another number of the same named integer type, for a `range` over one.
    fn with_integer(&self, integer: i64) -> Value {
        Value::Int64(integer)
    }

    /// Go's `==` with a value of the same type; pointers are the same only when they are one object.
    fn same(&self, other: &dyn Object) -> bool;

    /// For a downcast to the real type.
    fn as_any(&self) -> &dyn Any;
}
