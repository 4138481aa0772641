//! What a document is to become: its tree with the changes in it.

use std::collections::BTreeMap;

use super::Change;
use crate::manifest::write::{self, Node, Value};

/// A tree with the changes in it; `None` if an object is not where it should be.
pub(crate) fn changed(mut tree: write::Tree, changes: &[Change<'_>]) -> Option<write::Tree> {
    for change in changes.iter().filter(|change| change.item.is_none()) {
        change_object(&mut tree.root, change)?;
    }
    let of_items = || changes.iter().filter_map(|change| Some((change.item?, change)));
    if of_items().next().is_some() {
        let Value::List(items) = &mut child(&mut tree.root, "items")?.value else { return None };
        for (index, change) in of_items() {
            change_object(items.get_mut(index)?, change)?;
        }
    }
    Some(tree)
}

fn change_object(object: &mut Node, change: &Change<'_>) -> Option<()> {
    for (path, entries) in differences(change) {
        if !entries.is_empty() {
            let map = path.iter().try_fold(&mut *object, |node, name| child(node, name))?;
            set(map, entries)?;
        }
    }
    Some(())
}

/// The value of a map's key, made where it is missing.
fn child<'a>(node: &'a mut Node, name: &str) -> Option<&'a mut Node> {
    let entries = entries(node)?;
    let at = entries.iter().rposition(|(key, _)| key == name).unwrap_or_else(|| {
        let is_sorted = is_sorted(entries);
        let behind = |entries: &[(String, Node)]| entries.partition_point(|(key, _)| key.as_str() < name);
        let at = if is_sorted { behind(entries) } else { entries.len() };
        entries.insert(at, (name.to_owned(), Node::default()));
        at
    });
    entries.get_mut(at).map(|(_, node)| node)
}

/// Sets texts of a map: the last one where a key is repeated. New ones get into the order of names, where the map
/// has that order.
fn set(map: &mut Node, texts: Vec<(&str, &str)>) -> Option<()> {
    let entries = entries(map)?;
    let is_sorted = is_sorted(entries);
    let mut missing = BTreeMap::from_iter(texts);
    for (key, node) in entries.iter_mut().rev() {
        if let Some(text) = missing.remove(key.as_str()) {
            let value = Value::Text(text.to_owned());
            // What stood there may be deep.
            drop(write::Tree { root: std::mem::replace(node, Node { value }) });
        }
    }
    let new =
        missing.into_iter().map(|(key, text)| (key.to_owned(), Node { value: Value::Text(text.to_owned()) }));
    entries.extend(new);
    if is_sorted {
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    }
    Some(())
}

/// The entries of a map, which null becomes.
fn entries(node: &mut Node) -> Option<&mut Vec<(String, Node)>> {
    if matches!(&node.value, Value::Null) {
        node.value = Value::Map(Vec::new());
    }
    if let Value::Map(entries) = &mut node.value { Some(entries) } else { None }
}

fn is_sorted(entries: &[(String, Node)]) -> bool {
    entries.is_sorted_by(|(a, _), (b, _)| a <= b)
}

/// The path of a map, and entries of it.
pub(super) type Difference<'a> = (&'static [&'static str], Vec<(&'a str, &'a str)>);

/// The entries that are new or have another text.
pub(super) fn differences<'a>(change: &Change<'a>) -> [Difference<'a>; 3] {
    type Map = BTreeMap<String, String>;
    let (current, wanted) = (change.current, change.wanted);
    let new = |before: Option<&Map>, after: Option<&'a Map>| {
        let after = after.into_iter().flatten();
        let is_new = |(name, text): &(&String, &String)| before.and_then(|map| map.get(*name)) != Some(*text);
        after.filter(is_new).map(|(name, text)| (name.as_str(), text.as_str())).collect()
    };
    let (before, after) = (&current.spec.template.metadata, &wanted.spec.template.metadata);
    [
        (
            &["spec", "encryptedData"],
            new(Some(&current.spec.encrypted_data), Some(&wanted.spec.encrypted_data)),
        ),
        (
            &["spec", "template", "metadata", "annotations"],
            new(before.annotations.as_ref(), after.annotations.as_ref()),
        ),
        (&["spec", "template", "metadata", "labels"], new(before.labels.as_ref(), after.labels.as_ref())),
    ]
}
