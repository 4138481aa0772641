//! Strings cut, repeated, split, indented and wrapped; all counted in bytes, as in Go.

use super::packages::{bytes, unicode, words, wrap};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Elem, List, Map, Str, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("abbrev", &[Type::Int, Type::Str], abbrev),
    Function::fixed("abbrevboth", &[Type::Int, Type::Int, Type::Str], abbrev_both),
    Function::fixed("camelcase", &[Type::Str], camelcase),
    Function::fixed("indent", &[Type::Int, Type::Str], indent),
    Function::fixed("kebabcase", &[Type::Str], kebabcase),
    Function::fixed("nindent", &[Type::Int, Type::Str], nindent),
    Function::fixed("repeat", &[Type::Int, Type::Str], repeat),
    Function::fixed("replace", &[Type::Str, Type::Str, Type::Str], replace),
    Function::fixed("shuffle", &[Type::Str], shuffle),
    Function::fixed("snakecase", &[Type::Str], snakecase),
    Function::fixed("split", &[Type::Str, Type::Str], split),
    Function::fixed("splitList", &[Type::Str, Type::Str], split_list),
    Function::fixed("splitn", &[Type::Str, Type::Int, Type::Str], split_n),
    Function::fixed("substr", &[Type::Int, Type::Int, Type::Str], substr),
    Function::fixed("trunc", &[Type::Int, Type::Str], trunc),
    Function::fixed("wrap", &[Type::Int, Type::Str], wrap_lines),
    Function::fixed("wrapWith", &[Type::Int, Type::Str, Type::Str], wrap_with),
];

fn length(text: &[u8]) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// `text[from..to]`, or Go's panic as an error.
fn slice(text: &[u8], from: i64, to: i64) -> Result<&[u8], Failure> {
    const OUT_OF_RANGE: Failure = Failure::new("the bounds are outside of the string");
    let bound = |bound| usize::try_from(bound).map_err(|_| OUT_OF_RANGE);
    text.get(bound(from)?..bound(to)?).ok_or(OUT_OF_RANGE)
}

fn copied(ctx: &mut Context<'_>, text: &[u8]) -> Outcome {
    ctx.charge(text.len())?;
    Ok(text.into())
}

fn abbrev(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (width, text) = (args.int(0)?, args.str(1)?);
    if width < 4 {
        return Ok(text.clone().into());
    }
    ctx.charge(text.len())?;
    Ok(wrap::abbreviate(text, 0, width).into())
}

fn abbrev_both(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (left, right, text) = (args.int(0)?, args.int(1)?, args.str(2)?);
    if right < 4 || left > 0 && right < 7 {
        return Ok(text.clone().into());
    }
    ctx.charge(text.len() * 2)?;
    Ok(wrap::abbreviate(text, left, right).into())
}

/// Pays for cutting `text` into words: each rune is looked up in tables.
fn charge_words(ctx: &mut Context<'_>, text: &[u8]) -> Result<(), Failure> {
    ctx.work(text.len() / 4)?;
    ctx.charge(text.len() * 3)
}

fn camelcase(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    charge_words(ctx, args.str(0)?)?;
    Ok(words::pascal(args.str(0)?).into())
}

fn snakecase(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    charge_words(ctx, args.str(0)?)?;
    Ok(words::joined(args.str(0)?, '_').into())
}

fn kebabcase(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    charge_words(ctx, args.str(0)?)?;
    Ok(words::joined(args.str(0)?, '-').into())
}

fn indented(ctx: &mut Context<'_>, args: Args<'_>, start: &[u8]) -> Outcome {
    let text = args.str(1)?;
    let width = usize::try_from(args.int(0)?).map_err(|_| Failure::new("the indentation is negative"))?;
    let breaks = bytes::count(text, b"\n");
    // Once before its start is put in front of it, once after.
    ctx.charge(width.saturating_mul(breaks + 1).saturating_add(text.len() + 1).saturating_mul(2))?;
    let pad = vec![b' '; width];
    let line_start = [b"\n", &*pad].concat();
    Ok([start, &pad, &bytes::replace(text, b"\n", &line_start, breaks)].concat().into())
}

