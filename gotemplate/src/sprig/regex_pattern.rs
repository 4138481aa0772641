//! Patterns compiled once, and what it costs to search with them.

use std::{collections::HashMap, rc::Rc};

use ::regex::{Regex, RegexBuilder};

use super::golang::re2::{self, PatternError};
use crate::{context::Context, error::Failure, limits::Limit};

/// A compiled pattern with the names of its groups.
pub(super) struct Pattern {
    pub(super) regex: Regex,
    /// Name of each group from 1.
    pub(super) names: Vec<String>,
    /// About how many bytes it takes, which is how long it may think about one byte of text.
    weight: usize,
    /// How far a match can reach, if there is an end to it.
    reach: usize,
}

impl Pattern {
    /// Pays for one pass over so many bytes.
    pub(super) fn pay_pass(&self, ctx: &mut Context<'_>, bytes: usize) -> Result<(), Failure> {
        ctx.work((bytes / 64).saturating_add(bytes.saturating_mul(self.weight) / 8192))
    }

    /// Pays for one more search in what is left: it may look far behind the match that it gives, and
    /// a thousand searches would do so a thousand times.
    pub(super) fn pay_search(&self, ctx: &mut Context<'_>, left: usize) -> Result<(), Failure> {
        let looked_at = left.min(self.reach);
        ctx.work(1 + (looked_at / 512).saturating_mul(1 + self.weight / 8192))
    }
}

/// The patterns compiled during one render.
#[derive(Default)]
struct Compiled(HashMap<Vec<u8>, Rc<Pattern>>);

/// Most patterns kept at once.
const MOST_KEPT: usize = 16;
/// Most bytes that a kept pattern may take on top while it searches.
const SEARCH_CACHE: usize = 1 << 20;

/// The pattern, compiled once a render.
pub(super) fn compile(ctx: &mut Context<'_>, pattern: &[u8]) -> Result<Rc<Pattern>, Failure> {
    if let Some(known) = ctx.cache::<Compiled>().0.get(pattern) {
        return Ok(known.clone());
    }
    ctx.work(pattern.len())?;
    let refused = |error: PatternError| Failure::with(error.to_string());
    let translated = re2::translate(pattern).map_err(refused)?;
    ctx.charge(usize::try_from(translated.weight).unwrap_or(usize::MAX))?;
    let limit = ctx.limits().regex_bytes;
    let regex = RegexBuilder::new(&translated.pattern)
        .size_limit(limit)
        .dfa_size_limit(limit.min(SEARCH_CACHE))
        .nest_limit(1000)
        .build()
        .map_err(|error| match error {
            ::regex::Error::CompiledTooBig(_) => Failure::Limit(Limit::RegexBytes),
            _ => refused(PatternError::TooLarge),
        })?;
    let reach = regex_syntax::parse(&translated.pattern).ok().and_then(|hir| hir.properties().maximum_len());
    let compiled = Rc::new(Pattern {
        regex,
        names: translated.names,
        weight: usize::try_from(translated.weight).unwrap_or(usize::MAX),
        reach: reach.unwrap_or(usize::MAX),
    });
    let kept = &mut ctx.cache::<Compiled>().0;
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(pattern.to_vec(), compiled.clone());
    Ok(compiled)
}
