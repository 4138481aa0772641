//! YAML 1.1 as Go's `yaml.v2` reads it, which is how every Kubernetes tool reads it.
//!
//! ```text
//! cursor ▶ scanner (structure, scalars, tags) ▶ parser ▶ compose (arena) ▶ expand (aliases, `<<`, types) ▶ Tree
//! ```
//!
//! A layer of our own, because the readers of YAML 1.2 differ in just the corners that change a secret: `yes`,
//! `010`, tabs, NEL and LS as line ends, keys of over 1024 characters, `? ` and `:` in flow style, tags, `<<`.
//! Nothing here recurses, so ten thousand levels are as safe as one.

mod compose;
mod cursor;
mod expand;
mod parser;
mod resolve;
mod scalars;
mod scanner;
mod tags;
mod token;

use super::{error::Fault, node::Tree};

pub(super) use compose::{Arena, RawKind, compose};
pub(super) use resolve::reads_as_text;

/// Levels of nesting, as in Go's reader.
const MAX_DEPTH: usize = 10_000;

/// Reads the one document of `text`, which begins at offset `base` of the whole input.
pub(super) fn document(text: &str, base: usize) -> Result<Tree, Fault> {
    // A byte order mark before a document is no part of its first line.
    let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let base = base + text.len() - without_mark.len();
    let text = without_mark;
    let shift = |mut fault: Fault| {
        fault.at += base;
        fault
    };
    let arena = compose(text).map_err(shift)?;
    expand::expand(&arena, base).map_err(shift)
}
