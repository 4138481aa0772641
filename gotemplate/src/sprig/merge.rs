//! Merging of dictionaries by the rules of the library that Sprig uses for it.

use super::reflect::is_empty;
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Kind, Map, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::variadic("merge", &[Type::Map], Type::Map, |ctx, args| lenient(ctx, args, Mode::Fill)),
    Function::variadic("mergeOverwrite", &[Type::Map], Type::Map, |ctx, args| {
        lenient(ctx, args, Mode::Overwrite)
    }),
    Function::variadic("mustMerge", &[Type::Map], Type::Map, |ctx, args| merged(ctx, args, Mode::Fill)),
    Function::variadic("mustMergeOverwrite", &[Type::Map], Type::Map, |ctx, args| {
        merged(ctx, args, Mode::Overwrite)
    }),
];

/// What happens to a key that both have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The source's value is taken where the destination's is empty.
    Fill,
    /// The source's value is taken.
    Overwrite,
}

const DIFFERENT_TYPES: Failure = Failure::new("cannot merge values of different types");

/// Compat: values that cannot be merged make the result an empty text.
fn lenient(ctx: &mut Context<'_>, args: Args<'_>, mode: Mode) -> Outcome {
    match merged(ctx, args, mode) {
        Err(failure) if failure == DIFFERENT_TYPES => Ok("".into()),
        outcome => outcome,
    }
}

/// The first dictionary, changed in place; nested ones of the others become shared.
fn merged(ctx: &mut Context<'_>, args: Args<'_>, mode: Mode) -> Outcome {
    let mut into = args.map(0)?.clone();
    for index in 1..args.len() {
        let from = args.map(index)?;
        if into.is_nil() && !from.is_nil() {
            into = Map::new([].into());
        }
        merge(ctx, &into, from, mode)?;
    }
    Ok(into.into())
}

fn merge(ctx: &mut Context<'_>, into: &Map, from: &Map, mode: Mode) -> Result<(), Failure> {
    ctx.deeper(|ctx| {
        ctx.charge_list(from.len() * 2)?;
        let entries: Vec<_> =
            from.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, theirs) in entries {
            ctx.work(1)?;
            let ours = into.get(&key);
            if take(ctx, ours.as_ref(), &theirs, mode)? {
                if into.strings_only() && !matches!(theirs, Value::Str(_)) {
                    return Err(Failure::new("cannot put this value into a map of strings"));
                }
                ctx.set(into, key, theirs)?;
            }
        }
        Ok(())
    })
}

/// Whether the source's value replaces ours; dictionaries on both sides are merged instead.
fn take(ctx: &mut Context<'_>, ours: Option<&Value>, theirs: &Value, mode: Mode) -> Result<bool, Failure> {
    let overwrite = mode == Mode::Overwrite;
    match (ours, theirs) {
        // Compat: a nil is only ever written over something, or where everything is.
        (_, Value::Nil) => return Ok(overwrite),
        (Some(Value::Map(ours)), Value::Map(theirs)) if !ours.is_nil() => merge(ctx, ours, theirs, mode)?,
        (Some(Value::Object(ours)), theirs)
            if ours.kind() == Kind::Ptr
                && !overwrite
                && matches!(theirs.kind(), Kind::Struct | Kind::Map) =>
        {
            return Err(DIFFERENT_TYPES);
        }
        (Some(Value::List(ours)), Value::List(_)) if ours.len() > 0 => return Ok(overwrite),
        _ => {}
    }
    Ok(match (ours, theirs) {
        (None, _) => true,
        (Some(ours), _) if is_empty(ours) => true,
        (Some(Value::Map(_)), Value::Map(_)) => false,
        (Some(_), _) => overwrite,
    })
}
