//! YAML in block style: keys sorted, one line per text or a literal block, so that diffs stay small.

use std::fmt::Write as _;

use super::{
    node::{Node, Value},
    text::{Notation, inline, notation},
};

/// Longer keys are written behind `?`, because a reader looks back at most 1024 characters from a `:`.
const LONGEST_KEY: usize = 1000;

/// A tree as a document that begins with `---`.
pub(in crate::manifest) fn document(root: &Node, out: &mut String) {
    out.push_str("---\n");
    match &root.value {
        Value::Map(entries) if !entries.is_empty() => map(entries, 0, out),
        Value::List(items) if !items.is_empty() => list(items, 0, out),
        _ => {
            leaf(root, 0, out);
        }
    }
}

/// A text as a value of one line, or of several if `block_indent` says how far they are indented.
pub(in crate::manifest) fn scalar(text: &str, block_indent: Option<usize>, out: &mut String) {
    match (notation(text, block_indent.is_some()), block_indent) {
        (Notation::Block(chomp), Some(indent)) => {
            out.push('|');
            out.push_str(chomp);
            for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
                out.push('\n');
                if !line.is_empty() {
                    out.extend(std::iter::repeat_n(' ', indent));
                    out.push_str(line);
                }
            }
        }
        (style, _) => inline(text, style, out),
    }
}

fn map(entries: &[(String, Node)], indent: usize, out: &mut String) {
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (index, (name, node)) in sorted.into_iter().enumerate() {
        // The first line of a list item is indented by its `- `.
        if index > 0 || !out.ends_with("- ") {
            out.extend(std::iter::repeat_n(' ', indent));
        }
        key(name, indent, out);
        child(node, indent, out);
    }
}

fn key(name: &str, indent: usize, out: &mut String) {
    let start = out.len();
    scalar(name, None, out);
    if out.len() - start > LONGEST_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    }
    out.push(':');
}

/// What stands behind the colon of a key.
fn child(node: &Node, indent: usize, out: &mut String) {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            map(entries, indent + 2, out);
        }
        Value::List(items) if !items.is_empty() => {
            out.push('\n');
            list(items, indent, out);
        }
        _ => {
            out.push(' ');
            leaf(node, indent + 2, out);
        }
    }
}

fn list(items: &[Node], indent: usize, out: &mut String) {
    for item in items {
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str("- ");
        match &item.value {
            Value::Map(entries) if !entries.is_empty() => map(entries, indent + 2, out),
            Value::List(nested) if !nested.is_empty() => {
                // A list in a list begins on its own line: rare, and never wrong.
                out.truncate(out.len() - 1);
                out.push('\n');
                list(nested, indent + 2, out);
            }
            _ => leaf(item, indent + 2, out),
        }
    }
}

fn leaf(node: &Node, indent: usize, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(number) => append(out, format_args!("{number}")),
        Value::Uint(number) => append(out, format_args!("{number}")),
        Value::Float(number) => append(out, format_args!("{number:?}")),
        Value::Text(text) => scalar(text, Some(indent), out),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
    out.push('\n');
}

fn append(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments).expect("writing to a String does not fail");
}
