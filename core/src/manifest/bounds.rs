//! How much of a text is read.

use super::error::{Fault, Problem};

/// Limits on what a text may hold, counted while it is read: a text that exceeds one costs no more than one that
/// just fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Keys and values together, those that aliases repeat counted each time. Each document counts as
    /// [`Bounds::DOCUMENT`] more.
    pub nodes: usize,
    /// Levels of lists and maps; more than 10,000 are never read.
    pub depth: usize,
    /// Bytes of text that aliases repeat: short aliases of a long text multiply it.
    pub aliased: usize,
}

impl Bounds {
    /// For files of the one who runs the program: all that memory can hold.
    pub const FILE: Self = Self { nodes: MOST_NODES, depth: 10_000, aliased: 64 << 20 };
    /// For text of strangers: ten times the nodes of an object with 2,000 items, and as many aliased bytes as a
    /// Secret may hold.
    pub const NETWORK: Self = Self { nodes: 50_000, depth: 500, aliased: 1 << 20 };
    /// What a document costs beside its nodes, since an object has a size even if nothing stands in it.
    pub const DOCUMENT: usize = 64;
}

impl Default for Bounds {
    fn default() -> Self {
        Self::FILE
    }
}

/// As many as a tree can tell apart.
pub(super) const MOST_NODES: usize = (1 << 28) - 1;

/// A limit of [`Bounds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Bound {
    /// [`Bounds::nodes`].
    #[error("keys and values")]
    Nodes,
    /// [`Bounds::depth`].
    #[error("levels of nesting")]
    Depth,
    /// [`Bounds::aliased`].
    #[error("bytes of text by aliases")]
    Aliased,
    /// The length of a text; offsets have 32 bits.
    #[error("bytes")]
    Bytes,
}

/// What is left of the bounds of a text of several documents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    bounds: Bounds,
    /// Nodes of the documents before this one.
    spent: usize,
}

impl Allowance {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self { bounds: Bounds { nodes: bounds.nodes.min(MOST_NODES), ..*bounds }, spent: 0 }
    }

    /// Counts a document that was read.
    pub(super) fn spend(&mut self, nodes: usize) {
        // Without a limit for nodes there is none for documents either: each takes some bytes of a text.
        self.spent = if self.bounds.nodes == MOST_NODES { 0 } else { self.spent + nodes + Bounds::DOCUMENT };
    }

    /// Whether a document may hold a node more than `nodes`.
    pub(super) fn node(&self, nodes: usize, at: usize) -> Result<(), Fault> {
        check(self.spent + nodes < self.bounds.nodes, Bound::Nodes, self.bounds.nodes, at)
    }

    /// Whether a collection may be opened inside `depth` others.
    pub(super) fn level(&self, depth: usize, at: usize) -> Result<(), Fault> {
        check(depth < self.bounds.depth, Bound::Depth, self.bounds.depth, at)
    }

    /// Whether so many bytes may be there by aliases.
    pub(super) fn aliased(&self, bytes: usize, at: usize) -> Result<(), Fault> {
        check(bytes <= self.bounds.aliased, Bound::Aliased, self.bounds.aliased, at)
    }
}

fn check(fits: bool, bound: Bound, most: usize, at: usize) -> Result<(), Fault> {
    if fits { Ok(()) } else { Err(Fault::new(at, Problem::Bound { bound, most })) }
}
