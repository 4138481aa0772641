//! The grammar: which token may follow which.
//!
//! Each open collection is a frame; `step` says what the innermost one wants next. Compat: the same choices as
//! libyaml's, its oddities in flow style included.

use std::collections::BTreeMap;

use super::{
    scanner::Scanner,
    token::{Kind, Style},
};
use crate::manifest::{
    error::{Fault, Problem},
    tree::{Decoded, Special, Tag, Text},
};

/// A collection's notation, which decides what may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    BlockSequence,
    /// `- ` entries at the column of their key.
    IndentlessSequence,
    BlockMapping,
    FlowSequence,
    FlowMapping,
    /// `a: b` inside `[ ]`.
    FlowPair,
}

/// What an open collection wants next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A node, in block context or not, perhaps an indentless sequence.
    Node { block: bool, indentless: bool },
    /// A node that is not there: null.
    Empty,
    /// A pair opens inside a flow sequence.
    Pair,
    /// The collection is complete.
    Close,
}

/// The beginning of a node.
#[derive(Debug)]
pub(super) struct Opening<'t> {
    pub(super) at: usize,
    pub(super) anchor: Option<&'t str>,
    pub(super) content: Content<'t>,
}

#[derive(Debug)]
pub(super) enum Content<'t> {
    Alias(&'t str),
    Scalar(Special),
    Collection(Notation),
}

