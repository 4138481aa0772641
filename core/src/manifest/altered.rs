//! Texts that YAML changes: `0123` is 83 and `NO` is false, unless they are quoted.

use std::borrow::Cow;

use super::{
    error::Shown,
    float,
    node::{Map, Node, Value},
    yaml,
};

/// The fields of a Secret whose text is not what stands in the input. Names only, never values.
pub(super) fn altered(text: &str, root: Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (field, node) in entries(root) {
        match field.to_ascii_lowercase().as_str() {
            "stringdata" => map(text, "stringData", node, &mut found),
            "data" => names(text, "data", node, &mut found),
            "type" if is_changed(text, node) => found.push("type".to_owned()),
            "metadata" => {
                for (field, node) in entries(node) {
                    match field.to_ascii_lowercase().as_str() {
                        name @ ("name" | "namespace") if is_changed(text, node) => {
                            found.push(format!("metadata.{name}"));
                        }
                        name @ ("labels" | "annotations") => {
                            map(text, &format!("metadata.{name}"), node, &mut found);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn entries(node: Node<'_>) -> impl Iterator<Item = (Cow<'_, str>, Node<'_>)> {
    let map = if let Value::Map(map) = node.value() { Some(map) } else { None };
    map.into_iter().flat_map(Map::entries)
}

fn map(text: &str, field: &str, node: Node<'_>, found: &mut Vec<String>) {
    names(text, field, node, found);
    let changed = entries(node).filter(|(_, node)| is_changed(text, *node));
    found.extend(changed.map(|(name, _)| format!("{field}.{}", Shown(&name))));
}

fn names(text: &str, field: &str, node: Node<'_>, found: &mut Vec<String>) {
    for (name, node) in entries(node) {
        if let Some(written) = key_before(text, node.at()).filter(|written| *written != name)
            && !yaml::reads_as_text(written)
        {
            found.push(format!("{field}.{} (its name becomes {})", Shown(written), Shown(&name)));
        }
    }
}

/// Whether a value that is no text would become another text than the one that stands there.
fn is_changed(text: &str, node: Node<'_>) -> bool {
    let written = || written(text, node.at());
    match node.value() {
        Value::Bool(value) => value.to_string() != written(),
        Value::Int(number) => number.to_string() != written(),
        Value::Uint(number) => number.to_string() != written(),
        Value::Float(number) => float::shortest_32(number) != written(),
        // JSON's null is meant; a tilde may have been typed as a value.
        Value::Null => written() == "~",
        Value::Text(_) | Value::List(_) | Value::Map(_) => false,
    }
}

/// A plain scalar as it stands: numbers and booleans hold no blanks and no brackets.
fn written(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}')).unwrap_or(rest.len());
    &rest[..end]
}

/// The plain key that stands before a value on the same line.
fn key_before(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?.trim_end_matches(|c: char| c.is_whitespace() && c != '\n');
    let key = before.strip_suffix(':')?;
    // Never back to the beginning of a long line: many entries may stand in it.
    let begin = key.rfind(['{', ',', ' ', '\n']).map_or(0, |at| at + 1);
    Some(&key[begin..]).filter(|key| !key.is_empty() && !key.ends_with(['"', '\'']))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::super::remark::{Remark, tests::of};

    fn altered(text: &str) -> Vec<String> {
        let field = |remark| if let Remark::Altered { field } = remark { Some(field) } else { None };
        of(text).into_iter().filter_map(field).collect()
    }

    #[test]
    fn values_that_yaml_changes_are_named_and_others_are_not() {
        let changed = "pin: 0123\npass: 007\nver: 1.10\ncountry: NO\nplus: +417\nhex: 0x1F\nflag: on\nexp: 1e3\nunder: 1_000\none: 1.0\ndot: .5\nnul: ~ # x";
        let same = "big: 12345678901234567890\nport: 8080\nneg: -5\nyes_: true\ntime: 12:30\ndate: 2024-01-01\nq: \"007\"\nq2: '0123'\nempty:\nf: 1.5\nblock: |\n    007";
        let indented =
            |lines: &str| format!("kind: Secret\nstringData:\n  {}\n", lines.replace('\n', "\n  "));
        let names: Vec<_> =
            changed.lines().map(|line| format!("stringData.{}", line.split(':').next().unwrap())).collect();
        let mut found = altered(&indented(changed));
        found.sort();
        let mut wanted = names;
        wanted.sort();
        assert_eq!(found, wanted);
        assert_eq!(altered(&indented(same)), Vec::<String>::new());
    }

    #[test]
    fn names_keys_and_annotations_are_looked_at_too() {
        let text = "---\nkind: Secret\nmetadata: {name: n, labels: {a: 1.10}, annotations: {b: \"yes\"}}\ndata:\n  yes: YQ==\n  'no': YQ==\nstringData: {off: x, ok: 007, }\n";
        assert_eq!(
            altered(text),
            [
                "metadata.labels.a",
                "metadata.name",
                "data.yes (its name becomes true)",
                "stringData.off (its name becomes false)",
                "stringData.ok"
            ]
            .map(str::to_owned)
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
        );
    }

    #[test]
    fn numbers_of_json_are_looked_at_too() {
        let text = r#"{"kind": "Secret", "stringData": {"a": 1.10, "b": "1.10", "c": 15, "d": null}}"#;
        assert_eq!(altered(text), ["stringData.a"]);
    }
}
