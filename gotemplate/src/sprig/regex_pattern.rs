//! Patterns compiled once, and what it costs to search with them.

use std::{
    collections::{HashMap, VecDeque},
    rc::Rc,
};

use ::regex::{Regex, RegexBuilder};

use super::packages::re2::{self, PatternError};
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
struct Compiled {
    kept: HashMap<Vec<u8>, Rc<Pattern>>,
    /// Those that may hold memory for searches, the one used last at the end.
    warm: VecDeque<Vec<u8>>,
}

impl Compiled {
    /// A pattern that was compiled before.
    fn known(&mut self, pattern: &[u8]) -> Option<Rc<Pattern>> {
        let known = self.kept.get(pattern)?.clone();
        if self.warm.back().is_none_or(|last| last != pattern) {
            self.warm.retain(|warm| warm != pattern);
            self.warm_up(pattern);
        }
        Some(known)
    }

    /// Counts a pattern as used; the one not used for longest gives back its memory when there are too many.
    fn warm_up(&mut self, pattern: &[u8]) {
        if self.warm.len() >= MOST_WARM
            && let Some(cold) = self.warm.pop_front()
            && let Some(known) = self.kept.get_mut(&cold)
        {
            // A clone shares what was compiled and begins with no memory for searches.
            let Pattern { regex, names, weight, reach } = &**known;
            let (regex, names) = (regex.clone(), names.clone());
            *known = Rc::new(Pattern { regex, names, weight: *weight, reach: *reach });
        }
        self.warm.push_back(pattern.to_vec());
    }

    fn keep(&mut self, pattern: &[u8], compiled: Rc<Pattern>) {
        if self.kept.len() >= MOST_KEPT {
            self.kept.clear();
            self.warm.clear();
        }
        self.kept.insert(pattern.to_vec(), compiled);
        self.warm_up(pattern);
    }
}

/// Most patterns kept at once.
const MOST_KEPT: usize = 16;
/// Most patterns that may hold memory for searches at once.
const MOST_WARM: usize = 4;
/// Most bytes that a pattern may take for each direction in which it searches.
const SEARCH_CACHE: usize = 1 << 20;

/// Bytes that reading a pattern takes for each of its own.
const READING: usize = 96;

/// The pattern, compiled once a render.
pub(super) fn compile(ctx: &mut Context<'_>, pattern: &[u8]) -> Result<Rc<Pattern>, Failure> {
    if let Some(known) = ctx.cache::<Compiled>().known(pattern) {
        return Ok(known);
    }
    ctx.work(pattern.len())?;
    ctx.charge(pattern.len().saturating_mul(READING))?;
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
    ctx.cache::<Compiled>().keep(pattern, compiled.clone());
    Ok(compiled)
}
