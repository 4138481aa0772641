//! The tree between text and objects: what YAML and JSON have in common, with their places.

use zeroize::Zeroize;

/// A document as a tree; wiped and taken apart without recursion when dropped.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) root: Node,
}

/// A value and where it begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// Offset in the whole input, in bytes.
    pub(crate) at: usize,
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
    /// In order, duplicates included: JSON merges them, YAML has none left.
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn new(at: usize, value: Value) -> Self {
        Self { at, value }
    }

    /// The value of a key, the last one where it is repeated.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().rev().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Value {
    /// The word for this type in messages.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
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
