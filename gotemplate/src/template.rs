//! A parsed template.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use crate::{
    context::Env,
    error::{Error, ErrorKind, Failure},
    exec,
    limits::Limits,
    parser::{self, Trees},
};

/// A template, parsed once and rendered many times, from any thread.
pub struct Template {
    name: String,
    text: String,
    trees: Trees,
}

/// The name and the size: the tree is long, and no reader of a log wants it.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({:?}, {} bytes)", self.name, self.text.len())
    }
}

impl Template {
    /// Parses `text` under the template name `name`, within the default [`Limits`].
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        Self::parse_within(name, text, &Limits::default())
    }

    /// Parses `text` under the template name `name`.
    pub fn parse_within(name: &str, text: &str, limits: &Limits) -> Result<Self, Error> {
        let trees = parser::parse(name, text, limits)
            .map_err(|refusal| error(name, text, refusal.at, None, refusal.failure, ErrorKind::Parse))?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), trees })
    }

    /// Whether a render may come out differently next time with the same data, because a function that reads
    /// the clock or random bytes is named somewhere.
    pub fn is_volatile(&self) -> bool {
        self.trees.volatile
    }

    /// Renders with `.` as a map of strings to bytes (Go's `map[string]string`).
    pub fn render(&self, data: &BTreeMap<String, Vec<u8>>, env: &Env<'_>) -> Result<Vec<u8>, Error> {
        exec::render(&self.trees, &self.name, &self.text, data, env).map_err(|abort| {
            let at = abort.at as usize;
            error(&self.name, &self.text, at, abort.function, abort.failure, ErrorKind::Exec)
        })
    }
}

/// Words a failure, with its place as people count lines and columns.
fn error(
    name: &str,
    text: &str,
    at: usize,
    function: Option<Cow<'static, str>>,
    failure: Failure,
    stage: ErrorKind,
) -> Error {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let (kind, message) = match failure {
        Failure::Message(message) => (stage, message),
        Failure::Limit(limit) => (ErrorKind::Limit(limit), limit.describe().into()),
    };
    Error {
        kind,
        template: name.to_owned(),
        line: before.split(|byte| *byte == b'\n').count(),
        column: 1 + before.len() - line_start,
        function: function.map(Cow::into_owned),
        message,
    }
}
