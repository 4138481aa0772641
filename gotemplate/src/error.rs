//! What can go wrong with a template, worded without any value.

use std::{borrow::Cow, fmt};

use crate::limits::Limit;

/// A template that was refused or a render that failed. It names the place and never holds a value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("template: {template}:{line}:{column}: {}{message}", Calling(.function.as_deref()))]
pub struct Error {
    /// At which stage it failed.
    pub kind: ErrorKind,
    /// The template's name.
    pub template: String,
    /// Line in the template text, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// The function whose call failed.
    pub function: Option<String>,
    /// What is wrong.
    pub message: Cow<'static, str>,
}

/// The stage of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text is no template.
    Parse,
    /// The template failed while it ran.
    Exec,
    /// The template asked for more than its [`crate::Limits`] allow.
    Limit(Limit),
    /// The caller no longer waits for the result, see [`crate::Budget::interrupted_by`].
    Interrupted,
}

struct Calling<'a>(Option<&'a str>);

impl fmt::Display for Calling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(function) => write!(f, "calling {function}: "),
            None => Ok(()),
        }
    }
}

/// Why a function or an operation failed; the evaluator adds the place.
///
/// A message never quotes a value: names of types, functions, fields and limits are fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Go's "error calling f: …".
    Message(Cow<'static, str>),
    /// A limit was reached.
    Limit(Limit),
    /// The caller has lost interest.
    Interrupted,
}

impl Failure {
    /// A failure that is worded in full in the source.
    pub(crate) const fn new(message: &'static str) -> Self {
        Self::Message(Cow::Borrowed(message))
    }

    /// A failure that names types, functions or positions.
    pub(crate) fn with(message: String) -> Self {
        Self::Message(Cow::Owned(message))
    }
}
