//! Values that are not there, or only in part: nothing behind a colon, `null`, and comments that look like values.

use std::borrow::Cow;

use super::{
    error::Shown,
    node::{Map, Node, Value},
};

/// Values that a comment cuts off: `#9` and what follows in `a: b #9`.
///
/// People put a blank behind the `#` of a comment, and passwords hold none, so that the one tells the other.
///
/// Gives each field and where it stands.
pub(super) fn comments(text: &str, root: Node<'_>) -> impl Iterator<Item = (String, usize)> {
    let cut = items(root).filter(|(field, _, node)| *field == "stringData" && is_cut(text, *node));
    cut.map(|(field, name, node)| (format!("{field}.{}", Shown(&name)), node.at()))
}

/// The fields of items without a value, which are sealed empty.
pub(super) fn empty(text: &str, root: Node<'_>) -> impl Iterator<Item = String> {
    let empty = items(root).filter(|(field, _, node)| {
        // A tilde in text is told as what YAML changes, and a comment as a comment.
        let is_told = *field == "stringData" && (is_tilde(text, *node) || is_cut(text, *node));
        matches!(node.value(), Value::Null) && !is_told
    });
    empty.map(|(field, name, _)| format!("{field}.{}", Shown(&name)))
}

/// The items of a Secret, each with the field that holds it.
fn items(root: Node<'_>) -> impl Iterator<Item = (&'static str, Cow<'_, str>, Node<'_>)> {
    let fields = map_of(root).into_iter().flat_map(Map::entries).filter_map(|(name, node)| {
        let field = ["data", "stringData"].into_iter().find(|field| field.eq_ignore_ascii_case(&name));
        field.map(|field| (field, node))
    });
    fields.flat_map(move |(field, node)| {
        map_of(node).into_iter().flat_map(Map::entries).map(move |(name, node)| (field, name, node))
    })
}

fn map_of(node: Node<'_>) -> Option<Map<'_>> {
    if let Value::Map(map) = node.value() { Some(map) } else { None }
}

fn is_cut(text: &str, node: Node<'_>) -> bool {
    let Some(rest) = node.plain_end().and_then(|end| text.get(end..)) else { return false };
    // A value may be reached by many aliases, and each looks behind it.
    let blanks = rest.bytes().take(MOST_BLANKS).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    blanks > 0
        && rest[blanks..]
            .strip_prefix('#')
            .is_some_and(|text| text.starts_with(|c: char| !c.is_whitespace() && c != '#'))
}

fn is_tilde(text: &str, node: Node<'_>) -> bool {
    text.get(node.at()..).is_some_and(|rest| rest.starts_with('~'))
}

/// A person sees no comment that stands further behind a value.
const MOST_BLANKS: usize = 200;

#[cfg(test)]
mod tests {
    use super::super::remark::{Remark, tests::of};

    #[test]
    fn what_a_comment_cuts_off_is_told_with_its_line() {
        let found = of(
            "kind: Secret\nstringData:\n  a: #9secret\n  b: abc #9secret\n  c: 12 #9\n  d: \"a\" #9\n  e: a # b\n",
        );
        let comment = |field: &str, line| Remark::Comment { field: field.to_owned(), line };
        assert_eq!(
            found,
            [comment("stringData.a", 3), comment("stringData.b", 4), comment("stringData.c", 5)]
        );
    }

    #[test]
    fn a_comment_that_nobody_sees_beside_its_value_is_not_looked_for() {
        for (blanks, told) in [(1, 1), (200, 1), (201, 0), (100_000, 0)] {
            let text = format!("kind: Secret\nstringData:\n  a: b{}#9\n", " ".repeat(blanks));
            assert_eq!(of(&text).len(), told, "{blanks}");
        }
    }

    #[test]
    fn items_without_a_value_are_told() {
        let empty = |field: &str| Remark::Empty { field: field.to_owned() };
        let found = of(
            "kind: Secret\ndata: {a: null, b: ~, c: YQ==}\nstringData:\n  g: null\n  h:\n  i: # todo\n  j: \"\"\n",
        );
        assert_eq!(found, ["data.a", "data.b", "stringData.g", "stringData.h", "stringData.i"].map(empty));
        assert_eq!(of("{\"kind\": \"Secret\", \"data\": {\"a\": null}}"), [empty("data.a")]);
        let tilde = Remark::Altered { field: "stringData.a".to_owned() };
        assert_eq!(of("kind: Secret\nstringData:\n  a: ~\n"), [tilde]);
    }
}
