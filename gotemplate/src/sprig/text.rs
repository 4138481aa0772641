//! How Sprig turns any value into text, which `toString`, `join`, `quote` and others share.

use crate::{
    context::Context,
    error::Failure,
    format::append_value,
    value::{Elem, List, Str, Value},
};

/// Sprig's text of a value: strings as they are, `[]byte` as text, the rest as it prints.
pub(super) fn of(ctx: &mut Context<'_>, value: &Value) -> Result<Str, Failure> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        Value::List(list) if list.elem() == Elem::Byte => Ok(list.as_bytes().unwrap_or_default().into()),
        _ => printed(ctx, value),
    }
}

/// A value as `print` shows it.
pub(super) fn printed(ctx: &mut Context<'_>, value: &Value) -> Result<Str, Failure> {
    let mut out = Vec::new();
    append_value(ctx, &mut out, value)?;
    Ok(out.into())
}

/// The texts of a list's items without nils; of anything else, its own text.
pub(super) fn list_of(ctx: &mut Context<'_>, value: &Value) -> Result<Vec<Str>, Failure> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => {
            ctx.charge_list(list.len())?;
            let items = list.items().to_vec();
            items.iter().filter(|item| !matches!(item, Value::Nil)).map(|item| of(ctx, item)).collect()
        }
        _ => Ok(vec![of(ctx, value)?]),
    }
}

/// A new list of strings.
pub(super) fn strings(ctx: &mut Context<'_>, items: Vec<Str>) -> Result<Value, Failure> {
    ctx.charge_list(items.len())?;
    Ok(Value::List(List::new(Elem::Str, items.into_iter().map(Value::Str).collect())))
}
