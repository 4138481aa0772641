//! Parser steps to a tree: aliases are links, nothing is checked or expanded yet.

use std::collections::BTreeMap;

use super::{
    parser::{Content, Notation, Opening, Parser, Step},
    resolve::{self, Scalar},
};
use crate::manifest::{
    bounds::{Allowance, MOST_NODES},
    error::{Fault, Problem},
    tree::{Kind, Special, Tag, Tree},
};

/// A collection that is still open.
struct Frame {
    id: usize,
    notation: Notation,
    /// How many nodes it holds: none, or an odd or even number of them (1 and 2).
    count: u8,
    valueless: bool,
}

/// Reads a whole document into a tree that is empty yet.
pub(in crate::manifest) fn compose<'t>(tree: Tree<'t>, allowance: &Allowance) -> Result<Tree<'t>, Fault> {
    let parser = Parser::new(tree.text)?;
    let mut composer = Composer { parser, tree, allowance, anchors: BTreeMap::new(), open: Vec::new() };
    if composer.parser.document_start()? {
        composer.document()?;
    } else {
        composer.add(0, Kind::Null, 0)?;
    }
    composer.parser.document_end()?;
    let Composer { parser, mut tree, .. } = composer;
    tree.set_decoded(parser.into_decoded());
    Ok(tree)
}

struct Composer<'t, 'a> {
    parser: Parser<'t>,
    tree: Tree<'t>,
    allowance: &'a Allowance,
    /// The last node of a name counts.
    anchors: BTreeMap<&'t str, usize>,
    open: Vec<Frame>,
}

impl<'t> Composer<'t, '_> {
    fn document(&mut self) -> Result<(), Fault> {
        let opening = self.parser.node(true, false)?;
        self.begin(opening)?;
        while let Some(frame) = self.open.last_mut() {
            let step = self.parser.step(frame.notation, frame.count.into(), &mut frame.valueless)?;
            if step != Step::Close {
                frame.count = if frame.count == 1 { 2 } else { 1 };
            }
            match step {
                Step::Node { block, indentless } => {
                    let opening = self.parser.node(block, indentless)?;
                    self.begin(opening)?;
                }
                Step::Empty => _ = self.add(self.parser.last_end(), Kind::Typed, 0)?,
                Step::Pair => _ = self.collection(0, Notation::FlowPair)?,
                Step::Close => self.close(),
            }
        }
        Ok(())
    }

    fn begin(&mut self, opening: Opening<'t>) -> Result<(), Fault> {
        let Opening { at, anchor, content } = opening;
        let id = match content {
            Content::Alias(name) => {
                let target = self.anchors.get(name).copied();
                let target =
                    target.ok_or(Fault::new(at, Problem::YamlSyntax("an alias without its anchor")))?;
                self.add(at, Kind::Alias, target)?
            }
            Content::Scalar(scalar) => self.scalar(at, scalar)?,
            Content::Collection(notation) => self.collection(at, notation)?,
        };
        if let Some(name) = anchor {
            self.anchors.insert(name, id);
        }
        Ok(())
    }

    /// Most scalars stand where their node begins and need no more than a length.
    fn scalar(&mut self, at: usize, scalar: Special) -> Result<usize, Fault> {
        let Special { text, tag, implicit } = scalar;
        let (start, len) = (text.start as usize, text.len as usize);
        let is_simple = tag == Tag::None && !text.decoded && len <= MOST_NODES;
        if is_simple && !implicit && start == at + 1 {
            return self.add(at, Kind::Quoted, len);
        }
        let guess = (!text.decoded)
            .then(|| resolve::guess(self.tree.text.get(start..start + len).unwrap_or_default()));
        self.tree.odd_numbers |= match guess {
            Some(Scalar::Float(number)) => !number.is_finite(),
            Some(Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Uint(_) | Scalar::Text) => false,
            None => tag == Tag::Float,
        };
        if is_simple && implicit && start == at {
            let kind = if guess == Some(Scalar::Text) { Kind::Plain } else { Kind::Typed };
            return self.add(at, kind, len);
        }
        let place = (at, self.end(at));
        self.tree.push_special(place, scalar, self.allowance)
    }

    fn collection(&mut self, at: usize, notation: Notation) -> Result<usize, Fault> {
        self.allowance.level(self.open.len(), at)?;
        // Of which kind and how long is known at its end.
        let id = self.add(at, Kind::List, 0)?;
        self.open.push(Frame { id, notation, count: 0, valueless: false });
        Ok(id)
    }

    fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let kind = match frame.notation {
            Notation::BlockSequence | Notation::IndentlessSequence => Kind::List,
            Notation::FlowSequence => Kind::FlowList,
            Notation::BlockMapping | Notation::FlowPair => Kind::Map,
            Notation::FlowMapping => Kind::FlowMap,
        };
        self.tree.close(frame.id, self.parser.last_end(), kind);
    }

    fn add(&mut self, at: usize, kind: Kind, payload: usize) -> Result<usize, Fault> {
        self.tree.push((at, self.end(at)), kind, payload, self.allowance)
    }

    fn end(&self, at: usize) -> usize {
        self.parser.last_end().max(at)
    }
}
