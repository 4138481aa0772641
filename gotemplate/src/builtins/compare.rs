//! Comparison with Go's rules: numbers of one kind, signed with unsigned, text with text.

use std::cmp::Ordering;

use crate::{
    context::Context,
    error::Failure,
    function::{Args, Outcome},
    value::Value,
};

/// A value that has an order or a plain equality.
enum Basic<'a> {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Complex(f64, f64),
    Str(&'a [u8]),
}

fn basic(value: &Value) -> Option<Basic<'_>> {
    Some(match value {
        Value::Bool(b) => Basic::Bool(*b),
        Value::Int(i) | Value::Int64(i) => Basic::Int(*i),
        Value::Uint8(u) => Basic::Uint(u64::from(*u)),
        Value::Uint64(u) => Basic::Uint(*u),
        Value::Float(f) => Basic::Float(*f),
        Value::Complex(re, im) => Basic::Complex(*re, *im),
        Value::Str(s) => Basic::Str(s),
        Value::Object(object) => Basic::Int(object.integer()?),
        Value::Nil | Value::List(_) | Value::Map(_) => return None,
    })
}

fn signed_unsigned(int: i64, uint: u64) -> Ordering {
    u64::try_from(int).map_or(Ordering::Less, |int| int.cmp(&uint))
}

fn incompatible(a: &Value, b: &Value) -> Failure {
    Failure::with(format!("{} and {} cannot be compared", a.go_type(), b.go_type()))
}

/// `eq`: the first argument equals one of the others; stops at the first that does.
pub(super) fn eq(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let first = args.any(0);
    if args.len() < 2 {
        return Err(Failure::new("it needs something to compare with"));
    }
    for other in args.rest(1) {
        ctx.work(1)?;
        if equal(ctx, first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn equal(ctx: &mut Context<'_>, a: &Value, b: &Value) -> Result<bool, Failure> {
    Ok(match (basic(a), basic(b)) {
        (Some(Basic::Bool(a)), Some(Basic::Bool(b))) => a == b,
        (Some(Basic::Int(a)), Some(Basic::Int(b))) => a == b,
        (Some(Basic::Uint(a)), Some(Basic::Uint(b))) => a == b,
        (Some(Basic::Int(int)), Some(Basic::Uint(uint)))
        | (Some(Basic::Uint(uint)), Some(Basic::Int(int))) => signed_unsigned(int, uint).is_eq(),
        (Some(Basic::Float(a)), Some(Basic::Float(b))) => same_float(a, b),
        (Some(Basic::Complex(a, ai)), Some(Basic::Complex(b, bi))) => same_float(a, b) && same_float(ai, bi),
        (Some(Basic::Str(a)), Some(Basic::Str(b))) => {
            ctx.work(a.len().min(b.len()) / 64)?;
            a == b
        }
        (None, None) => identical(a, b)?,
        // Compat: a missing value equals nothing and is no error either.
        _ if matches!(a, Value::Nil) || matches!(b, Value::Nil) => false,
        _ => return Err(incompatible(a, b)),
    })
}

/// Go's `==`, in which NaN differs from itself and -0 equals 0.
#[expect(clippy::float_cmp, reason = "the language compares exactly")]
fn same_float(a: f64, b: f64) -> bool {
    a == b
}

/// Values without a basic kind: only nil compares with lists and maps.
fn identical(a: &Value, b: &Value) -> Result<bool, Failure> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.kind() == b.kind() => {
            Ok(a.go_type() == b.go_type() && a.same(&**b))
        }
        (Value::Nil, other) | (other, Value::Nil) => Ok(is_nil(other)),
        (Value::List(_), Value::List(_)) | (Value::Map(_), Value::Map(_)) => {
            if is_nil(a) || is_nil(b) {
                Ok(is_nil(a) == is_nil(b))
            } else {
                Err(Failure::with(format!("values of type {} cannot be compared", b.go_type())))
            }
        }
        _ => Err(incompatible(a, b)),
    }
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::List(list) => list.is_nil(),
        Value::Map(map) => map.is_nil(),
        _ => false,
    }
}

fn less(ctx: &mut Context<'_>, a: &Value, b: &Value) -> Result<bool, Failure> {
    Ok(match (basic(a), basic(b)) {
        (Some(Basic::Int(a)), Some(Basic::Int(b))) => a < b,
        (Some(Basic::Uint(a)), Some(Basic::Uint(b))) => a < b,
        (Some(Basic::Int(int)), Some(Basic::Uint(uint))) => signed_unsigned(int, uint).is_lt(),
        (Some(Basic::Uint(uint)), Some(Basic::Int(int))) => signed_unsigned(int, uint).is_gt(),
        (Some(Basic::Float(a)), Some(Basic::Float(b))) => a < b,
        (Some(Basic::Str(a)), Some(Basic::Str(b))) => {
            ctx.work(a.len().min(b.len()) / 64)?;
            a < b
        }
        (Some(_), Some(_)) => return Err(incompatible(a, b)),
        (None, _) | (_, None) => return Err(Failure::new("only numbers and text have an order")),
    })
}

pub(super) fn ne(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Bool(!equal(ctx, args.any(0), args.any(1))?))
}

pub(super) fn lt(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Bool(less(ctx, args.any(0), args.any(1))?))
}

pub(super) fn le(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Bool(at_most(ctx, args)?))
}

/// Go's `<=` is less or equal, which makes every order with NaN false here and true in `gt`.
fn at_most(ctx: &mut Context<'_>, args: Args<'_>) -> Result<bool, Failure> {
    Ok(less(ctx, args.any(0), args.any(1))? || equal(ctx, args.any(0), args.any(1))?)
}

pub(super) fn gt(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Bool(!at_most(ctx, args)?))
}

pub(super) fn ge(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Bool(!less(ctx, args.any(0), args.any(1))?))
}
