//! Parser steps to an arena of nodes: aliases are links, nothing is expanded yet.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::parser::{Content, Notation, Opening, Parser, Step};
use crate::manifest::error::{Fault, Problem};

/// A document as written.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Arena {
    pub(in crate::manifest) nodes: Vec<Raw>,
    /// `None` for a document without a node.
    pub(in crate::manifest) root: Option<usize>,
}

/// A node as written.
#[derive(Debug)]
pub(in crate::manifest) struct Raw {
    pub(in crate::manifest) at: usize,
    /// Where its text ends.
    pub(in crate::manifest) end: usize,
    /// Whether it is written with brackets or braces.
    pub(in crate::manifest) flow: bool,
    pub(in crate::manifest) kind: RawKind,
}

#[derive(Debug)]
pub(in crate::manifest) enum RawKind {
    Scalar {
        text: Zeroizing<String>,
        tag: Option<String>,
        implicit: bool,
    },
    Sequence(Vec<usize>),
    /// Keys and values in turn.
    Mapping(Vec<usize>),
    Alias(usize),
}

/// A collection that is still open.
struct Frame {
    id: usize,
    notation: Notation,
    children: Vec<usize>,
    valueless: bool,
}

/// Reads a whole document.
pub(in crate::manifest) fn compose(text: &str) -> Result<Arena, Fault> {
    let mut composer = Composer {
        parser: Parser::new(text)?,
        arena: Arena::default(),
        anchors: HashMap::new(),
        open: Vec::new(),
    };
    if composer.parser.document_start()? {
        composer.arena.root = Some(composer.document()?);
    }
    composer.parser.document_end()?;
    Ok(composer.arena)
}

struct Composer<'a> {
    parser: Parser<'a>,
    arena: Arena,
    /// The last node of a name counts.
    anchors: HashMap<String, usize>,
    open: Vec<Frame>,
}

impl Composer<'_> {
    fn document(&mut self) -> Result<usize, Fault> {
        let opening = self.parser.node(true, false)?;
        let root = self.begin(opening)?;
        while let Some(frame) = self.open.last_mut() {
            let step = self.parser.step(frame.notation, frame.children.len(), &mut frame.valueless)?;
            let child = match step {
                Step::Node { block, indentless } => {
                    let opening = self.parser.node(block, indentless)?;
                    Some((self.open.len(), self.begin(opening)?))
                }
                Step::Empty => Some((self.open.len(), self.empty())),
                Step::Pair => Some((self.open.len(), self.collection(0, Notation::FlowPair))),
                Step::Close => {
                    self.close();
                    None
                }
            };
            if let Some((depth, id)) = child {
                self.open[depth - 1].children.push(id);
            }
        }
        Ok(root)
    }

    fn begin(&mut self, opening: Opening) -> Result<usize, Fault> {
        let Opening { at, anchor, content } = opening;
        let id = match content {
            Content::Alias(name) => {
                let target = self.anchors.get(&name).copied();
                let target =
                    target.ok_or(Fault::new(at, Problem::YamlSyntax("an alias without its anchor")))?;
                self.add(at, RawKind::Alias(target))
            }
            Content::Scalar { text, tag, implicit } => self.add(at, RawKind::Scalar { text, tag, implicit }),
            Content::Collection(notation) => self.collection(at, notation),
        };
        if let Some(name) = anchor {
            self.anchors.insert(name, id);
        }
        Ok(id)
    }

    fn collection(&mut self, at: usize, notation: Notation) -> usize {
        let id = self.add(at, RawKind::Sequence(Vec::new()));
        self.open.push(Frame { id, notation, children: Vec::new(), valueless: false });
        id
    }

    fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let raw = &mut self.arena.nodes[frame.id];
        raw.end = self.parser.last_end();
        raw.flow = matches!(frame.notation, Notation::FlowSequence | Notation::FlowMapping);
        raw.kind = match frame.notation {
            Notation::BlockSequence | Notation::IndentlessSequence | Notation::FlowSequence => {
                RawKind::Sequence(frame.children)
            }
            Notation::BlockMapping | Notation::FlowMapping | Notation::FlowPair => {
                RawKind::Mapping(frame.children)
            }
        };
    }

    fn empty(&mut self) -> usize {
        self.add(
            self.parser.last_end(),
            RawKind::Scalar { text: Zeroizing::default(), tag: None, implicit: true },
        )
    }

    fn add(&mut self, at: usize, kind: RawKind) -> usize {
        let end = self.parser.last_end().max(at);
        self.arena.nodes.push(Raw { at, end, flow: false, kind });
        self.arena.nodes.len() - 1
    }
}
