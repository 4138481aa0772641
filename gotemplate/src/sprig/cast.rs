//! Any value as a number, by the rules of the library that Sprig uses for it.

use crate::{
    strconv,
    value::{Object, Value},
};

/// The value as an `int64`; 0 for what is no number.
pub(super) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Bool(true) => 1,
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Uint8(number) => i64::from(*number),
        Value::Uint64(number) => number.cast_signed(),
        Value::Float(number) => truncated(*number),
        Value::Str(text) => strconv::parse_int(without_zero_decimals(text), 0).unwrap_or(0),
        Value::Object(object) => calendar_number(&**object).unwrap_or(0),
        Value::Nil | Value::Bool(false) | Value::Complex(..) | Value::List(_) | Value::Map(_) => 0,
    }
}

/// The value as a `float64`; 0 for what is no number.
#[expect(clippy::cast_precision_loss, reason = "the nearest float is what is wanted")]
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(true) => 1.0,
        Value::Int(number) | Value::Int64(number) => *number as f64,
        Value::Uint8(number) => f64::from(*number),
        Value::Uint64(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Str(text) => strconv::parse_float(text).unwrap_or(0.0),
        Value::Object(object) => calendar_number(&**object).unwrap_or(0) as f64,
        Value::Nil | Value::Bool(false) | Value::Complex(..) | Value::List(_) | Value::Map(_) => 0.0,
    }
}

/// Months and weekdays are the only named integers that count as numbers.
fn calendar_number(object: &dyn Object) -> Option<i64> {
    matches!(object.go_type(), "time.Month" | "time.Weekday").then(|| object.integer()).flatten()
}

/// A float without its fraction; what no integer can hold is the smallest one, as on amd64.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn truncated(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) { number as i64 } else { i64::MIN }
}

/// `5.00` is `5`; other fractions stay and make the text no integer.
fn without_zero_decimals(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != b'0').map_or(0, |last| last + 1);
    let has_zeros = end < text.len();
    match text[..end].split_last() {
        Some((b'.', whole)) if has_zeros => whole,
        _ => text,
    }
}
