//! Go's `strconv`: numbers and quoted text, read and written as Go does.

mod float;
mod int;
mod quote;

pub(crate) use float::{format_float, parse_float};
pub(crate) use int::{parse_int, parse_uint, underscores_ok};
pub(crate) use quote::{Unit, quote, quote_rune, quoted_most, unquote, unquote_char};

/// Why a text is no number of the wanted type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NumError<T> {
    /// Not written as a number.
    Syntax,
    /// Too large or too small; holds the nearest value, which some callers use all the same.
    Range(T),
}
