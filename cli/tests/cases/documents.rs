//! Output as data: YAML as YAML 1.1 reads it, JSON values one after the other.

use serde_json::{Value, json};

/// The format and the documents of a text; `None` when it is neither.
pub(crate) fn parse(text: &str) -> Option<(&'static str, Vec<Value>)> {
    if text.trim_start().starts_with('{') {
        let stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        return Some(("json", stream.collect::<Result<_, _>>().ok()?));
    }
    if !text.contains("apiVersion:") {
        return None;
    }
    let options = serde_saphyr::options! { legacy_octal_numbers: true, strict_booleans: false };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options).ok()?;
    let documents: Vec<Value> = documents.into_iter().filter(|document| !document.is_null()).collect();
    documents.iter().all(Value::is_object).then_some(("yaml", documents))
}

/// What is bound of the form of a text.
pub(crate) fn shape(text: &str, format: &str, documents: usize) -> Value {
    let mut shape = json!({
        "format": format,
        "docs": documents,
        "starts_with_separator": text.starts_with("---\n"),
        "ends_with_newline": text.ends_with('\n'),
        "blank_last_line": text.ends_with("\n\n"),
    });
    if format == "json" {
        shape["indent"] = if text.starts_with("{\n  \"") { json!(2) } else { Value::Null };
    } else {
        shape["separators"] = json!(text.lines().filter(|line| *line == "---").count());
    }
    shape
}
