//! The tree between text and objects: what YAML and JSON have in common, in eight bytes a node.
//!
//! Nodes stand in the order of the text, each collection before its children, so that a collection only needs to
//! know where it ends. Scalars are ranges of the text; only what escapes and folding change is stored apart. So
//! nothing of a secret is copied that need not be, and a text of two bytes a node takes four times its size.

mod scalar;

pub(super) use scalar::{Decoded, Special, Tag, Text};

use super::{
    bounds::{Allowance, Bound, MOST_NODES},
    error::{Fault, Problem},
    segments::Segments,
};

/// A document as a tree over its text.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    pub(super) text: &'t str,
    /// Where the text begins in the whole input.
    pub(super) base: usize,
    pub(super) dialect: Dialect,
    raws: Segments<Raw>,
    specials: Segments<Special>,
    decoded: Decoded,
    /// Where each node's text ends, for those who change it.
    ends: Option<Segments<u32>>,
    /// Whether a number may be infinite or none at all.
    pub(super) odd_numbers: bool,
}

/// What the maps of a tree mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Entries in order, repeated ones included.
    Json,
    /// Entries sorted by name, the last of a name; `<<` brings in others.
    Yaml,
}

/// A node as it is stored: what it is in the upper four bits of `word`, a length or an index in the others.
#[derive(Clone, Copy, Debug)]
struct Raw {
    at: u32,
    word: u32,
}

const WORD_BITS: u32 = 28;

/// A node, taken apart.
struct Stored {
    kind: Kind,
    at: usize,
    payload: usize,
}

/// What a node is, and what the other bits say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not as simple as the others: an index of `specials`.
    Special,
    /// Plain, of a type to be guessed: a length.
    Typed,
    /// Plain, and text by the looks of it: a length.
    Plain,
    /// The text behind a quotation mark: a length.
    Quoted,
    /// Where the collection ends: the index of the node behind its last.
    List,
    FlowList,
    Map,
    FlowMap,
    /// The index of the anchored node.
    Alias,
    /// JSON's words and numbers: a length.
    Null,
    True,
    False,
    Number,
}

/// By the upper bits of a word; there are more words than kinds.
const KINDS: [Kind; 16] = [
    Kind::Special,
    Kind::Typed,
    Kind::Plain,
    Kind::Quoted,
    Kind::List,
    Kind::FlowList,
    Kind::Map,
    Kind::FlowMap,
    Kind::Alias,
    Kind::Null,
    Kind::True,
    Kind::False,
    Kind::Number,
    Kind::Null,
    Kind::Null,
    Kind::Null,
];

impl Kind {
    #[inline]
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::List | Self::FlowList)
    }

    #[inline]
    pub(super) fn is_map(self) -> bool {
        matches!(self, Self::Map | Self::FlowMap)
    }
}

impl<'t> Tree<'t> {
    /// An empty tree; `text` begins at `base` of the whole input.
    pub(super) fn new(text: &'t str, base: usize, dialect: Dialect) -> Result<Self, Fault> {
        if text.len() > Text::LONGEST {
            let problem = Problem::Bound { bound: Bound::Bytes, most: Text::LONGEST };
            return Err(Fault::new(0, problem));
        }
        Ok(Self {
            text,
            base,
            dialect,
            raws: Segments::default(),
            specials: Segments::default(),
            decoded: Decoded::default(),
            ends: None,
            odd_numbers: false,
        })
    }

    /// Remembers where each node's text ends, too.
    pub(super) fn with_ends(mut self) -> Self {
        self.ends = Some(Segments::default());
        self
    }

    pub(super) fn len(&self) -> usize {
        self.raws.len()
    }

    /// Adds a node; `at` and `end` are offsets in the text. Answers its index.
    pub(super) fn push(
        &mut self,
        (at, end): (usize, usize),
        kind: Kind,
        payload: usize,
        allowance: &Allowance,
    ) -> Result<usize, Fault> {
        allowance.node(self.raws.len(), at)?;
        self.raws.push(Raw { at: narrow(at), word: word(kind, payload) });
        if let Some(ends) = &mut self.ends {
            ends.push(narrow(end));
        }
        Ok(self.raws.len() - 1)
    }

