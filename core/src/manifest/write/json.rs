//! JSON to the byte as the reference prints it: two blanks of indent, one newline at the end.

use std::fmt::Write as _;

use super::node::{Node, Value};

/// A tree as JSON.
pub(in crate::manifest) fn json(root: &Node, out: &mut String) {
    value(root, 0, out);
    out.push('\n');
}

fn value(node: &Node, depth: usize, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(number) => append(out, format_args!("{number}")),
        Value::Uint(number) => append(out, format_args!("{number}")),
        Value::Float(number) => match serde_json::Number::from_f64(*number) {
            Some(number) => append(out, format_args!("{number}")),
            None => out.push_str("null"),
        },
        Value::Text(text) => string(text, out),
        Value::List(items) => {
            let items = items.iter().map(|item| (None, item));
            children(('[', ']'), items, depth, out);
        }
        Value::Map(entries) => {
            let entries = entries.iter().map(|(name, node)| (Some(name.as_str()), node));
            children(('{', '}'), entries, depth, out);
        }
    }
}

fn children<'a>(
    (open, close): (char, char),
    children: impl Iterator<Item = (Option<&'a str>, &'a Node)>,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    let mut is_empty = true;
    for (name, node) in children {
        if !is_empty {
            out.push(',');
        }
        is_empty = false;
        line(depth + 1, out);
        if let Some(name) = name {
            string(name, out);
            out.push_str(": ");
        }
        value(node, depth + 1, out);
    }
    if !is_empty {
        line(depth, out);
    }
    out.push(close);
}

fn line(depth: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// Compat: Go escapes what HTML and JavaScript could stumble over.
fn string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                append(out, format_args!("\\u{:04x}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

fn append(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a String does not fail");
}
