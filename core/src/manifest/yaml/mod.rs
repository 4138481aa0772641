//! YAML 1.1 as Go's `yaml.v2` reads it, which is how every Kubernetes tool reads it.
//!
//! ```text
//! cursor ▶ scanner (structure, scalars, tags) ▶ parser ▶ compose (a tree) ▶ check (aliases, `<<`, types)
//! ```
//!
//! A layer of our own, because the readers of YAML 1.2 differ in just the corners that change a secret: `yes`,
//! `010`, tabs, NEL and LS as line ends, keys of over 1024 characters, `? ` and `:` in flow style, tags, `<<`.
//! Nothing here recurses, so ten thousand levels are as safe as one.

mod check;
mod compose;
mod cursor;
mod fetch;
mod folding;
mod parser;
mod properties;
mod resolve;
mod scalars;
mod scanner;
mod tags;
mod token;

use super::{
    bounds::Allowance,
    error::Fault,
    tree::{Dialect, Tree},
};

pub(super) use compose::compose;
pub(super) use resolve::{Scalar, float_key, reads_as_text, scalar};

/// The fault of a tab where a line's indentation is.
const TAB: &str = "a tab cannot indent: use blanks";

/// Levels of nesting, as in Go's reader.
const MAX_DEPTH: usize = 10_000;

/// Reads the one document of `text`, which begins at offset `base` of the whole input.
pub(super) fn document<'t>(text: &'t str, base: usize, allowance: &Allowance) -> Result<Tree<'t>, Fault> {
    // A byte order mark before a document is no part of its first line.
    let without_mark = text.strip_prefix('\u{feff}').unwrap_or(text);
    let base = base + text.len() - without_mark.len();
    let tree = Tree::new(without_mark, base, Dialect::Yaml);
    let tree = tree.and_then(|tree| compose(tree, allowance)).and_then(|tree| check::check(tree, allowance));
    tree.map_err(|mut fault| {
        fault.at += base;
        fault
    })
}
