//! The functions of the language itself, and the table of all functions.

mod compare;
mod escape;
mod index;

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    ast::Callee,
    context::Context,
    error::Failure,
    format,
    function::{Args, Function, Outcome, Type},
    sprig,
    value::Value,
};

/// The function of that name; Sprig's win over the language's own, as in Go.
pub(crate) fn lookup(name: &str) -> Option<Callee> {
    match name {
        "and" => Some(Callee::And),
        "or" => Some(Callee::Or),
        _ => FUNCTIONS.get(name).copied().map(Callee::Function),
    }
}

/// The names of all functions that a template can call, in no order.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    ["and", "or"].into_iter().chain(FUNCTIONS.keys().copied())
}

static FUNCTIONS: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let own = std::iter::once(TABLE);
    own.chain(sprig::tables()).flatten().map(|function| (function.name, function)).collect()
});

static TABLE: &[Function] = &[
    Function::variadic("call", &[Type::Any], Type::Any, call),
    Function::variadic("eq", &[Type::Any], Type::Any, compare::eq),
    Function::fixed("ne", &[Type::Any, Type::Any], compare::ne),
    Function::fixed("lt", &[Type::Any, Type::Any], compare::lt),
    Function::fixed("le", &[Type::Any, Type::Any], compare::le),
    Function::fixed("gt", &[Type::Any, Type::Any], compare::gt),
    Function::fixed("ge", &[Type::Any, Type::Any], compare::ge),
    Function::variadic("html", &[], Type::Any, escape::html),
    Function::variadic("js", &[], Type::Any, escape::js),
    Function::variadic("urlquery", &[], Type::Any, escape::urlquery),
    Function::variadic("index", &[Type::Any], Type::Any, index::index),
    Function::fixed("len", &[Type::Any], index::len),
    Function::variadic("slice", &[Type::Any], Type::Any, index::slice),
    Function::fixed("not", &[Type::Any], not),
    Function::variadic("print", &[], Type::Any, print),
    Function::variadic("printf", &[Type::Str], Type::Any, printf),
    Function::variadic("println", &[], Type::Any, println),
];

fn not(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(Value::Bool(!args.any(0).truth()))
}

fn print(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    format::sprint(ctx, args.rest(0)).map(Value::from)
}

fn println(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    format::sprintln(ctx, args.rest(0)).map(Value::from)
}

fn printf(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    format::sprintf(ctx, args.str(0)?, args.rest(1)).map(Value::from)
}

/// Compat: no value that a template can hold is a function, so that a call always fails, as in Go.
fn call(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Err(Failure::with(format!("a value of type {} is no function", args.any(0).go_type())))
}
