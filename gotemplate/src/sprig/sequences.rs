//! Lists and texts of counted numbers.

use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    limits::Limit,
    value::{Elem, List, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::variadic("seq", &[], Type::Int, seq),
    Function::fixed("until", &[Type::Int], until),
    Function::fixed("untilStep", &[Type::Int, Type::Int, Type::Int], until_step),
];

/// Numbers from `start` towards `end`, which is not among them.
fn numbers(start: i64, end: i64, step: i64) -> Result<(usize, impl Iterator<Item = i64>), Failure> {
    let runs = if end < start { step < 0 } else { step > 0 && start != end };
    let distance = start.abs_diff(end);
    let count = if runs { distance.div_ceil(step.unsigned_abs()) } else { 0 };
    // Compat: past the last 64-bit number the reference wraps around and goes on for ever.
    let last = i128::from(start) + i128::from(count) * i128::from(step);
    if i64::try_from(last).is_err() {
        return Err(Failure::Limit(Limit::Steps));
    }
    let count = u32::try_from(count).map_err(|_| Failure::Limit(Limit::ValueBytes))?;
    let numbers = std::iter::successors(Some(start), move |number| Some(number.wrapping_add(step)));
    Ok((count as usize, numbers.take(count as usize)))
}

fn listed(ctx: &mut Context<'_>, start: i64, end: i64, step: i64) -> Outcome {
    let (count, numbers) = numbers(start, end, step)?;
    ctx.charge_list(count)?;
    Ok(Value::List(List::new(Elem::Int, numbers.map(Value::Int).collect())))
}

fn until(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let stop = args.int(0)?;
    listed(ctx, 0, stop, if stop < 0 { -1 } else { 1 })
}

fn until_step(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    listed(ctx, args.int(0)?, args.int(1)?, args.int(2)?)
}

fn seq(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let direction = |start: i64, end: i64| if end < start { -1 } else { 1 };
    let (start, end, step) = match args.len() {
        1 => {
            let end = args.int(0)?;
            (1, end, direction(1, end))
        }
        2 => {
            let (start, end) = (args.int(0)?, args.int(1)?);
            (start, end, direction(start, end))
        }
        3 => (args.int(0)?, args.int(2)?, args.int(1)?),
        _ => return Ok("".into()),
    };
    let towards = direction(start, end);
    if towards < 0 && step > 0 {
        return Ok("".into());
    }
    let (count, numbers) = numbers(start, end.wrapping_add(towards), step)?;
    // At most twenty digits, a sign and a blank each.
    ctx.charge(count.saturating_mul(22))?;
    ctx.work(count)?;
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(' ');
        }
        text += &number.to_string();
    }
    Ok(text.into())
}
