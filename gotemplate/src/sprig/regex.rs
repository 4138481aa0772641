//! Regular expressions with RE2's syntax and Go's rules for what "all" matches are.

use std::borrow::Cow;

use ::regex::Captures;

use super::{
    packages::{
        re2_expand::{self, Piece},
        unicode,
    },
    regex_pattern::{Pattern, compile},
};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::{Elem, List, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("mustRegexFind", &[Type::Str, Type::Str], find),
    Function::fixed("mustRegexFindAll", &[Type::Str, Type::Str, Type::Int], find_all),
    Function::fixed("mustRegexMatch", &[Type::Str, Type::Str], is_match),
    Function::fixed("mustRegexReplaceAll", &[Type::Str, Type::Str, Type::Str], replace_all),
    Function::fixed("mustRegexReplaceAllLiteral", &[Type::Str, Type::Str, Type::Str], replace_all_literal),
    Function::fixed("mustRegexSplit", &[Type::Str, Type::Str, Type::Int], split),
    Function::fixed("regexFind", &[Type::Str, Type::Str], find),
    Function::fixed("regexFindAll", &[Type::Str, Type::Str, Type::Int], find_all),
    Function::fixed("regexMatch", &[Type::Str, Type::Str], lenient_match),
    Function::fixed("regexQuoteMeta", &[Type::Str], quote_meta),
    Function::fixed("regexReplaceAll", &[Type::Str, Type::Str, Type::Str], replace_all),
    Function::fixed("regexReplaceAllLiteral", &[Type::Str, Type::Str, Type::Str], replace_all_literal),
    Function::fixed("regexSplit", &[Type::Str, Type::Str, Type::Int], split),
];

/// A text to search, in UTF-8. Bytes that are not become U+FFFD, which is how they match in Go.
struct Subject<'t> {
    bytes: &'t [u8],
    text: Cow<'t, str>,
    /// Pairs of positions in `text` and in `bytes`, after each byte that was replaced.
    shifts: Vec<(usize, usize)>,
}

impl<'t> Subject<'t> {
    fn new(ctx: &mut Context<'_>, pattern: &Pattern, bytes: &'t [u8]) -> Result<Self, Failure> {
        pattern.pay_pass(ctx, bytes.len())?;
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Ok(Self { bytes, text: Cow::Borrowed(text), shifts: Vec::new() });
        }
        ctx.charge(bytes.len().saturating_mul(3))?;
        let (mut text, mut shifts, mut at) = (String::new(), Vec::new(), 0);
        while let Some((rune, width)) = unicode::decode(&bytes[at..]) {
            at += width;
            text.push(rune);
            if rune.len_utf8() != width {
                ctx.charge(size_of::<(usize, usize)>())?;
                shifts.push((text.len(), at));
            }
        }
        Ok(Self { bytes, text: Cow::Owned(text), shifts })
    }

    /// The position in the bytes of a position in the text.
    fn position(&self, at: usize) -> usize {
        let after = self.shifts.partition_point(|(text, _)| *text <= at);
        match after.checked_sub(1).and_then(|index| self.shifts.get(index)) {
            Some((text, bytes)) => bytes + (at - text),
            None => at,
        }
    }

    fn part(&self, start: usize, end: usize) -> &'t [u8] {
        &self.bytes[self.position(start)..self.position(end)]
    }

    fn width_at(&self, at: usize) -> usize {
        self.text[at..].chars().next().map_or(0, char::len_utf8)
    }

    /// The matches that Go calls all: an empty one right after another does not count.
    fn all(
        &self,
        ctx: &mut Context<'_>,
        pattern: &Pattern,
        most: usize,
    ) -> Result<Vec<(usize, usize)>, Failure> {
        let mut found = Vec::new();
        let (mut at, mut last_end) = (0, None);
        while found.len() < most && at <= self.text.len() {
            pattern.pay_search(ctx, self.text.len() - at)?;
            let Some(hit) = pattern.regex.find_at(&self.text, at) else { break };
            let accepted = hit.end() > at || Some(hit.start()) != last_end;
            at = if hit.end() > at {
                hit.end()
            } else {
                match self.width_at(at) {
                    0 => self.text.len() + 1,
                    width => at + width,
                }
            };
            last_end = Some(hit.end());
            if accepted {
                ctx.charge(size_of::<(usize, usize)>())?;
                found.push((hit.start(), hit.end()));
            }
        }
        Ok(found)
    }

    /// Replaces by Go's rules; `write` appends what stands for a match.
    fn replace(
        &self,
        ctx: &mut Context<'_>,
        pattern: &Pattern,
        mut write: impl FnMut(&mut Context<'_>, &mut Vec<u8>, &Captures<'_>) -> Result<(), Failure>,
    ) -> Outcome {
        let mut out = Vec::new();
        ctx.charge_growth(&mut out, self.bytes.len())?;
        let (mut at, mut last_end) = (0, 0);
        while at <= self.text.len() {
            pattern.pay_search(ctx, self.text.len() - at)?;
            let Some(captures) = pattern.regex.captures_at(&self.text, at) else { break };
            let Some(hit) = captures.get(0) else { break };
            out.extend_from_slice(self.part(last_end, hit.start()));
            if hit.end() > last_end || hit.start() == 0 {
                write(ctx, &mut out, &captures)?;
            }
            last_end = hit.end();
            let width = self.width_at(at);
            at = if at + width.max(1) > hit.end() { at + width.max(1) } else { hit.end() };
        }
        out.extend_from_slice(self.part(last_end, self.text.len()));
        Ok(out.into())
    }
}

