//! A parsed template.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use crate::{
    budget::Budget,
    context::Env,
    data::Data,
    error::{Error, ErrorKind, Failure},
    exec::{self, Became},
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
        Self::parse_with(name, text, &mut Budget::new(limits))
    }

    /// Parses `text` under the template name `name`, and pays for its length and its nodes.
    pub fn parse_with(name: &str, text: &str, budget: &mut Budget<'_>) -> Result<Self, Error> {
        let trees = parser::parse(name, text, budget).map_err(|refusal| {
            error(name, text, refusal.at, None, refusal.failure, ErrorKind::Parse, &budget.limits)
        })?;
        Ok(Self { name: name.to_owned(), text: text.to_owned(), trees })
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The most bytes of memory that the template takes, its text included.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.text.len() + self.trees.bytes
    }

    /// Whether a render may come out differently next time with the same data, because a function that reads
    /// the clock or random bytes is named somewhere.
    pub fn is_volatile(&self) -> bool {
        self.trees.volatile
    }

    /// Whether a render may take long by design, because a function that makes keys or certificates or hashes
    /// passwords is named somewhere. Such calls cannot be interrupted, see [`Limits::costly_calls`].
    pub fn is_costly(&self) -> bool {
        self.trees.costly
    }

    /// Renders with `.` as a map of strings to bytes (Go's `map[string]string`), within the limits of `env`.
    pub fn render(&self, data: &BTreeMap<String, Vec<u8>>, env: &Env<'_>) -> Result<Vec<u8>, Error> {
        self.render_with(&Data::from(data), env, &mut Budget::new(&env.limits))
    }

    /// Renders with `data` as `.`, and pays for all that it does.
    pub fn render_with(&self, data: &Data, env: &Env<'_>, budget: &mut Budget<'_>) -> Result<Vec<u8>, Error> {
        self.render_told(data, env, budget).map(|rendered| rendered.text)
    }

    /// The same, and tells what most likely was not meant, though Go renders it without a word.
    pub fn render_told(
        &self,
        data: &Data,
        env: &Env<'_>,
        budget: &mut Budget<'_>,
    ) -> Result<Rendered, Error> {
        let output =
            exec::render(&self.trees, &self.name, &self.text, data, env, budget).map_err(|abort| {
                let at = abort.at as usize;
                error(
                    &self.name,
                    &self.text,
                    at,
                    abort.function,
                    abort.failure,
                    ErrorKind::Exec,
                    &budget.limits,
                )
            })?;
        let unset = output.unset.into_iter().map(|unset| {
            let (line, column) = place(&self.text, unset.at as usize);
            Unset { name: unset.name, became: unset.became, line, column }
        });
        Ok(Rendered { text: output.text, unset: unset.collect() })
    }
}

/// A rendered template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: Vec<u8>,
    /// Readings of what is not there, as of a key that the data do not have, whose value went into the text or into a
    /// function that does not just ask for it: each once, the first 16.
    pub unset: Vec<Unset>,
}

/// A reading of what is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unset {
    /// What was read, as it stands in the template: `.password`, or the key of an `index` in quotes. Nothing where it is
    /// more than that, or longer than a key can be.
    pub name: Option<String>,
    /// What became of it.
    pub became: Became,
    /// Line of the template, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
}

/// Words a failure, with its place as people count lines and columns.
fn error(
    name: &str,
    text: &str,
    at: usize,
    function: Option<Cow<'static, str>>,
    failure: Failure,
    stage: ErrorKind,
    limits: &Limits,
) -> Error {
    let (line, column) = place(text, at);
    let (kind, message) = match failure {
        Failure::Message(message) => (stage, message),
        Failure::Limit(limit) => {
            let message = format!("{} (at most {} {})", limit.describe(), limits.most(limit), limit.unit());
            (ErrorKind::Limit(limit), message.into())
        }
        Failure::Interrupted => (ErrorKind::Interrupted, "nobody waits for it any more".into()),
    };
    Error { kind, template: name.to_owned(), line, column, function: function.map(Cow::into_owned), message }
}

/// Line and column of a position, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    (before.split(|byte| *byte == b'\n').count(), 1 + before.len() - line_start)
}
