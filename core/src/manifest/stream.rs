//! A text of many documents: where one ends and the next begins, and whether it is JSON or YAML.
//!
//! Compat: a line that begins with `---` ends a document, wherever it stands; JSON values may follow each other
//! without anything between; JSON that cannot be read is read again as YAML, and if that fails too, what was
//! wrong with the JSON is reported. Unlike the reference, nothing that stands in the text is ever passed over.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    bounds::{Allowance, Bounds},
    error::{DecodeError, Fault, Problem},
    json,
    read::Reader,
    tree::Tree,
    yaml,
};

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Yaml,
}

/// Reads a stream document by document with `read`, which makes objects of trees.
pub(super) struct Stream<'a, F> {
    text: &'a str,
    pos: usize,
    syntax: Syntax,
    /// How many documents were found.
    number: usize,
    /// What was wrong with the JSON that is being read again as YAML.
    first_fault: Option<Fault>,
    failed: bool,
    allowance: Allowance,
    read: F,
}

/// A document's text and tree.
pub(super) struct Piece<'a> {
    pub(super) source: &'a str,
    pub(super) syntax: Syntax,
    pub(super) tree: Tree<'a>,
}

/// A part of the text up to the next separator.
struct Chunk<'a> {
    source: &'a str,
    base: usize,
    /// Where the next one begins.
    next: usize,
    separated: bool,
}

impl<'a, T, F> Stream<'a, F>
where
    F: FnMut(&Reader, &Piece<'_>) -> Result<Option<T>, Fault>,
{
    pub(super) fn new(text: &'a str, bounds: &Bounds, read: F) -> Self {
        let syntax = if text.trim_start().starts_with('{') { Syntax::Json } else { Syntax::Yaml };
        Self {
            text,
            pos: 0,
            syntax,
            number: 0,
            first_fault: None,
            failed: false,
            allowance: Allowance::new(bounds),
            read,
        }
    }

    /// The next object; documents without one are passed over.
    fn object(&mut self) -> Result<Option<T>, DecodeError> {
        loop {
            let found = match self.syntax {
                Syntax::Json => self.json(),
                Syntax::Yaml => self.yaml(),
            };
            let text = self.text;
            match found.map_err(|fault| fault.in_document(self.number, text))? {
                Found::Object(object) => return Ok(Some(object)),
                Found::Nothing => {}
                Found::End => return Ok(None),
            }
        }
    }

    fn json(&mut self) -> Result<Found<T>, Fault> {
        let rest = &self.text[self.pos..];
        let value = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        self.pos += rest.len() - value.len();
        if value.is_empty() {
            return Ok(Found::End);
        }
        if value.starts_with("---") || value.starts_with('#') {
            self.syntax = Syntax::Yaml;
            return Ok(Found::Nothing);
        }
        let (tree, length) = match json::value(value, self.pos, &self.allowance) {
            Ok(parsed) => parsed,
            Err(fault @ Fault { problem: Problem::Bound { .. }, .. }) => return Err(fault),
            Err(fault) => {
                self.syntax = Syntax::Yaml;
                self.first_fault = Some(fault);
                return Ok(Found::Nothing);
            }
        };
        self.number += 1;
        self.allowance.spend(tree.len());
        let source = &value[..length];
        let piece = Piece { source, syntax: Syntax::Json, tree };
        let object = match (self.read)(&Reader::json_stream(), &piece) {
            Ok(object) => object,
            Err(fault) => self.json_as_yaml(&piece, fault)?,
        };
        self.pos += length;
        Ok(object.map_or(Found::Nothing, Found::Object))
    }

    /// JSON whose types do not fit, read with YAML's leniency; if that fails, it fails with the JSON's fault.
    ///
    /// Compat: the tree stays that of the JSON, since the reference reads the YAML into what the JSON left.
    /// Test: `field-type-json/big-int`.
    fn json_as_yaml(&mut self, piece: &Piece<'_>, fault: Fault) -> Result<Option<T>, Fault> {
        let mut room = Zeroizing::default();
        if yaml::document(line_ended(piece.source, &mut room), self.pos, &self.allowance).is_err() {
            return Err(fault);
        }
        self.read_yaml(piece).map_err(|_| fault)
    }

    fn yaml(&mut self) -> Result<Found<T>, Fault> {
        let Some(chunk) = self.chunk()? else { return Ok(Found::End) };
        let first_fault = self.first_fault.take();
        let outcome = self.yaml_chunk(&chunk);
        self.pos = chunk.next;
        outcome.map_err(|fault| first_fault.unwrap_or(fault))
    }

    fn yaml_chunk(&mut self, chunk: &Chunk<'a>) -> Result<Found<T>, Fault> {
        if is_blank(chunk.source, chunk.separated) {
            return Ok(Found::Nothing);
        }
        self.number += 1;
        let mut room = Zeroizing::default();
        let tree = yaml::document(line_ended(chunk.source, &mut room), chunk.base, &self.allowance)?;
        self.allowance.spend(tree.len());
        let object = self.read_yaml(&Piece { source: chunk.source, syntax: Syntax::Yaml, tree })?;
        Ok(object.map_or(Found::Nothing, Found::Object))
    }

    fn read_yaml(&mut self, piece: &Piece<'_>) -> Result<Option<T>, Fault> {
        let reader = Reader::yaml_stream();
        let object = (self.read)(&reader, piece)?;
        reader.check_numbers(&piece.tree)?;
        Ok(object)
    }

    /// The text up to the next line that begins with `---`.
    fn chunk(&mut self) -> Result<Option<Chunk<'a>>, Fault> {
        let base = self.pos;
        let mut end = base;
        for line in self.text[base..].split_inclusive('\n') {
            if let Some(behind) = line.strip_prefix("---") {
                let behind = behind.trim();
                if !behind.is_empty() && !behind.starts_with('#') {
                    self.number += 1;
                    return Err(self.first_fault.take().unwrap_or(Fault::new(end, Problem::Separator)));
                }
                if end > base {
                    let next = end + line.len();
                    return Ok(Some(Chunk { source: &self.text[base..end], base, next, separated: true }));
                }
            }
            end += line.len();
        }
        let source = &self.text[base..end];
        Ok((end > base).then_some(Chunk { source, base, next: end, separated: false }))
    }
}

