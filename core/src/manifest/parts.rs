//! The documents of a text by their places, for edits of the text.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    DecodeError,
    bounds::{Allowance, Bounds},
    error::Fault,
    json,
    kind::{kind_beside_sealed, list, list_items},
    node::{Node, Value},
    read::Reader,
    stream, yaml,
};
use crate::SealedSecret;

/// A document of a text, and what SealedSecrets it holds.
pub(crate) struct Part {
    /// Its own text.
    pub(crate) range: Range<usize>,
    /// Whether it is a JSON value.
    pub(crate) is_json: bool,
    pub(crate) content: Content,
}

/// What a document holds.
pub(crate) enum Content {
    /// Blank lines, comments and directives.
    Nothing,
    /// A SealedSecret, or an object without a kind.
    Sealed,
    /// A list; the places of its SealedSecrets.
    List(Vec<usize>),
    /// Another kind.
    Other(String),
    /// It cannot be read.
    Broken(Broken),
}

/// A document that cannot be read. Its line is only found when it is asked for: that takes the text before it.
pub(crate) struct Broken {
    fault: Fault,
    number: usize,
}

impl Broken {
    /// What is wrong; `text` is the one that was given to [`parts`].
    pub(crate) fn error(&self, text: &str) -> DecodeError {
        self.fault.clone().in_document(self.number, text)
    }
}

/// The documents of a text in their order; what stands between them is separators and blanks.
pub(crate) fn parts(text: &str) -> Result<Vec<Part>, DecodeError> {
    let allowance = Allowance::new(&Bounds::FILE);
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()).map(|blanks| at + blanks) {
        let is_json = text[start..].starts_with('{');
        let value = if is_json { json::value(&text[start..], start, &allowance).ok() } else { None };
        let Some((tree, length)) = value else { break };
        at = start + length;
        parts.push(Part { range: start..at, is_json: true, content: content(tree.root()) });
    }
    if text[at..].trim().is_empty() {
        return Ok(parts);
    }
    for (range, _) in stream::split(&text[at..])? {
        let range = at + range.start..at + range.end;
        let source = &text[range.clone()];
        let content = if stream::is_empty(source) {
            Content::Nothing
        } else {
            let mut room = Zeroizing::default();
            match yaml::document(stream::line_ended(source, &mut room), range.start, &allowance) {
                Ok(tree) => content(tree.root()),
                Err(fault) => Content::Broken(Broken { fault, number: parts.len() + 1 }),
            }
        };
        parts.push(Part { range, is_json: false, content });
    }
    Ok(parts)
}

/// The SealedSecrets that a document of a text holds, read strictly, in the order of its content.
pub(crate) fn objects(text: &str, part: &Part) -> Result<Vec<SealedSecret>, DecodeError> {
    let source = &text[part.range.clone()];
    let mut room = Zeroizing::default();
    let allowance = Allowance::new(&Bounds::FILE);
    let tree = if part.is_json {
        json::value(source, part.range.start, &allowance).map(|(tree, _)| tree)
    } else {
        yaml::document(stream::line_ended(source, &mut room), part.range.start, &allowance)
    };
    let objects = tree.and_then(|tree| {
        let reader = Reader::strict(!part.is_json);
        let objects = match &part.content {
            Content::Sealed => vec![reader.only_sealed_secret(tree.root())?],
            Content::List(wanted) => {
                let mut items = list_items(tree.root()).into_iter().flatten().enumerate();
                let item = |index: &usize| items.find(|(found, _)| found == index).map(|(_, item)| item);
                let items = wanted.iter().filter_map(item);
                items.map(|item| reader.only_sealed_secret(item)).collect::<Result<_, _>>()?
            }
            Content::Nothing | Content::Other(_) | Content::Broken(_) => Vec::new(),
        };
        reader.check_numbers(&tree)?;
        Ok(objects)
    });
    objects.map_err(|fault| fault.in_document(0, text))
}

fn content(root: Node<'_>) -> Content {
    if matches!(root.value(), Value::Null) {
        return Content::Nothing;
    }
    let is_sealed = |node: Node<'_>| match kind_beside_sealed(node) {
        // What has neither a kind nor any field of a SealedSecret is none, as for the reader of streams.
        None => !matches!(Reader::yaml_stream().sealed_secret(node), Ok(None)),
        Some(_) => false,
    };
    if let Some((_, items)) = list(root) {
        let items = items.enumerate();
        return Content::List(items.filter_map(|(index, item)| is_sealed(item).then_some(index)).collect());
    }
    match kind_beside_sealed(root) {
        Some(kind) => Content::Other(kind),
        None if is_sealed(root) => Content::Sealed,
        None => Content::Other(String::new()),
    }
}
