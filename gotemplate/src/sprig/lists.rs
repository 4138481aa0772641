//! Lists. They are shared as Go's slices are: `first` of a list gives the item itself, `slice` a window.

use super::{cast, reflect};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Elem, List, Value},
};

/// The functions of this family, each under both of its names: in the reference the plain ones panic
/// where the `must` ones fail, which comes to the same here.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("append", &[Type::Any, Type::Any], append),
    Function::fixed("chunk", &[Type::Int, Type::Any], chunk),
    Function::fixed("compact", &[Type::Any], compact),
    Function::variadic("concat", &[], Type::Any, concat),
    Function::fixed("first", &[Type::Any], first),
    Function::fixed("has", &[Type::Any, Type::Any], has),
    Function::fixed("initial", &[Type::Any], initial),
    Function::fixed("last", &[Type::Any], last),
    Function::variadic("list", &[], Type::Any, list),
    Function::fixed("mustAppend", &[Type::Any, Type::Any], append),
    Function::fixed("mustChunk", &[Type::Int, Type::Any], chunk),
    Function::fixed("mustCompact", &[Type::Any], compact),
    Function::fixed("mustFirst", &[Type::Any], first),
    Function::fixed("mustHas", &[Type::Any, Type::Any], has),
    Function::fixed("mustInitial", &[Type::Any], initial),
    Function::fixed("mustLast", &[Type::Any], last),
    Function::fixed("mustPrepend", &[Type::Any, Type::Any], prepend),
    Function::fixed("mustPush", &[Type::Any, Type::Any], append),
    Function::fixed("mustRest", &[Type::Any], rest),
    Function::fixed("mustReverse", &[Type::Any], reverse),
    Function::variadic("mustSlice", &[Type::Any], Type::Any, slice),
    Function::fixed("mustUniq", &[Type::Any], uniq),
    Function::variadic("mustWithout", &[Type::Any], Type::Any, without),
    Function::fixed("prepend", &[Type::Any, Type::Any], prepend),
    Function::fixed("push", &[Type::Any, Type::Any], append),
    Function::fixed("rest", &[Type::Any], rest),
    Function::fixed("reverse", &[Type::Any], reverse),
    Function::variadic("slice", &[Type::Any], Type::Any, slice),
    Function::variadic("tuple", &[], Type::Any, list),
    Function::fixed("uniq", &[Type::Any], uniq),
    Function::variadic("without", &[Type::Any], Type::Any, without),
];

/// The list that an argument must be.
fn list_of(value: &Value) -> Result<&List, Failure> {
    match value {
        Value::List(list) => Ok(list),
        Value::Nil => Err(Failure::new("a list is needed, and there is no value")),
        other => Err(Failure::with(format!("a list is needed, not a {}", other.kind().name()))),
    }
}

/// The items of a list argument, paid for as if they were copied.
fn items(ctx: &mut Context<'_>, value: &Value) -> Result<Vec<Value>, Failure> {
    let list = list_of(value)?;
    ctx.charge_list(list.len())?;
    Ok(list.items().to_vec())
}

fn append(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge_list(1)?;
    let mut items = items(ctx, args.any(0))?;
    items.push(args.any(1).clone());
    Ok(Value::list(items))
}

fn prepend(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge_list(1)?;
    let mut items = items(ctx, args.any(0))?;
    items.insert(0, args.any(1).clone());
    Ok(Value::list(items))
}

fn concat(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut all = Vec::new();
    for value in args.rest(0) {
        all.append(&mut items(ctx, value)?);
    }
    // Compat: nothing joined with nothing is Go's nil list, `null` in JSON.
    Ok(if all.is_empty() { Value::List(List::nil(Elem::Any)) } else { Value::list(all) })
}

fn chunk(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let items = items(ctx, args.any(1))?;
    let wanted = args.int(0)?;
    // Compat: the reference counts the chunks as ⌊(length - 1) / size⌋ + 1, which is none at all for
    // some sizes below zero, and a failure for the others.
    if wanted < 0 && items.len() > 1 && items.len() as u64 <= wanted.unsigned_abs().saturating_add(1) {
        return Ok(Value::List(List::new(Elem::List, Vec::new())));
    }
    let size = usize::try_from(wanted).unwrap_or(0);
    if size == 0 {
        return Err(Failure::new("the size of a chunk must be at least 1"));
    }
    ctx.charge(items.len().div_ceil(size).saturating_mul(CHUNK_BYTES))?;
    let chunks = items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect();
    Ok(Value::List(List::new(Elem::List, chunks)))
}

/// What a list takes beside its items.
const CHUNK_BYTES: usize = size_of::<Value>() + 64;

fn compact(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(ctx, args.any(0))?;
    items.retain(|item| !reflect::is_empty(item));
    Ok(Value::list(items))
}

fn first(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(list_of(args.any(0))?.get(0).unwrap_or(Value::Nil))
}

fn last(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let list = list_of(args.any(0))?;
    Ok(list.len().checked_sub(1).and_then(|last| list.get(last)).unwrap_or(Value::Nil))
}

/// Compat: what is left of an empty list is Go's nil list.
fn rest(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(ctx, args.any(0))?;
    if items.is_empty() {
        return Ok(Value::List(List::nil(Elem::Any)));
    }
    items.remove(0);
    Ok(Value::list(items))
}

fn initial(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(ctx, args.any(0))?;
    if items.pop().is_none() {
        return Ok(Value::List(List::nil(Elem::Any)));
    }
    Ok(Value::list(items))
}

fn list(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge_list(args.len())?;
    Ok(Value::list(args.rest(0).to_vec()))
}

fn reverse(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut items = items(ctx, args.any(0))?;
    items.reverse();
    Ok(Value::list(items))
}

fn contains(ctx: &mut Context<'_>, items: &[Value], wanted: &Value) -> Result<bool, Failure> {
    for item in items {
        if reflect::equal(ctx, item, wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut kept = Vec::new();
    for item in items(ctx, args.any(0))? {
        if !contains(ctx, &kept, &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn without(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut kept = Vec::new();
    for item in items(ctx, args.any(0))? {
        if !contains(ctx, args.rest(1), &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

fn has(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    // Compat: nothing is in no list; any other argument must be one.
    if matches!(args.any(1), Value::Nil) {
        return Ok(false.into());
    }
    let items = items(ctx, args.any(1))?;
    Ok(contains(ctx, &items, args.any(0))?.into())
}

fn slice(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let list = list_of(args.any(0))?;
    if list.len() == 0 {
        return Ok(Value::Nil);
    }
    let bound = |index, otherwise| match args.rest(1).get(index) {
        Some(value) => usize::try_from(cast::to_int64(value)).unwrap_or(usize::MAX),
        None => otherwise,
    };
    list.window(bound(0, 0), bound(1, list.len()))
        .map(Value::List)
        .ok_or(Failure::new("the bounds are outside of the list"))
}
