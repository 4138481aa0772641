//! What Sprig leaves to Go's standard library and to others: times, expressions, numbers, addresses.
//!
//! Nothing here knows of templates; each file is one package's behaviour on plain Rust values.

pub(crate) mod base32;
pub(crate) mod bytes;
pub(crate) mod decimal;
pub(crate) mod layout;
pub(crate) mod layout_format;
pub(crate) mod layout_parse;
mod layout_read;
mod layout_zone;
pub(crate) mod path;
pub(crate) mod re2;
mod re2_class;
pub(crate) mod re2_expand;
mod re2_group;
pub(crate) mod time;
pub(crate) mod unicode;
pub(crate) mod url;
mod url_escape;
pub(crate) mod words;
pub(crate) mod wrap;
pub(crate) mod zone;
