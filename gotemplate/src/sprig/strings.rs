//! Strings: case, trimming, searching, quoting.

use super::{packages, text};
use crate::{
    context::Context,
    function::{Args, Function, Outcome, Type},
    strconv,
    value::{Str, Value},
};
use packages::unicode::{self, Category};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("atoi", &[Type::Str], atoi),
    Function::variadic("cat", &[], Type::Any, cat),
    Function::fixed("contains", &[Type::Str, Type::Str], contains),
    Function::fixed("hasPrefix", &[Type::Str, Type::Str], has_prefix),
    Function::fixed("hasSuffix", &[Type::Str, Type::Str], has_suffix),
    Function::fixed("hello", &[], |_, _| Ok("Hello!".into())),
    Function::fixed("initials", &[Type::Str], initials),
    Function::fixed("join", &[Type::Str, Type::Any], join),
    Function::fixed("lower", &[Type::Str], lower),
    Function::fixed("nospace", &[Type::Str], nospace),
    Function::fixed("plural", &[Type::Str, Type::Str, Type::Int], plural),
    Function::variadic("quote", &[], Type::Any, quote),
    Function::fixed("sortAlpha", &[Type::Any], sort_alpha),
    Function::variadic("squote", &[], Type::Any, squote),
    Function::fixed("swapcase", &[Type::Str], swapcase),
    Function::fixed("title", &[Type::Str], title),
    Function::fixed("toString", &[Type::Any], to_string),
    Function::fixed("toStrings", &[Type::Any], to_strings),
    Function::fixed("trim", &[Type::Str], trim),
    Function::fixed("trimAll", &[Type::Str, Type::Str], trim_all),
    Function::fixed("trimPrefix", &[Type::Str, Type::Str], trim_prefix),
    Function::fixed("trimSuffix", &[Type::Str, Type::Str], trim_suffix),
    Function::fixed("trimall", &[Type::Str, Type::Str], trim_all),
    Function::fixed("untitle", &[Type::Str], untitle),
    Function::fixed("upper", &[Type::Str], upper),
];

fn atoi(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    // Compat: what does not fit saturates, what is no number is 0.
    Ok(Value::Int(match strconv::parse_int(args.str(0)?, 10) {
        Ok(number) | Err(strconv::NumError::Range(number)) => number,
        Err(strconv::NumError::Syntax) => 0,
    }))
}

fn cat(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut out = Vec::new();
    let mut first = true;
    for value in args.rest(0).iter().filter(|value| !matches!(value, Value::Nil)) {
        if !std::mem::take(&mut first) {
            out.push(b' ');
        }
        crate::format::append_value(ctx, &mut out, value)?;
    }
    Ok(out.into())
}

fn contains(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (wanted, text) = (args.str(0)?, args.str(1)?);
    ctx.work(text.len() / 16)?;
    Ok(packages::bytes::find(text, wanted).is_some().into())
}

fn has_prefix(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.str(1)?.starts_with(args.str(0)?).into())
}

fn has_suffix(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(args.str(1)?.ends_with(args.str(0)?).into())
}

/// Compat: bytes are read as Latin-1 here and in `nospace`.
fn initials(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len() * 2)?;
    let mut after_gap = true;
    let mut out = String::new();
    for letter in text.iter().map(|byte| char::from(*byte)) {
        if letter.is_whitespace() {
            after_gap = true;
        } else if std::mem::take(&mut after_gap) {
            out.push(letter);
        }
    }
    Ok(out.into())
}

fn nospace(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len() * 2)?;
    let latin = || text.iter().map(|byte| char::from(*byte));
    if !latin().any(char::is_whitespace) {
        return Ok(text.clone().into());
    }
    Ok(latin().filter(|letter| !letter.is_whitespace()).collect::<String>().into())
}

fn join(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let parts = text::list_of(ctx, args.any(1))?;
    joined(ctx, &parts, args.str(0)?)
}

fn joined(ctx: &mut Context<'_>, parts: &[Str], separator: &[u8]) -> Outcome {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    ctx.charge(separator.len().saturating_mul(parts.len()).saturating_add(length))?;
    let parts: Vec<&[u8]> = parts.iter().map(|part| &**part).collect();
    Ok(parts.join(separator).into())
}

fn mapped(ctx: &mut Context<'_>, text: &Str, change: impl FnMut(char) -> char) -> Outcome {
    // A rune may take up to three times the bytes after a change of case, or as U+FFFD.
    ctx.charge(text.len() * 3)?;
    ctx.work(text.len() / 8)?;
    Ok(unicode::map(text, change).into())
}

fn lower(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    mapped(ctx, args.str(0)?, unicode::to_lower)
}

