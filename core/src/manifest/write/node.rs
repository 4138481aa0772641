//! The tree between objects and text.

use zeroize::Zeroize;

/// A document as a tree; wiped and taken apart without recursion when dropped.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: Node,
}

/// A value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) value: Value,
}

/// A value of the JSON data model, with the numbers that Go tells apart.
#[derive(Clone, Debug, Default)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    /// Only above `i64::MAX`.
    Uint(u64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// In order.
    Map(Vec<(String, Node)>),
}

impl Drop for Tree {
    /// Ten thousand levels are legal input, so taking the tree apart must not recurse.
    fn drop(&mut self) {
        let mut heap = vec![std::mem::take(&mut self.root)];
        while let Some(node) = heap.pop() {
            match node.value {
                Value::Text(mut text) => text.zeroize(),
                Value::List(items) => heap.extend(items),
                Value::Map(entries) => heap.extend(entries.into_iter().map(|(_, node)| node)),
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => {}
            }
        }
    }
}

/// What stands in a text as a tree to be written.
pub(in crate::manifest) fn from_text(node: crate::manifest::node::Node<'_>) -> Tree {
    Tree { root: copied(node) }
}

/// Recurses as deep as writing does.
fn copied(node: crate::manifest::node::Node<'_>) -> Node {
    use crate::manifest::node::Value as Read;
    let value = match node.value() {
        Read::Null => Value::Null,
        Read::Bool(value) => Value::Bool(value),
        Read::Int(number) => Value::Int(number),
        Read::Uint(number) => Value::Uint(number),
        Read::Float(number) => Value::Float(number),
        Read::Text(text) => Value::Text(text.to_owned()),
        Read::List(items) => Value::List(items.map(copied).collect()),
        Read::Map(map) => {
            Value::Map(map.entries().map(|(name, node)| (name.into_owned(), copied(node))).collect())
        }
    };
    Node { value }
}

/// Whether a text says what a tree says. Recurses as deep as writing does.
pub(in crate::manifest) fn is_same(tree: &Node, text: crate::manifest::node::Node<'_>) -> bool {
    use crate::manifest::node::Value as Read;
    match (&tree.value, text.value()) {
        (Value::Null, Read::Null) => true,
        (Value::Bool(a), Read::Bool(b)) => *a == b,
        (Value::Int(a), Read::Int(b)) => *a == b,
        (Value::Uint(a), Read::Uint(b)) => *a == b,
        (Value::Float(a), Read::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Text(a), Read::Text(b)) => a == b,
        (Value::List(a), Read::List(b)) => {
            let (mut a, mut b) = (a.iter(), b);
            b.by_ref().all(|b| a.next().is_some_and(|a| is_same(a, b))) && a.next().is_none()
        }
        (Value::Map(a), Read::Map(b)) => {
            let (mut a, mut b) = (a.iter(), b.entries());
            let is_next = |(name, b): (std::borrow::Cow<'_, str>, _)| {
                a.next().is_some_and(|(own, a)| *own == name && is_same(a, b))
            };
            b.by_ref().all(is_next) && a.next().is_none()
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_),
            _,
        ) => false,
    }
}
