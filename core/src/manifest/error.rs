//! What can go wrong when text becomes objects: the place and the field, never a value.

use std::fmt;

use super::bounds::Bound;

/// A text that cannot be read.
///
/// Carries where (document, line, column, field) and what; text of the input never gets in here, since the
/// input of sealing is made of secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Located(self))]
pub struct DecodeError {
    /// Which document of the stream, from 1; 0 when the whole text is meant.
    pub document: usize,
    /// Line and column, both from 1, where they are known.
    pub place: Option<Place>,
    /// The field, such as `data.password`; empty when the whole document is meant.
    pub path: String,
    /// What is wrong there.
    pub problem: Problem,
    /// Whether the text holds `{{`: most likely a Helm template that nobody has rendered.
    pub templated: bool,
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset; lines end as YAML 1.1 ends them in practice: at LF, CR or both.
    pub(super) fn of(text: &str, at: usize) -> Self {
        let before = &text[..text.floor_char_boundary(at)];
        let mut place = Self { line: 1, column: 1 };
        let mut characters = before.chars().peekable();
        while let Some(character) = characters.next() {
            let ends = character == '\n' || (character == '\r' && characters.peek() != Some(&'\n'));
            place = if ends {
                Self { line: place.line + 1, column: 1 }
            } else {
                Self { column: place.column + 1, ..place }
            };
        }
        place
    }
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes are neither UTF-8 nor UTF-16 with a byte order mark.
    #[error("not UTF-8 text")]
    Encoding,
    /// UTF-16 without a byte order mark: cannot be told apart from binary with certainty.
    #[error("looks like UTF-16 without a byte order mark")]
    Utf16WithoutMark,
    /// Not YAML.
    #[error("not valid YAML: {0}")]
    YamlSyntax(&'static str),
    /// Not JSON, and not YAML either.
    #[error("not valid JSON: {0}")]
    JsonSyntax(&'static str),
    /// Text behind a `---`.
    #[error("text after the document separator ---")]
    Separator,
    /// Something stands after the end of a document; the reference drops it without a word.
    #[error("more text after the end of the document")]
    Trailing,
    /// A single object was asked for.
    #[error("more than one document, where one SealedSecret is expected")]
    SeveralDocuments,
    /// A single object was asked for, and the text holds none.
    #[error("no object in the input")]
    NoObject,
    /// A map key that has no JSON form.
    #[error("a map key that is neither text, number nor boolean")]
    UnsupportedKey,
    /// A value that has no JSON form: infinity, not a number.
    #[error("a value that has no JSON form")]
    UnsupportedValue,
    /// A field holds another type than it should.
    #[error("expected {wanted}, found {found}")]
    Type {
        /// The type that the field has.
        wanted: &'static str,
        /// The type that stands there.
        found: &'static str,
    },
    /// A value that is not standard base64.
    #[error("illegal base64 data at input byte {0}")]
    Base64(usize),
    /// A time that is not RFC 3339.
    #[error("not a time such as 2006-01-02T15:04:05Z")]
    Time,
    /// More than the text may hold: see [`Bounds`](super::Bounds).
    #[error("more than {most} {bound}")]
    Bound {
        /// Of what there is too much.
        bound: Bound,
        /// How much there may be.
        most: usize,
    },
    /// Too many levels.
    #[error("nested too deep")]
    Depth,
    /// Another kind than SealedSecret.
    #[error("no kind \"{}\" is registered: expected SealedSecret of bitnami.com/v1alpha1", Shown(kind))]
    WrongKind {
        /// The kind that stands there.
        kind: String,
    },
    /// What is wrong with another kind as a Secret.
    #[error("{problem}: this is a {}, and no Secret", Shown(kind))]
    NoSecret {
        /// The kind that stands there.
        kind: String,
        /// What is wrong.
        problem: Box<Problem>,
    },
    /// An `apiVersion` with more than one slash.
    #[error("not an apiVersion")]
    BadVersion,
}

impl DecodeError {
    /// What to do next, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        if self.templated {
            return Some("the text holds `{{`: render the template first, for example with `helm template`");
        }
        match self.problem {
            Problem::Encoding => Some("save the file as UTF-8"),
            Problem::Utf16WithoutMark => Some("save the file as UTF-8, or as UTF-16 with a byte order mark"),
            Problem::Base64(_) => {
                Some("values under `data` are base64 text; put plain text under `stringData` instead")
            }
            Problem::Type { wanted: "base64 text", found: "a map" | "a list" } => {
                Some("each item is one text: what has a structure goes into a block scalar (`name: |`)")
            }
            Problem::Type { wanted: "base64 text", .. } => {
                Some("quote the value, so that YAML does not take it for a number or a boolean")
            }
            Problem::Separator => {
                Some("start the document on the line after `---`; inside a block scalar, indent the line")
            }
            Problem::Trailing => Some("separate documents with a line `---`"),
            Problem::SeveralDocuments => Some("put the SealedSecret into a file of its own"),
            Problem::NoSecret { .. } => {
                Some("give the Secret; -o yaml leaves other kinds beside it in their place")
            }
            Problem::YamlSyntax(_)
            | Problem::JsonSyntax(_)
            | Problem::NoObject
            | Problem::UnsupportedKey
            | Problem::UnsupportedValue
            | Problem::Type { .. }
            | Problem::Time
            | Problem::Bound { .. }
            | Problem::Depth
            | Problem::WrongKind { .. }
            | Problem::BadVersion => None,
        }
    }
}

