//! Defaults, choices and failing on purpose.

use super::reflect::is_empty;
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::Value,
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::variadic("all", &[], Type::Any, |_, args| Ok((!args.rest(0).iter().any(is_empty)).into())),
    Function::variadic("any", &[], Type::Any, |_, args| Ok((!args.rest(0).iter().all(is_empty)).into())),
    Function::variadic("coalesce", &[], Type::Any, coalesce),
    Function::variadic("default", &[Type::Any], Type::Any, default),
    Function::fixed("empty", &[Type::Any], |_, args| Ok(is_empty(args.any(0)).into())),
    Function::fixed("fail", &[Type::Str], fail),
    Function::fixed("ternary", &[Type::Any, Type::Any, Type::Bool], ternary),
];

fn coalesce(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.rest(0).iter().find(|value| !is_empty(value)).cloned().unwrap_or(Value::Nil))
}

fn default(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    // Compat: only the first value given counts.
    Ok(args.rest(1).first().filter(|given| !is_empty(given)).unwrap_or(args.any(0)).clone())
}

fn fail(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let message = args.str(0)?;
    // Only words of the template itself may be shown: a message that was put together can hold a value.
    Err(if ctx.literal_call() {
        Failure::with(String::from_utf8_lossy(message).into_owned())
    } else {
        Failure::new("the template failed on purpose (the message is not shown, it may hold a value)")
    })
}

fn ternary(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.any(usize::from(!args.bool(2)?)).clone())
}