/// Tokens in, steps and nodes out.
pub(super) struct Parser<'a> {
    pub(super) scanner: Scanner<'a>,
    /// Prefixes by handle; a map, since there may be as many as lines.
    pub(super) tag_directives: BTreeMap<&'a str, String>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Fault> {
        Ok(Self { scanner: Scanner::new(text)?, tag_directives: BTreeMap::new() })
    }

    /// Passes directives and `---`; answers whether a node follows.
    pub(super) fn document_start(&mut self) -> Result<bool, Fault> {
        match self.scanner.peek()?.kind {
            Kind::StreamEnd => return Ok(false),
            Kind::VersionDirective { .. } | Kind::TagDirective { .. } | Kind::DocumentStart => {}
            _ => return Ok(true),
        }
        let mut versions = 0;
        loop {
            let token = self.scanner.next()?;
            match token.kind {
                Kind::VersionDirective { supported } => {
                    versions += 1;
                    if versions > 1 {
                        return Err(syntax(token.at, "a second %YAML directive"));
                    }
                    if !supported {
                        return Err(syntax(token.at, "a %YAML version other than 1.1"));
                    }
                }
                Kind::TagDirective { handle, prefix } => {
                    if self.tag_directives.insert(handle, prefix).is_some() {
                        return Err(syntax(token.at, "a second %TAG directive for one handle"));
                    }
                }
                Kind::DocumentStart => break,
                _ => return Err(syntax(token.at, "directives need `---` behind them")),
            }
        }
        Ok(!matches!(
            self.scanner.peek()?.kind,
            Kind::StreamEnd
                | Kind::DocumentStart
                | Kind::DocumentEnd
                | Kind::VersionDirective { .. }
                | Kind::TagDirective { .. }
        ))
    }

    /// Makes sure that nothing follows: what does would be lost.
    pub(super) fn document_end(&mut self) -> Result<(), Fault> {
        loop {
            let token = self.scanner.next()?;
            let problem = match token.kind {
                Kind::StreamEnd => return Ok(()),
                Kind::DocumentEnd => continue,
                Kind::DocumentStart | Kind::VersionDirective { .. } | Kind::TagDirective { .. } => {
                    Problem::SeveralDocuments
                }
                _ => Problem::Trailing,
            };
            return Err(Fault::new(token.at, problem));
        }
    }

    /// Where the text read so far ends.
    pub(super) fn last_end(&self) -> usize {
        self.scanner.last_end()
    }

    /// The texts of scalars that differ from the source.
    pub(super) fn into_decoded(self) -> Decoded {
        self.scanner.decoded
    }

    /// Reads the beginning of a node.
    pub(super) fn node(&mut self, block: bool, indentless: bool) -> Result<Opening<'a>, Fault> {
        let at = self.scanner.peek()?.at;
        if let Kind::Alias(name) = self.scanner.peek()?.kind {
            self.scanner.next()?;
            return Ok(Opening { at, anchor: None, content: Content::Alias(name) });
        }
        let (anchor, tag) = self.properties()?;
        let opening = |content| Ok(Opening { at, anchor, content });
        let collection = |notation| opening(Content::Collection(notation));
        match self.scanner.peek()?.kind {
            Kind::BlockEntry if indentless => return collection(Notation::IndentlessSequence),
            Kind::Scalar { text, style } => {
                self.scanner.next()?;
                let implicit = match tag {
                    None => style == Style::Plain,
                    Some((_, non_specific)) => non_specific,
                };
                let tag = tag.map_or(Tag::None, |(tag, _)| tag);
                return opening(Content::Scalar(Special { text, tag, implicit }));
            }
            Kind::FlowSequenceStart => {
                self.scanner.next()?;
                return collection(Notation::FlowSequence);
            }
            Kind::FlowMappingStart => {
                self.scanner.next()?;
                return collection(Notation::FlowMapping);
            }
            Kind::BlockSequenceStart if block => {
                self.scanner.next()?;
                return collection(Notation::BlockSequence);
            }
            Kind::BlockMappingStart if block => {
                self.scanner.next()?;
                return collection(Notation::BlockMapping);
            }
            _ => {}
        }
        if anchor.is_none() && tag.is_none() {
            return Err(no_content(self.scanner.peek()?.at));
        }
        let text = Text::of_source(at, at).ok_or(no_content(at))?;
        let (tag, implicit) = (tag.map_or(Tag::None, |(tag, _)| tag), tag.is_none());
        opening(Content::Scalar(Special { text, tag, implicit }))
    }

    /// What comes next in a collection that holds `count` nodes; `valueless` marks a flow key without `:`.
    pub(super) fn step(
        &mut self,
        notation: Notation,
        count: usize,
        valueless: &mut bool,
    ) -> Result<Step, Fault> {
        match notation {
            Notation::BlockSequence => self.block_sequence(),
            Notation::IndentlessSequence => self.indentless_sequence(),
            Notation::BlockMapping if count.is_multiple_of(2) => self.block_key(),
            Notation::BlockMapping => self.block_value(),
            Notation::FlowSequence => self.flow_sequence(count == 0),
            Notation::FlowMapping if count.is_multiple_of(2) => self.flow_key(count == 0, valueless),
            Notation::FlowMapping => {
                if std::mem::take(valueless) {
                    return Ok(Step::Empty);
                }
                self.flow_value(|kind| matches!(kind, Kind::FlowEntry | Kind::FlowMappingEnd))
            }
            Notation::FlowPair => match count {
                0 => self.pair_key(),
                1 => self.flow_value(|kind| matches!(kind, Kind::FlowEntry | Kind::FlowSequenceEnd)),
                _ => Ok(Step::Close),
            },
        }
    }

    fn block_sequence(&mut self) -> Result<Step, Fault> {
        let token = self.scanner.next_if(|kind| matches!(kind, Kind::BlockEntry | Kind::BlockEnd))?;
        match token {
            Some(Kind::BlockEntry) => {
                let absent = matches!(self.scanner.peek()?.kind, Kind::BlockEntry | Kind::BlockEnd);
                Ok(if absent { Step::Empty } else { Step::Node { block: true, indentless: false } })
            }
            Some(_) => Ok(Step::Close),
            None => Err(syntax(self.scanner.peek()?.at, "expected a `- ` entry at this indentation")),
        }
    }

    fn indentless_sequence(&mut self) -> Result<Step, Fault> {
        if self.scanner.next_if(|kind| *kind == Kind::BlockEntry)?.is_none() {
            return Ok(Step::Close);
        }
        let absent =
            matches!(self.scanner.peek()?.kind, Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd);
        Ok(if absent { Step::Empty } else { Step::Node { block: true, indentless: false } })
    }

    fn block_key(&mut self) -> Result<Step, Fault> {
        let token = self.scanner.next_if(|kind| matches!(kind, Kind::Key | Kind::BlockEnd))?;
        match token {
            Some(Kind::Key) => self.block_node(),
            Some(_) => Ok(Step::Close),
            None => Err(syntax(self.scanner.peek()?.at, "expected a key at this indentation")),
        }
    }

    fn block_value(&mut self) -> Result<Step, Fault> {
        if self.scanner.next_if(|kind| *kind == Kind::Value)?.is_none() {
            return Ok(Step::Empty);
        }
        self.block_node()
    }

    fn block_node(&mut self) -> Result<Step, Fault> {
        let absent = matches!(self.scanner.peek()?.kind, Kind::Key | Kind::Value | Kind::BlockEnd);
        Ok(if absent { Step::Empty } else { Step::Node { block: true, indentless: true } })
    }

    fn flow_sequence(&mut self, first: bool) -> Result<Step, Fault> {
        if self.scanner.next_if(|kind| *kind == Kind::FlowSequenceEnd)?.is_some() {
            return Ok(Step::Close);
        }
        if !first && self.scanner.next_if(|kind| *kind == Kind::FlowEntry)?.is_none() {
            return Err(syntax(self.scanner.peek()?.at, "expected `,` or `]`"));
        }
        let token = self.scanner.next_if(|kind| matches!(kind, Kind::Key | Kind::FlowSequenceEnd))?;
        Ok(match token {
            Some(Kind::Key) => Step::Pair,
            Some(_) => Step::Close,
            None => Step::Node { block: false, indentless: false },
        })
    }

    fn pair_key(&mut self) -> Result<Step, Fault> {
        let absent = |kind: &Kind| matches!(kind, Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd);
        let skipped = self.scanner.next_if(absent)?;
        Ok(if skipped.is_some() { Step::Empty } else { Step::Node { block: false, indentless: false } })
    }

    fn flow_key(&mut self, first: bool, valueless: &mut bool) -> Result<Step, Fault> {
        if self.scanner.next_if(|kind| *kind == Kind::FlowMappingEnd)?.is_some() {
            return Ok(Step::Close);
        }
        if !first && self.scanner.next_if(|kind| *kind == Kind::FlowEntry)?.is_none() {
            return Err(syntax(self.scanner.peek()?.at, "expected `,` or `}`"));
        }
        let token = self.scanner.next_if(|kind| matches!(kind, Kind::Key | Kind::FlowMappingEnd))?;
        match token {
            Some(Kind::Key) => {
                let absent =
                    matches!(self.scanner.peek()?.kind, Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd);
                Ok(if absent { Step::Empty } else { Step::Node { block: false, indentless: false } })
            }
            Some(_) => Ok(Step::Close),
            None => {
                *valueless = true;
                Ok(Step::Node { block: false, indentless: false })
            }
        }
    }

    fn flow_value(&mut self, ends: impl Fn(&Kind<'a>) -> bool) -> Result<Step, Fault> {
        if self.scanner.next_if(|kind| *kind == Kind::Value)?.is_none() || ends(&self.scanner.peek()?.kind) {
            return Ok(Step::Empty);
        }
        Ok(Step::Node { block: false, indentless: false })
    }
}

pub(super) fn syntax(at: usize, what: &'static str) -> Fault {
    Fault::new(at, Problem::YamlSyntax(what))
}

pub(super) fn no_content(at: usize) -> Fault {
    syntax(at, "expected a value")
}
