//! Names of types, emptiness and deep equality.

use super::semver::Version;
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type, object_as},
    value::{Kind, List, Map, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("deepCopy", &[Type::Any], deep_copy),
    Function::fixed("deepEqual", &[Type::Any, Type::Any], deep_equal),
    Function::fixed("kindIs", &[Type::Str, Type::Any], kind_is),
    Function::fixed("kindOf", &[Type::Any], |_, args| Ok(args.any(0).kind().name().into())),
    Function::fixed("mustDeepCopy", &[Type::Any], deep_copy),
    Function::fixed("typeIs", &[Type::Str, Type::Any], type_is),
    Function::fixed("typeIsLike", &[Type::Str, Type::Any], type_is_like),
    Function::fixed("typeOf", &[Type::Any], |_, args| Ok(args.any(0).go_type().into())),
];

/// Sprig's `empty`: zero, false, no text, no items, no value.
pub(super) fn is_empty(value: &Value) -> bool {
    !value.truth()
}

fn kind_is(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok((**args.str(0)? == *args.any(1).kind().name().as_bytes()).into())
}

fn type_is(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok((**args.str(0)? == *args.any(1).go_type().as_bytes()).into())
}

/// Like `typeIs`, and a pointer to the type will do.
fn type_is_like(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let name = args.any(1).go_type();
    let pointee = name.strip_prefix('*').unwrap_or(name);
    let wanted = args.str(0)?;
    Ok((**wanted == *name.as_bytes() || **wanted == *pointee.as_bytes()).into())
}

fn deep_equal(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(equal(ctx, args.any(0), args.any(1))?.into())
}

/// Go's `reflect.DeepEqual`: same type, and equal all the way down.
pub(super) fn equal(ctx: &mut Context<'_>, a: &Value, b: &Value) -> Result<bool, Failure> {
    ctx.work(1)?;
    Ok(match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) | (Value::Int64(a), Value::Int64(b)) => a == b,
        (Value::Uint8(a), Value::Uint8(b)) => a == b,
        (Value::Uint64(a), Value::Uint64(b)) => a == b,
        #[expect(clippy::float_cmp, reason = "Go compares floats exactly, too")]
        (Value::Float(a), Value::Float(b)) => a == b,
        #[expect(clippy::float_cmp, reason = "Go compares floats exactly, too")]
        (Value::Complex(a, c), Value::Complex(b, d)) => a == b && c == d,
        (Value::Str(a), Value::Str(b)) => {
            ctx.work(a.len().min(b.len()) / 64)?;
            a == b
        }
        (Value::List(a), Value::List(b)) => equal_lists(ctx, a, b)?,
        (Value::Map(a), Value::Map(b)) => equal_maps(ctx, a, b)?,
        (Value::Object(a), Value::Object(b)) => {
            // Pointers are equal when what they point at is.
            let pointees = (object_as::<Version>(a), object_as::<Version>(b));
            match pointees {
                (Some(a), Some(b)) => a == b,
                _ => a.go_type() == b.go_type() && a.same(&**b),
            }
        }
        _ => false,
    })
}

fn equal_lists(ctx: &mut Context<'_>, a: &List, b: &List) -> Result<bool, Failure> {
    if a.elem() != b.elem() || a.is_nil() != b.is_nil() || a.len() != b.len() {
        return Ok(false);
    }
    if a.same(b) {
        return Ok(true);
    }
    ctx.deeper(|ctx| {
        for index in 0..a.len() {
            let (a, b) = (a.get(index).unwrap_or(Value::Nil), b.get(index).unwrap_or(Value::Nil));
            if !equal(ctx, &a, &b)? {
                return Ok(false);
            }
        }
        Ok(true)
    })
}

fn equal_maps(ctx: &mut Context<'_>, a: &Map, b: &Map) -> Result<bool, Failure> {
    if a.strings_only() != b.strings_only() || a.is_nil() != b.is_nil() || a.len() != b.len() {
        return Ok(false);
    }
    if a.same(b) {
        return Ok(true);
    }
    ctx.deeper(|ctx| {
        for (key, value) in a.entries().iter() {
            match b.get(key) {
                Some(other) if equal(ctx, value, &other)? => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    })
}

fn deep_copy(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    if args.any(0).kind() == Kind::Invalid {
        return Err(Failure::new("there is no value to copy"));
    }
    copy(ctx, args.any(0))
}

fn copy(ctx: &mut Context<'_>, value: &Value) -> Outcome {
    ctx.work(1)?;
    match value {
        Value::List(list) if !list.is_nil() => ctx.deeper(|ctx| {
            ctx.charge_list(list.len())?;
            let items = list.items().iter().map(|item| copy(ctx, item)).collect::<Result<_, _>>()?;
            Ok(Value::List(List::new(list.elem(), items)))
        }),
        Value::Map(map) if !map.is_nil() => ctx.deeper(|ctx| {
            let made = if map.strings_only() { Map::of_strings([]) } else { Map::new([].into()) };
            for (key, value) in map.entries().iter() {
                let value = copy(ctx, value)?;
                ctx.set(&made, key.clone(), value)?;
            }
            Ok(Value::Map(made))
        }),
        _ => Ok(value.clone()),
    }
}
