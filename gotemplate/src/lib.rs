//! Go's text/template with Sprig's functions, over byte strings.
#![allow(clippy::todo, reason = "skeleton")]
use std::{collections::BTreeMap, fmt};

/// What a render may use of the world: an instant and random bytes, both given by the caller.
pub struct Env<'a> {
    /// The instant that `now` and certificate functions see.
    pub now: jiff::Timestamp,
    /// Fills a buffer with random bytes.
    pub random: &'a dyn Fn(&mut [u8]),
    /// How much a render may cost.
    pub limits: Limits,
}

/// How much a template may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most bytes that one render may print.
    pub output_bytes: usize,
}
impl Default for Limits {
    fn default() -> Self {
        Self { output_bytes: 4 << 20 }
    }
}

/// A parsed template.
#[derive(Debug)]
pub struct Template;

/// A template that was refused, or a render that failed; never holds a value.
#[derive(Debug)]
pub struct Error;
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("template not supported yet")
    }
}
impl std::error::Error for Error {}

impl Template {
    /// Parses `text` under the template name `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let _ = (name, text);
        Err(Error)
    }
    /// Renders with `.` as a map of strings to bytes (Go's `map[string]string`).
    pub fn render(&self, data: &BTreeMap<String, Vec<u8>>, env: &Env<'_>) -> Result<Vec<u8>, Error> {
        let _ = (data, env);
        Err(Error)
    }
}
