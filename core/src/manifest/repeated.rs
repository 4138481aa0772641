//! Keys that stand more than once in a map. The reference takes the last one without a word.

use super::{
    error::Shown,
    node::{Map, Node, Value},
};

/// The repeated keys of a Secret, with the offset of each but the first.
pub(super) fn of_secret(root: Node<'_>) -> impl Iterator<Item = (String, usize)> {
    let metadata = root.get("metadata");
    of(Some(root), "", false)
        .chain(of(metadata, "metadata.", false))
        .chain(of(inner(metadata, "labels"), "metadata.labels.", true))
        .chain(of(inner(metadata, "annotations"), "metadata.annotations.", true))
        .chain(of(root.get("data"), "data.", true))
        .chain(of(root.get("stringData"), "stringData.", true))
}

/// The repeated keys of a SealedSecret.
pub(super) fn of_sealed(root: Node<'_>) -> impl Iterator<Item = (String, usize)> {
    let (metadata, spec) = (root.get("metadata"), root.get("spec"));
    let template = spec.and_then(|spec| spec.get("template"));
    let of_template = template.and_then(|template| template.get("metadata"));
    of(Some(root), "", false)
        .chain(of(metadata, "metadata.", false))
        .chain(of(inner(metadata, "annotations"), "metadata.annotations.", true))
        .chain(of(spec, "spec.", false))
        .chain(of(inner(spec, "encryptedData"), "spec.encryptedData.", true))
        .chain(of(template, "spec.template.", false))
        .chain(of(of_template, "spec.template.metadata.", false))
        .chain(of(inner(of_template, "labels"), "spec.template.metadata.labels.", true))
        .chain(of(inner(of_template, "annotations"), "spec.template.metadata.annotations.", true))
        .chain(of(inner(template, "data"), "spec.template.data.", true))
}

fn inner<'t>(node: Option<Node<'t>>, field: &str) -> Option<Node<'t>> {
    node.and_then(|node| node.get(field))
}

/// `of_names`: the keys are names rather than fields. Of fields that are maps, JSON merges the second into the first, so
/// that nothing is lost.
fn of<'t>(
    node: Option<Node<'t>>,
    path: &'static str,
    of_names: bool,
) -> impl Iterator<Item = (String, usize)> + 't {
    let map = node.and_then(|node| if let Value::Map(map) = node.value() { Some(map) } else { None });
    let is_lost = move |value: &Node<'_>| {
        of_names || !map.is_some_and(Map::is_json) || !matches!(value.value(), Value::Map(_))
    };
    let repeated = map.into_iter().flat_map(Map::repeated);
    repeated
        .filter(move |(_, _, value)| is_lost(value))
        .map(move |(key, at, _)| (format!("{path}{}", Shown(&key)), at))
}

#[cfg(test)]
mod tests {
    use super::super::remark::{Remark, tests::of};

    #[test]
    fn keys_that_stand_again_are_told_with_their_line() {
        let repeated = |field: &str, line| Remark::Repeated { field: field.to_owned(), line };
        let text = "kind: Secret\nstringData: {a: b}\ndata:\n  a: YQ==\n  b: YQ==\n  a: YQ==\n  a: YQ==\nstringData: {1: b, \"1\": c}\n";
        assert_eq!(
            of(text),
            [
                repeated("stringData", 8),
                repeated("data.a", 6),
                repeated("data.a", 7),
                repeated("stringData.1", 8)
            ]
        );
        let json = "{\"kind\":\"Secret\",\n\"type\":\"a\",\"stringData\":{\"a\":\"1\",\n\"a\":\"2\"},\n\"stringData\":{\"b\":\"1\"},\"type\":\"b\"}";
        assert_eq!(of(json), [repeated("type", 4)]);
        let json = "{\"kind\":\"Secret\",\n\"stringData\":{\"a\":\"1\",\n\"a\":\"2\"}}";
        assert_eq!(of(json), [repeated("stringData.a", 3)]);
    }

    #[test]
    fn what_a_merge_key_brings_in_may_be_replaced() {
        assert_eq!(of("kind: Secret\nstringData: {<<: &a {b: c}, b: d}\n"), []);
    }
}
