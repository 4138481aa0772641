//! What the types of Sprig have in common: their form in JSON.

use std::rc::Rc;

use super::{
    certs::Certificate,
    packages::{layout_format, time::Time},
    semver::Version,
};
use crate::{
    function::object_as,
    value::{Object, Value},
};

/// A value of these types in JSON.
pub(super) enum Json {
    Text(Vec<u8>),
    Number(i64),
    Fields(Vec<(&'static str, Value)>),
    Unsupported,
}

/// How `json.Marshal` writes an object.
pub(super) fn to_json(object: &Rc<dyn Object>) -> Json {
    if let Some(time) = object_as::<Time>(object) {
        // Years of other than four digits have no form in RFC 3339.
        return if (0..=9999).contains(&time.civil().year) {
            Json::Text(layout_format::format(time, RFC3339_NANO))
        } else {
            Json::Unsupported
        };
    }
    if let Some(version) = object_as::<Version>(object) {
        return Json::Text(version.to_string().into_bytes());
    }
    if object_as::<Certificate>(object).is_some() {
        return Json::Fields(object.fields());
    }
    match object.integer() {
        Some(number) => Json::Number(number),
        // Types without exported fields.
        None => Json::Fields(Vec::new()),
    }
}

/// Go's layout of times in JSON.
pub(super) const RFC3339_NANO: &[u8] = b"2006-01-02T15:04:05.999999999Z07:00";
