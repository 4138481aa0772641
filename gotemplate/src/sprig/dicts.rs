//! Dictionaries: shared and changed in place, as Go's maps are.

use std::collections::BTreeSet;

use super::text;
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Map, Str, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::variadic("dict", &[], Type::Any, dict),
    Function::variadic("dig", &[], Type::Any, dig),
    Function::fixed("get", &[Type::Map, Type::Str], get),
    Function::fixed("hasKey", &[Type::Map, Type::Str], has_key),
    Function::variadic("keys", &[], Type::Map, keys),
    Function::variadic("omit", &[Type::Map], Type::Str, omit),
    Function::variadic("pick", &[Type::Map], Type::Str, pick),
    Function::variadic("pluck", &[Type::Str], Type::Map, pluck),
    Function::fixed("set", &[Type::Map, Type::Str, Type::Any], set),
    Function::fixed("unset", &[Type::Map, Type::Str], unset),
    Function::fixed("values", &[Type::Map], values),
];

fn dict(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let made = Map::new([].into());
    for pair in args.rest(0).chunks(2) {
        let key = text::of(ctx, &pair[0])?;
        // Compat: a key without a value gets an empty text.
        ctx.set(&made, key, pair.get(1).cloned().unwrap_or_else(|| "".into()))?;
    }
    Ok(made.into())
}

fn get(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.map(0)?.get(args.str(1)?).unwrap_or_else(|| "".into()))
}

fn set(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0)?;
    ctx.set(map, args.str(1)?.clone(), args.any(2).clone())?;
    Ok(map.clone().into())
}

fn unset(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0)?;
    map.remove(args.str(1)?);
    Ok(map.clone().into())
}

fn has_key(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.map(0)?.get(args.str(1)?).is_some().into())
}

fn keys(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut keys: Vec<Str> = Vec::new();
    for index in 0..args.len() {
        let map = args.map(index)?;
        ctx.charge_list(map.len())?;
        keys.extend(map.entries().keys().cloned());
    }
    text::strings(ctx, keys)
}

fn values(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let map = args.map(0)?;
    ctx.charge_list(map.len())?;
    let values = map.entries().values().cloned().collect();
    Ok(Value::list(values))
}

fn named(args: Args<'_>) -> Result<BTreeSet<Str>, Failure> {
    (1..args.len()).map(|index| args.str(index).cloned()).collect()
}

fn filtered(ctx: &mut Context<'_>, map: &Map, keep: impl Fn(&Str) -> bool) -> Outcome {
    let made = Map::new([].into());
    let kept: Vec<_> = map
        .entries()
        .iter()
        .filter(|(key, _)| keep(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for (key, value) in kept {
        ctx.set(&made, key, value)?;
    }
    Ok(made.into())
}

fn pick(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let names = named(args)?;
    filtered(ctx, args.map(0)?, |key| names.contains(key))
}

fn omit(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let names = named(args)?;
    filtered(ctx, args.map(0)?, |key| !names.contains(key))
}

fn pluck(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge_list(args.len())?;
    let key = args.str(0)?;
    let mut found = Vec::new();
    for index in 1..args.len() {
        found.extend(args.map(index)?.get(key));
    }
    Ok(Value::list(found))
}

/// `dig "a" "b" default dict`: the value under a path of keys.
fn dig(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let Some(path) = args.len().checked_sub(2).filter(|path| *path > 0) else {
        return Err(Failure::new("needs at least three arguments: keys, a default and a dict"));
    };
    for key in &args.rest(0)[..path] {
        if !matches!(key, Value::Str(_)) {
            return Err(Failure::with(format!("a key must be a string, not a {}", key.go_type())));
        }
    }
    let mut found = args.any(path + 1).clone();
    for index in 0..path {
        let map = match &found {
            Value::Map(map) if !map.strings_only() => map,
            other => return Err(Failure::with(format!("cannot look for a key in a {}", other.go_type()))),
        };
        match map.get(args.str(index)?) {
            Some(next) => found = next,
            None => return Ok(args.any(path).clone()),
        }
    }
    Ok(found)
}