fn is_match(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let pattern = compile(ctx, args.str(0)?)?;
    let subject = Subject::new(ctx, &pattern, args.str(1)?)?;
    Ok(pattern.regex.is_match(&subject.text).into())
}

/// Compat: a broken pattern matches nothing.
fn lenient_match(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    match is_match(ctx, args) {
        Err(Failure::Message(_)) => Ok(false.into()),
        outcome => outcome,
    }
}

fn copied(ctx: &mut Context<'_>, bytes: &[u8]) -> Outcome {
    ctx.charge(bytes.len())?;
    Ok(bytes.into())
}

fn find(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let pattern = compile(ctx, args.str(0)?)?;
    let subject = Subject::new(ctx, &pattern, args.str(1)?)?;
    let hit = pattern.regex.find(&subject.text).map(|hit| (hit.start(), hit.end()));
    let (start, end) = hit.unwrap_or((0, 0));
    copied(ctx, subject.part(start, end))
}

/// A list of parts; none at all is Go's nil list.
fn listed(ctx: &mut Context<'_>, parts: &[&[u8]]) -> Outcome {
    let bytes: usize = parts.iter().map(|part| part.len() + 32).sum();
    ctx.charge(bytes)?;
    ctx.charge_list(parts.len())?;
    Ok(Value::List(List::new(Elem::Str, parts.iter().map(|part| Value::from(*part)).collect())))
}

fn most(count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn find_all(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let pattern = compile(ctx, args.str(0)?)?;
    let subject = Subject::new(ctx, &pattern, args.str(1)?)?;
    let found = subject.all(ctx, &pattern, most(args.int(2)?))?;
    if found.is_empty() {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    let parts: Vec<&[u8]> = found.iter().map(|(start, end)| subject.part(*start, *end)).collect();
    listed(ctx, &parts)
}

fn split(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (source, bytes, count) = (args.str(0)?, args.str(1)?, args.int(2)?);
    let pattern = compile(ctx, source)?;
    if count == 0 {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    if !source.is_empty() && bytes.is_empty() {
        return listed(ctx, &[b""]);
    }
    let subject = Subject::new(ctx, &pattern, bytes)?;
    let found = subject.all(ctx, &pattern, most(count))?;
    let (mut parts, mut begin, mut end): (Vec<&[u8]>, _, _) = (Vec::new(), 0, 0);
    for (start, stop) in found {
        if count > 0 && parts.len() + 1 == most(count) {
            break;
        }
        end = start;
        if stop != 0 {
            parts.push(subject.part(begin, end));
        }
        begin = stop;
    }
    if end != subject.text.len() {
        parts.push(subject.part(begin, subject.text.len()));
    }
    listed(ctx, &parts)
}

fn replace_all(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let pattern = compile(ctx, args.str(0)?)?;
    let subject = Subject::new(ctx, &pattern, args.str(1)?)?;
    ctx.charge(args.str(2)?.len())?;
    let pieces = re2_expand::pieces(args.str(2)?, &pattern.names);
    subject.replace(ctx, &pattern, |ctx, out, captures| {
        for piece in &pieces {
            let text = match piece {
                Piece::Text(text) => text.as_slice(),
                Piece::Groups(groups) => groups
                    .iter()
                    .find_map(|index| captures.get(*index))
                    .map_or(b"".as_slice(), |group| subject.part(group.start(), group.end())),
            };
            ctx.charge_growth(out, text.len())?;
            out.extend_from_slice(text);
        }
        Ok(())
    })
}

fn replace_all_literal(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let pattern = compile(ctx, args.str(0)?)?;
    let subject = Subject::new(ctx, &pattern, args.str(1)?)?;
    let text = args.str(2)?;
    subject.replace(ctx, &pattern, |ctx, out, _| {
        ctx.charge_growth(out, text.len())?;
        out.extend_from_slice(text);
        Ok(())
    })
}

fn quote_meta(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len() * 2)?;
    let mut out = Vec::with_capacity(text.len());
    for byte in text.iter() {
        if b"\\.+*?()|[]{}^$".contains(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    Ok(out.into())
}
