//! `index`, `slice` and `len`.

use crate::{
    context::Context,
    error::Failure,
    function::{Args, Outcome},
    value::{Elem, List, Value},
};

/// `index x 1 "a"`: Go's `x[1]["a"]`.
pub(super) fn index(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut item = args.any(0).clone();
    if matches!(item, Value::Nil) {
        return Err(Failure::new("there is no value to index"));
    }
    for key in args.rest(1) {
        ctx.work(1)?;
        item = match &item {
            Value::Str(text) => Value::Uint8(text[position(key, text.len(), false)?]),
            Value::List(list) => list.get(position(key, list.len(), false)?).unwrap_or(Value::Nil),
            Value::Map(map) => match key {
                Value::Str(key) if map.strings_only() => map.get(key).unwrap_or_else(|| Value::from("")),
                Value::Str(key) => map.get(key).unwrap_or(Value::Nil),
                _ => return Err(Failure::with(format!("a map's key is a string, not {}", key.go_type()))),
            },
            Value::Nil => return Err(Failure::new("nil has no items")),
            _ => return Err(Failure::with(format!("a value of type {} has no items", item.go_type()))),
        };
    }
    Ok(item)
}

/// An index of something of length `len`; the end itself is fine for slices.
fn position(index: &Value, len: usize, slicing: bool) -> Result<usize, Failure> {
    let index = match index {
        Value::Int(i) | Value::Int64(i) => *i,
        Value::Uint8(u) => i64::from(*u),
        Value::Uint64(u) => i64::try_from(*u).unwrap_or(-1),
        Value::Object(object) => object.integer().ok_or(Failure::new("an index is an integer"))?,
        _ => return Err(Failure::with(format!("an index is an integer, not {}", index.go_type()))),
    };
    let found = usize::try_from(index).ok().filter(|index| *index < len || slicing && *index == len);
    // Neither number is shown: both may tell of a value.
    found.ok_or(Failure::new("the index is out of range"))
}

/// Go's `slice x 1 2`: `x[1:2]`, of text or a list.
pub(super) fn slice(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let item = args.any(0);
    let indexes = args.rest(1);
    let len = match item {
        Value::Str(_) if indexes.len() > 2 => return Err(Failure::new("text takes at most two indexes")),
        Value::Str(text) => text.len(),
        Value::List(list) => list.len(),
        _ => return Err(Failure::with(format!("a value of type {} cannot be sliced", item.go_type()))),
    };
    if indexes.len() > 3 {
        return Err(Failure::new("it takes at most three indexes"));
    }
    let mut bounds = [0, len, len];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = position(index, len, true)?;
    }
    let [from, to, capacity] = bounds;
    if from > to || to > capacity {
        return Err(Failure::new("the indexes are not in order"));
    }
    match item {
        Value::Str(text) => {
            ctx.charge(to - from)?;
            Ok(Value::from(&text[from..to]))
        }
        Value::List(list) => Ok(Value::List(list.window(from, to).unwrap_or_else(|| List::nil(Elem::Any)))),
        _ => Ok(Value::Nil),
    }
}

pub(super) fn len(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let len = match args.any(0) {
        Value::Str(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        other => return Err(Failure::with(format!("a value of type {} has no length", other.go_type()))),
    };
    Ok(Value::Int(i64::try_from(len).unwrap_or(i64::MAX)))
}