fn upper(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    mapped(ctx, args.str(0)?, unicode::to_upper)
}

fn swapcase(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut after_space = true;
    mapped(ctx, args.str(0)?, |rune| {
        if Category::Upper.has(rune) || Category::Title.has(rune) {
            after_space = false;
            unicode::to_lower(rune)
        } else if Category::Lower.has(rune) {
            let starts_word = std::mem::take(&mut after_space);
            if starts_word { unicode::to_title(rune) } else { unicode::to_upper(rune) }
        } else {
            after_space = rune.is_whitespace();
            rune
        }
    })
}

fn title(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut before = ' ';
    mapped(ctx, args.str(0)?, |rune| {
        let separated = if before.is_ascii() {
            !(before.is_ascii_alphanumeric() || before == '_')
        } else {
            before.is_whitespace()
        };
        before = rune;
        if separated { unicode::to_title(rune) } else { rune }
    })
}

fn untitle(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut after_space = true;
    mapped(ctx, args.str(0)?, |rune| {
        if rune.is_whitespace() {
            after_space = true;
            rune
        } else if std::mem::take(&mut after_space) {
            unicode::to_lower(rune)
        } else {
            rune
        }
    })
}

fn plural(_: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let index = usize::from(args.int(2)? != 1);
    Ok(args.str(index)?.clone().into())
}

fn quote(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut parts = Vec::new();
    for value in args.rest(0).iter().filter(|value| !matches!(value, Value::Nil)) {
        let plain = text::of(ctx, value)?;
        // Twice: it grows, and becomes a shared text.
        ctx.charge(strconv::quoted_most(&plain).saturating_mul(2))?;
        parts.push(strconv::quote(&plain, false).into());
    }
    joined(ctx, &parts, b" ")
}

fn squote(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let mut parts = Vec::new();
    for value in args.rest(0).iter().filter(|value| !matches!(value, Value::Nil)) {
        let mut out = vec![b'\''];
        crate::format::append_value(ctx, &mut out, value)?;
        out.push(b'\'');
        parts.push(out.into());
    }
    joined(ctx, &parts, b" ")
}

fn sort_alpha(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    match args.any(0) {
        // Compat: a list of strings is sorted in place.
        Value::List(list) if list.as_strings().is_some() => {
            ctx.work(sort_work(list.len()))?;
            list.sort_by_text();
            Ok(list.clone().into())
        }
        list @ Value::List(_) => {
            let mut items = text::list_of(ctx, list)?;
            ctx.work(sort_work(items.len()))?;
            items.sort();
            text::strings(ctx, items)
        }
        other => {
            let item = text::of(ctx, other)?;
            text::strings(ctx, vec![item])
        }
    }
}

fn sort_work(len: usize) -> usize {
    len.saturating_mul(len.checked_ilog2().map_or(1, |log| log as usize + 1))
}

fn to_string(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    Ok(text::of(ctx, args.any(0))?.into())
}

fn to_strings(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    if let Value::List(list) = args.any(0)
        && list.as_strings().is_some()
    {
        return Ok(list.clone().into());
    }
    let items = text::list_of(ctx, args.any(0))?;
    text::strings(ctx, items)
}

/// A part of a text as a new string.
fn part(ctx: &mut Context<'_>, text: &[u8]) -> Outcome {
    ctx.charge(text.len())?;
    Ok(text.into())
}

fn trim(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    part(ctx, trimmed(args.str(0)?, char::is_whitespace))
}

fn trim_all(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let cut = args.str(0)?;
    ctx.work(cut.len().saturating_mul(args.str(1)?.len()) / 64)?;
    ctx.charge(cut.len().saturating_mul(4))?;
    // Not collected: that would hold every rune at once before those that come twice go.
    let mut runes = std::collections::BTreeSet::new();
    for rune in unicode::runes(cut) {
        runes.insert(rune);
    }
    part(ctx, trimmed(args.str(1)?, |rune| runes.contains(&rune)))
}

fn trimmed(mut text: &[u8], drop: impl Fn(char) -> bool) -> &[u8] {
    while let Some((_, width)) = unicode::decode(text).filter(|(rune, _)| drop(*rune)) {
        text = &text[width..];
    }
    while let Some((_, width)) = unicode::decode_last(text).filter(|(rune, _)| drop(*rune)) {
        text = &text[..text.len() - width];
    }
    text
}

fn trim_prefix(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(1)?;
    part(ctx, text.strip_prefix(&**args.str(0)?).unwrap_or(text))
}

fn trim_suffix(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(1)?;
    part(ctx, text.strip_suffix(&**args.str(0)?).unwrap_or(text))
}