    /// Adds a scalar of any form.
    pub(super) fn push_special(
        &mut self,
        place: (usize, usize),
        special: Special,
        allowance: &Allowance,
    ) -> Result<usize, Fault> {
        let index = self.specials.len();
        self.specials.push(special);
        self.push(place, Kind::Special, index, allowance)
    }

    /// Ends a collection behind the last node.
    pub(super) fn close(&mut self, id: usize, end: usize, kind: Kind) {
        let raw = self.raws.get(id);
        self.raws.set(id, Raw { word: word(kind, self.raws.len()), ..raw });
        if let Some(ends) = &mut self.ends {
            ends.set(id, narrow(end));
        }
    }

    /// Takes over the texts that the nodes' ranges speak of.
    pub(super) fn set_decoded(&mut self, decoded: Decoded) {
        self.decoded = decoded;
    }

    /// Puts the bytes of a `!!binary` in the place of its base64.
    pub(super) fn replace_binary(&mut self, id: usize, text: &str) -> Option<()> {
        let start = self.decoded.len();
        self.decoded.push_str(text);
        let text = self.decoded.since(start)?;
        self.specials.set(self.stored(id).payload, Special { text, tag: Tag::Other, implicit: false });
        Some(())
    }

    #[inline]
    fn stored(&self, id: usize) -> Stored {
        let Raw { at, word } = self.raws.get(id);
        Stored {
            kind: KINDS[(word >> WORD_BITS) as usize],
            at: at as usize,
            payload: word as usize & MOST_NODES,
        }
    }

    #[inline]
    pub(super) fn at(&self, id: usize) -> usize {
        self.stored(id).at
    }

    /// Where a node's text ends, if that was to be remembered.
    pub(super) fn end(&self, id: usize) -> usize {
        self.text.ceil_char_boundary(self.ends.as_ref().map_or(0, |ends| ends.get(id) as usize))
    }

    #[inline]
    pub(super) fn kind(&self, id: usize) -> Kind {
        self.stored(id).kind
    }

    /// The node that an alias stands for; any other stands for itself.
    #[inline]
    pub(super) fn target(&self, id: usize) -> usize {
        let stored = self.stored(id);
        if stored.kind == Kind::Alias { stored.payload } else { id }
    }

    /// The index behind a node and all that is in it.
    #[inline]
    pub(super) fn behind(&self, id: usize) -> usize {
        let stored = self.stored(id);
        if stored.kind.is_list() || stored.kind.is_map() { stored.payload } else { id + 1 }
    }

    /// A scalar's text, tag, and whether its type is to be guessed; `None` for a collection.
    #[inline]
    pub(super) fn scalar(&self, id: usize) -> Option<(&str, Tag, bool)> {
        let Stored { kind, at, payload } = self.stored(id);
        Some(match kind {
            Kind::Typed | Kind::Plain | Kind::Null | Kind::True | Kind::False | Kind::Number => {
                (slice(self.text, at, payload), Tag::None, true)
            }
            Kind::Quoted => (slice(self.text, at + 1, payload), Tag::None, false),
            Kind::Special => {
                let Special { text, tag, implicit } = self.specials.get(payload);
                let source = if text.decoded { self.decoded.as_str() } else { self.text };
                (slice(source, text.start as usize, text.len as usize), tag, implicit)
            }
            Kind::List | Kind::FlowList | Kind::Map | Kind::FlowMap | Kind::Alias => return None,
        })
    }
}

/// What is not there, such as an absent value, may stand inside a character.
fn slice(text: &str, start: usize, length: usize) -> &str {
    text.get(start..start + length).unwrap_or_default()
}

fn word(kind: Kind, payload: usize) -> u32 {
    debug_assert!(payload <= MOST_NODES);
    (kind as u32) << WORD_BITS | narrow(payload)
}

/// Offsets and indices fit: a longer text is refused before.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