/// A problem on its way up: the reader of one document knows the place, not the document's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Offset in the whole input, in bytes.
    pub(super) at: usize,
    pub(super) path: String,
    pub(super) problem: Problem,
}

impl Fault {
    pub(super) fn new(at: usize, problem: Problem) -> Self {
        Self { at, path: String::new(), problem }
    }

    /// Puts a field in front of the path: faults collect their path on the way up.
    pub(super) fn inside(mut self, field: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{}{dot}{}", Shown(field), self.path);
        self
    }

    /// Says that the object is of another kind than it is read as.
    pub(super) fn of_kind(self, kind: String) -> Self {
        Self { problem: Problem::NoSecret { kind, problem: Box::new(self.problem) }, ..self }
    }

    pub(super) fn at_index(mut self, index: usize) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{dot}{}", self.path);
        self
    }

    /// `text` is the whole input, for lines and columns.
    pub(super) fn in_document(self, document: usize, text: &str) -> DecodeError {
        let place = Some(Place::of(text, self.at));
        DecodeError {
            document,
            place,
            path: self.path,
            templated: looks_templated(text),
            problem: self.problem,
        }
    }
}

/// Whether `{{` stands where a value or a line begins, outside of quotes: a template, not a text about templates.
fn looks_templated(text: &str) -> bool {
    text.contains(": {{")
        || text.contains("- {{")
        || text.lines().any(|line| line.trim_start().starts_with("{{"))
}

/// An item's name as far as it may be shown: a name that no Secret can have might be a value that
/// slipped out of its place.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
        if self.0.len() <= LONGEST_SHOWN && !self.0.is_empty() && self.0.chars().all(ordinary) {
            f.write_str(self.0)
        } else {
            f.write_str("(unusual name)")
        }
    }
}

/// Names of items and annotations are at most this long.
const LONGEST_SHOWN: usize = 253;

struct Located<'a>(&'a DecodeError);

impl fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DecodeError { document, place, path, problem, .. } = self.0;
        let mut separator = "";
        if *document > 0 {
            write!(f, "document {document}")?;
            separator = ", ";
        }
        if let Some(Place { line, column }) = place {
            write!(f, "{separator}line {line}, column {column}")?;
            separator = ": ";
        } else if *document > 0 {
            separator = ": ";
        }
        if !path.is_empty() {
            write!(f, "{separator}{path}")?;
            separator = ": ";
        }
        write!(f, "{separator}{problem}")
    }
}
