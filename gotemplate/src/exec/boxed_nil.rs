//! A nil that a list or a map holds, as opposed to a missing value.
//!
//! Go tells them apart in two places: a field of a held nil is an error, where a field of a missing
//! value is just missing; and a held nil does not pass as a map argument. So the walk carries a held
//! nil as a marker, and turns it into the plain nil before anyone else sees it.

use std::{any::Any, rc::Rc};

use crate::{
    function::Function,
    value::{Kind, Object, Value},
};

struct BoxedNil;

const TYPE: &str = "nil interface";

/// The value as the walk carries it when a list or a map holds it.
pub(super) fn held(value: Value) -> Value {
    if matches!(value, Value::Nil) { Value::Object(Rc::new(BoxedNil)) } else { value }
}

/// Whether it is the marker.
pub(super) fn is_boxed(value: &Value) -> bool {
    matches!(value, Value::Object(object) if object.go_type() == TYPE)
}

/// The value as everyone else sees it.
pub(super) fn unboxed(value: Value) -> Value {
    if is_boxed(&value) { Value::Nil } else { value }
}

impl Object for BoxedNil {
    fn go_type(&self) -> &'static str {
        TYPE
    }
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
    fn method(&self, _name: &str) -> Option<&'static Function> {
        None
    }
    fn text(&self) -> Option<Vec<u8>> {
        None
    }
    fn same(&self, _other: &dyn Object) -> bool {
        false
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}
