//! What the scanner hands to the parser.

use crate::manifest::tree::Text;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes: its type is guessed from its text.
    Plain,
    /// In quotes or as a block: always text.
    Quoted,
}

/// A token and the offsets of its text.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) kind: Kind<'t>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    StreamEnd,
    /// `%YAML 1.1`
    VersionDirective {
        supported: bool,
    },
    /// `%TAG handle prefix`
    TagDirective {
        handle: &'t str,
        prefix: String,
    },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'t str),
    Anchor(&'t str),
    /// Handle and suffix; a verbatim tag has an empty handle.
    Tag {
        handle: &'t str,
        suffix: String,
    },
    Scalar {
        text: Text,
        style: Style,
    },
}
