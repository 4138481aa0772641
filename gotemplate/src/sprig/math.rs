//! Numbers: integers that wrap as Go's do, and floats.

use super::cast::{to_float, to_int64};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    strconv,
    value::Value,
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::variadic("add", &[], Type::Any, |_, args| {
        Ok(Value::Int64(folded(0, args.rest(0), i64::wrapping_add)))
    }),
    Function::fixed("add1", &[Type::Any], |_, args| Ok(Value::Int64(to_int64(args.any(0)).wrapping_add(1)))),
    Function::variadic("biggest", &[Type::Any], Type::Any, max),
    Function::fixed("ceil", &[Type::Any], |_, args| Ok(to_float(args.any(0)).ceil().into())),
    Function::fixed("div", &[Type::Any, Type::Any], div),
    Function::fixed("float64", &[Type::Any], |_, args| Ok(to_float(args.any(0)).into())),
    Function::fixed("floor", &[Type::Any], |_, args| Ok(to_float(args.any(0)).floor().into())),
    Function::fixed("int", &[Type::Any], |_, args| Ok(Value::Int(to_int64(args.any(0))))),
    Function::fixed("int64", &[Type::Any], |_, args| Ok(Value::Int64(to_int64(args.any(0))))),
    Function::variadic("max", &[Type::Any], Type::Any, max),
    Function::variadic("maxf", &[Type::Any], Type::Any, maxf),
    Function::variadic("min", &[Type::Any], Type::Any, min),
    Function::variadic("minf", &[Type::Any], Type::Any, minf),
    Function::fixed("mod", &[Type::Any, Type::Any], remainder),
    Function::variadic("mul", &[Type::Any], Type::Any, |_, args| {
        Ok(Value::Int64(folded(to_int64(args.any(0)), args.rest(1), i64::wrapping_mul)))
    }),
    Function::variadic("round", &[Type::Any, Type::Int], Type::Float64, round),
    Function::fixed("sub", &[Type::Any, Type::Any], |_, args| {
        Ok(Value::Int64(to_int64(args.any(0)).wrapping_sub(to_int64(args.any(1)))))
    }),
    Function::fixed("toDecimal", &[Type::Any], to_decimal),
];

fn folded(first: i64, rest: &[Value], combine: fn(i64, i64) -> i64) -> i64 {
    rest.iter().map(to_int64).fold(first, combine)
}

fn max(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Int64(folded(to_int64(args.any(0)), args.rest(1), i64::max)))
}

fn min(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Int64(folded(to_int64(args.any(0)), args.rest(1), i64::min)))
}

const BY_ZERO: Failure = Failure::new("division by zero");

fn div(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    match to_int64(args.any(1)) {
        0 => Err(BY_ZERO),
        divisor => Ok(Value::Int64(to_int64(args.any(0)).wrapping_div(divisor))),
    }
}

fn remainder(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    match to_int64(args.any(1)) {
        0 => Err(BY_ZERO),
        divisor => Ok(Value::Int64(to_int64(args.any(0)).wrapping_rem(divisor))),
    }
}

fn maxf(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.rest(1).iter().map(to_float).fold(to_float(args.any(0)), larger).into())
}

/// Infinity beats NaN, which beats the rest; of the zeros, the positive one is larger.
fn larger(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else {
        a.max(b)
    }
}

fn minf(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.rest(1).iter().map(to_float).fold(to_float(args.any(0)), |a, b| -larger(-a, -b)).into())
}

/// Compat: digits are octal, whatever the name says.
fn to_decimal(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = super::text::printed(ctx, args.any(0))?;
    Ok(Value::Int64(strconv::parse_int(&text, 8).unwrap_or(0)))
}

/// Rounds to places; a third argument is the fraction from which it goes up.
#[expect(clippy::cast_precision_loss, reason = "places are small")]
fn round(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (number, places) = (to_float(args.any(0)), args.int(1)?);
    let up_from = if args.len() > 2 { args.float(2)? } else { 0.5 };
    let power = power_of_ten(places as f64);
    let scaled = power * number;
    let fraction = if scaled.is_infinite() { f64::NAN } else { scaled.fract() };
    let whole = if fraction >= up_from { scaled.ceil() } else { scaled.floor() };
    Ok((whole / power).into())
}

/// Ten to a whole power, by the same multiplications as Go, so that the last digit is the same.
fn power_of_ten(places: f64) -> f64 {
    if places == 0.0 {
        return 1.0;
    }
    if places.abs() > 400.0 {
        return if places > 0.0 { f64::INFINITY } else { 0.0 };
    }
    let (mut mantissa, mut exponent) = (1.0f64, 0i32);
    // Ten is 0.625 times two to the fourth.
    let (mut factor, mut factor_exponent) = (0.625f64, 4i32);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 400")]
    let mut bits = places.abs() as u32;
    while bits != 0 {
        if bits & 1 == 1 {
            mantissa *= factor;
            exponent += factor_exponent;
        }
        factor *= factor;
        factor_exponent <<= 1;
        if factor < 0.5 {
            factor += factor;
            factor_exponent -= 1;
        }
        bits >>= 1;
    }
    if places < 0.0 {
        mantissa = 1.0 / mantissa;
        exponent = -exponent;
    }
    // In two halves, since a power of two alone may leave the range.
    let half = exponent / 2;
    mantissa * 2f64.powi(half) * 2f64.powi(exponent - half)
}
