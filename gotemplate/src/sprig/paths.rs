//! Paths with slashes; the `os` functions are those of Unix.

use super::packages::path;
use crate::{
    context::Context,
    function::{Args, Function, Outcome, Type},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("base", &[Type::Str], base),
    Function::fixed("clean", &[Type::Str], clean),
    Function::fixed("dir", &[Type::Str], dir),
    Function::fixed("ext", &[Type::Str], ext),
    Function::fixed("isAbs", &[Type::Str], is_abs),
    Function::fixed("osBase", &[Type::Str], base),
    Function::fixed("osClean", &[Type::Str], clean),
    Function::fixed("osDir", &[Type::Str], dir),
    Function::fixed("osExt", &[Type::Str], ext),
    Function::fixed("osIsAbs", &[Type::Str], is_abs),
];

fn base(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge(args.str(0)?.len())?;
    Ok(path::base(args.str(0)?).into())
}

fn clean(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge(args.str(0)?.len())?;
    Ok(path::clean(args.str(0)?).into())
}

fn dir(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge(args.str(0)?.len())?;
    Ok(path::dir(args.str(0)?).into())
}

fn ext(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    ctx.charge(args.str(0)?.len())?;
    Ok(path::ext(args.str(0)?).into())
}

fn is_abs(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.str(0)?.starts_with(b"/").into())
}