fn indent(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    indented(ctx, args, b"")
}

fn nindent(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    indented(ctx, args, b"\n")
}

fn repeat(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(1)?;
    let count = usize::try_from(args.int(0)?).map_err(|_| Failure::new("the count is negative"))?;
    ctx.charge(text.len().saturating_mul(count))?;
    Ok(if text.is_empty() { "".into() } else { text.repeat(count).into() })
}

fn replace(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (old, new, text) = (args.str(0)?, args.str(1)?, args.str(2)?);
    ctx.work(text.len() / 16)?;
    let found = bytes::count(text, old);
    ctx.charge(found.saturating_mul(new.len()).saturating_add(text.len()))?;
    Ok(bytes::replace(text, old, new, found).into())
}

fn shuffle(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len().saturating_mul(8))?;
    ctx.work(text.len())?;
    let mut runes: Vec<char> = unicode::runes(text).collect();
    for last in (1..runes.len()).rev() {
        let other = super::random::below(ctx, last as u64 + 1);
        runes.swap(last, usize::try_from(other).unwrap_or(0));
    }
    Ok(runes.into_iter().collect::<String>().into())
}

fn parts<'t>(
    ctx: &mut Context<'_>,
    separator: &[u8],
    text: &'t [u8],
    most: i64,
) -> Result<Vec<&'t [u8]>, Failure> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(Vec::new());
    }
    ctx.work(text.len() / 16)?;
    let found = bytes::count(text, separator).min(most);
    // Each part is a string of its own: its bytes, its header, its place.
    ctx.charge(found.saturating_mul(PART_BYTES).saturating_add(text.len()))?;
    Ok(bytes::split(text, separator, most))
}

const PART_BYTES: usize = size_of::<Value>() + 32;

fn split_list(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let parts = parts(ctx, args.str(0)?, args.str(1)?, -1)?;
    Ok(Value::List(List::new(Elem::Str, parts.into_iter().map(Value::from).collect())))
}

fn numbered(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Outcome {
    ctx.charge_map()?;
    ctx.charge(parts.len().saturating_mul(64))?;
    let entries =
        parts.iter().enumerate().map(|(index, part)| (Str::from(format!("_{index}")), Str::from(*part)));
    Ok(Value::Map(Map::of_strings(entries)))
}

fn split(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let parts = parts(ctx, args.str(0)?, args.str(1)?, -1)?;
    numbered(ctx, &parts)
}

fn split_n(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let parts = parts(ctx, args.str(0)?, args.str(2)?, args.int(1)?)?;
    numbered(ctx, &parts)
}

fn substr(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (start, end, text) = (args.int(0)?, args.int(1)?, args.str(2)?);
    let part = if start < 0 {
        slice(text, 0, end)?
    } else if end < 0 || end > length(text) {
        slice(text, start, length(text))?
    } else {
        slice(text, start, end)?
    };
    copied(ctx, part)
}

fn trunc(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (count, text) = (args.int(0)?, args.str(1)?);
    let length = length(text);
    let part = if count < 0 && length.saturating_add(count) > 0 {
        slice(text, length + count, length)?
    } else if count >= 0 && length > count {
        slice(text, 0, count)?
    } else {
        text
    };
    copied(ctx, part)
}

fn wrapped(ctx: &mut Context<'_>, text: &[u8], width: i64, line_end: &[u8], cut_words: bool) -> Outcome {
    let columns = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    let blanks = bytes::count(text, b" ");
    let cuts = if cut_words { text.len() / columns } else { 0 };
    let breaks = blanks.saturating_add(cuts).min(text.len());
    ctx.charge(breaks.saturating_mul(line_end.len().max(1)).saturating_add(text.len()))?;
    ctx.work(text.len() / 16)?;
    Ok(wrap::wrap(text, width, line_end, cut_words).into())
}

fn wrap_lines(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    wrapped(ctx, args.str(1)?, args.int(0)?, b"\n", false)
}

fn wrap_with(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    wrapped(ctx, args.str(2)?, args.int(0)?, args.str(1)?, true)
}
