//! Floats with exact decimal arithmetic: 0.1 + 0.2 is 0.3.

use super::{cast::to_float, packages::decimal::Decimal};
use crate::{
    context::Context,
    error::Failure,
    function::{Function, Outcome, Type},
    value::Value,
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("add1f", &[Type::Any], |ctx, args| {
        chained(ctx, args.any(0), &[Value::Int(1)], |a, b| Ok(a.plus(b)))
    }),
    Function::variadic("addf", &[], Type::Any, |ctx, args| {
        chained(ctx, &Value::Int(0), args.rest(0), |a, b| Ok(a.plus(b)))
    }),
    Function::variadic("divf", &[Type::Any], Type::Any, |ctx, args| {
        chained(ctx, args.any(0), args.rest(1), |a, b| {
            a.divided_by(b).ok_or(Failure::new("division by zero"))
        })
    }),
    Function::variadic("mulf", &[Type::Any], Type::Any, |ctx, args| {
        chained(ctx, args.any(0), args.rest(1), |a, b| Ok(a.times(b)))
    }),
    Function::variadic("subf", &[Type::Any], Type::Any, |ctx, args| {
        chained(ctx, args.any(0), args.rest(1), |a, b| Ok(a.minus(b)))
    }),
];

fn chained(
    ctx: &mut Context<'_>,
    first: &Value,
    rest: &[Value],
    combine: fn(&Decimal, &Decimal) -> Result<Decimal, Failure>,
) -> Outcome {
    let mut total = decimal(first)?;
    for value in rest {
        // Numbers far apart, and long products, need long decimals.
        ctx.work(total.size() / 16 + 8)?;
        total = combine(&total, &decimal(value)?)?;
        ctx.charge(total.size())?;
    }
    Ok(total.to_float().into())
}

fn decimal(value: &Value) -> Result<Decimal, Failure> {
    Decimal::from_float(to_float(value)).ok_or(Failure::new("infinities and NaN are no decimals"))
}