/// The documents of a YAML text, blank ones included: each document's own text, and where the next begins.
pub(super) fn split(text: &str) -> Result<Vec<(Range<usize>, usize)>, DecodeError> {
    let mut stream = Stream::new(text, &Bounds::FILE, |_: &Reader, _: &Piece<'_>| Ok(None::<()>));
    let mut found = Vec::new();
    while let Some(chunk) = stream.chunk().map_err(|fault| fault.in_document(stream.number, text))? {
        found.push((chunk.base..chunk.base + chunk.source.len(), chunk.next));
        stream.pos = chunk.next;
    }
    Ok(found)
}

/// How many documents [`DecodeError`] numbers in a text.
pub(super) fn count(text: &str) -> usize {
    let mut stream = Stream::new(text, &Bounds::FILE, |_: &Reader, _: &Piece<'_>| Ok(None::<()>));
    // JSON values end where they are read to the end. YAML documents end at lines, which need no reader.
    while stream.syntax == Syntax::Json {
        match stream.json() {
            Ok(Found::End) | Err(_) => return stream.number,
            Ok(Found::Object(()) | Found::Nothing) => {}
        }
    }
    while let Ok(Some(chunk)) = stream.chunk() {
        stream.number += usize::from(!is_blank(chunk.source, chunk.separated));
        stream.pos = chunk.next;
    }
    stream.number
}

/// Whether a document holds nothing but blank lines, comments and directives.
pub(super) fn is_empty(source: &str) -> bool {
    is_blank(source, true)
}

/// What stood at the reading position.
enum Found<T> {
    Object(T),
    Nothing,
    End,
}

impl<T, F> Iterator for Stream<'_, F>
where
    F: FnMut(&Reader, &Piece<'_>) -> Result<Option<T>, Fault>,
{
    type Item = Result<T, DecodeError>;

    /// Ends at the first document that cannot be read.
    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let object = self.object();
        self.failed = object.is_err();
        object.transpose()
    }
}

/// Whether nothing but blank lines, comments and, before a separator, directives stands there.
fn is_blank(source: &str, separated: bool) -> bool {
    source.lines().all(|line| {
        let line = line.trim_matches([' ', '\r', '\u{feff}']);
        line.is_empty() || line.starts_with('#') || (separated && line.starts_with('%')) || line == "---"
    })
}

/// Compat: the reference's line reader ends every line, the last one too. Where that takes a copy, it is in `room`.
pub(super) fn line_ended<'a>(source: &'a str, room: &'a mut Zeroizing<String>) -> &'a str {
    if source.ends_with('\n') {
        return source;
    }
    room.reserve_exact(source.len() + 1);
    room.push_str(source);
    room.push('\n');
    room
}
