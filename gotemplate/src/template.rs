//! A parsed template.

use std::collections::BTreeMap;

use crate::{
    context::{Context, Env},
    error::{Error, ErrorKind},
};

/// A template, parsed once and rendered many times, from any thread.
#[derive(Debug)]
pub struct Template;

impl Template {
    /// Parses `text` under the template name `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let _ = text;
        Err(Error {
            kind: ErrorKind::Parse,
            template: name.to_owned(),
            line: 1,
            column: 1,
            function: None,
            message: "templates are not supported yet".into(),
        })
    }

    /// Renders with `.` as a map of strings to bytes (Go's `map[string]string`).
    pub fn render(&self, data: &BTreeMap<String, Vec<u8>>, env: &Env<'_>) -> Result<Vec<u8>, Error> {
        let _ = (data, Context::new(env));
        Ok(Vec::new())
    }
}
