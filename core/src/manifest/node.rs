//! Values of a tree: aliases and `<<` followed, types resolved, nothing copied.

use std::borrow::Cow;

use super::{
    tree::{Dialect, Kind, Tag, Tree},
    yaml::{self, Scalar},
};

/// A value in a tree and where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'t> {
    tree: &'t Tree<'t>,
    id: usize,
}

/// A value of the JSON data model, with the numbers that Go tells apart.
#[derive(Clone, Debug)]
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    Int(i64),
    /// Only above `i64::MAX`.
    Uint(u64),
    Float(f64),
    Text(&'t str),
    List(Items<'t>),
    Map(Map<'t>),
}

/// The nodes of a list.
#[derive(Clone, Debug)]
pub(crate) struct Items<'t> {
    tree: &'t Tree<'t>,
    next: usize,
    end: usize,
}

/// The entries of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Map<'t> {
    tree: &'t Tree<'t>,
    id: usize,
}

impl Tree<'_> {
    pub(crate) fn root(&self) -> Node<'_> {
        Node { tree: self, id: 0 }
    }
}

impl<'t> Node<'t> {
    /// Whether lists and maps stand in each other more than `levels` deep.
    pub(crate) fn is_deeper(self, levels: usize) -> bool {
        let inside = |node: Node<'t>| levels == 0 || node.is_deeper(levels - 1);
        match self.value() {
            Value::List(mut items) => items.any(inside),
            Value::Map(map) => map.entries().any(|(_, node)| inside(node)),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Float(_)
            | Value::Text(_) => false,
        }
    }

    /// The maps that stand in this value at any depth, each once; those behind aliases stand elsewhere.
    pub(crate) fn maps_inside(self) -> impl Iterator<Item = Node<'t>> {
        let tree = self.tree;
        let id = tree.target(self.id);
        (id + 1..tree.behind(id)).filter(|id| tree.kind(*id).is_map()).map(move |id| Node { tree, id })
    }

    /// Offset in the whole input, in bytes.
    pub(crate) fn at(self) -> usize {
        self.tree.at(self.id) + self.tree.base
    }

    /// What tells the node from all others of its tree; aliases of it have names of their own.
    pub(crate) fn id(self) -> usize {
        self.id
    }

    pub(crate) fn value(self) -> Value<'t> {
        let tree = self.tree;
        let id = tree.target(self.id);
        match tree.kind(id) {
            Kind::Null => Value::Null,
            Kind::True => Value::Bool(true),
            Kind::False => Value::Bool(false),
            Kind::List | Kind::FlowList => Value::List(Items { tree, next: id + 1, end: tree.behind(id) }),
            Kind::Map | Kind::FlowMap => Value::Map(Map { tree, id }),
            Kind::Number => tree.scalar(id).map_or(Value::Null, |(text, ..)| json_number(text)),
            Kind::Plain | Kind::Quoted => tree.scalar(id).map_or(Value::Null, |(text, ..)| Value::Text(text)),
            // Tags were checked before anybody reads, so that each scalar has a value.
            Kind::Special | Kind::Typed | Kind::Alias => scalar(tree, id).unwrap_or(Value::Null),
        }
    }

    /// The value of a key, the last one where it is repeated.
    pub(crate) fn get(self, key: &str) -> Option<Node<'t>> {
        let Value::Map(map) = self.value() else { return None };
        let found = map.pairs().filter(|(id, _)| key_text(map.tree, *id) == key).last();
        found.map(|(_, id)| Node { tree: map.tree, id })
    }

    /// Where a plain YAML scalar ends in the whole input; nothing for any other value. Of one with several lines it is a
    /// place inside, since folding makes its text shorter.
    pub(crate) fn plain_end(self) -> Option<usize> {
        let is_plain = matches!(self.tree.kind(self.id), Kind::Plain | Kind::Typed);
        let length =
            self.tree.scalar(self.id).filter(|_| is_plain && self.tree.dialect == Dialect::Yaml)?.0.len();
        Some(self.at() + length)
    }

    pub(crate) fn text(self) -> Option<&'t str> {
        match self.value() {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Value<'_> {
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

fn scalar<'t>(tree: &'t Tree<'t>, id: usize) -> Option<Value<'t>> {
    let (text, tag, implicit) = tree.scalar(id)?;
    Some(match yaml::scalar(text, tag, implicit).ok()? {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(number) => Value::Int(number),
        Scalar::Uint(number) => Value::Uint(number),
        Scalar::Float(number) => Value::Float(number),
        Scalar::Text => Value::Text(text),
    })
}

/// Whole numbers keep their digits where 64 bits hold them.
fn json_number(literal: &str) -> Value<'static> {
    if literal.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        if let Ok(number) = literal.parse() {
            return Value::Int(number);
        }
        if let Ok(number) = literal.parse() {
            return Value::Uint(number);
        }
    }
    literal.parse().map_or(Value::Null, Value::Float)
}

impl<'t> Iterator for Items<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        let id = self.next;
        if id >= self.end {
            return None;
        }
        self.next = self.tree.behind(id);
        Some(Node { tree: self.tree, id })
    }
}

impl<'t> Map<'t> {
    /// The entries as the dialect has them.
    pub(crate) fn entries(self) -> Entries<'t> {
        let is_as_written = self.tree.dialect == Dialect::Json || self.is_sorted();
        Entries {
            map: self,
            keys: if is_as_written { Keys::Written(self.pairs()) } else { self.sorted(|_| true) },
        }
    }

    /// The entries of some keys: the others cost little.
    pub(crate) fn entries_of(self, is_wanted: impl Fn(&str) -> bool) -> Entries<'t> {
        let keys = match self.tree.dialect {
            Dialect::Json => Keys::Written(self.pairs()),
            Dialect::Yaml => self.sorted(is_wanted),
        };
        Entries { map: self, keys }
    }

    /// Whether it is read as JSON is, where a repeated field is merged into the first.
    pub(crate) fn is_json(self) -> bool {
        self.tree.dialect == Dialect::Json
    }

    /// The keys that stand again in the text of the map, each time but the first: with offset and value. What `<<` brings
    /// in is not looked at, since it is there to be replaced.
    pub(crate) fn repeated(self) -> impl Iterator<Item = (Cow<'t, str>, usize, Node<'t>)> {
        let tree = self.tree;
        let text = |key: u32| key_text(tree, key as usize);
        let mut keys: Vec<_> = if self.is_sorted() { Vec::new() } else { self.own_keys() };
        keys.sort_unstable_by(|a, b| text(*a).cmp(&text(*b)).then(a.cmp(b)));
        let mut last = None;
        keys.retain(|key| last.replace(*key).is_some_and(|last| text(last) == text(*key)));
        keys.into_iter().map(move |key| {
            let (key, value) = (key as usize, Node { tree, id: tree.behind(key as usize) });
            (key_text(tree, key), Node { tree, id: key }.at(), value)
        })
    }

    /// The keys that stand in the text of the map, in their order.
    fn own_keys(self) -> Vec<u32> {
        let tree = self.tree;
        let end = tree.behind(self.id);
        let first = Some(self.id + 1).filter(|key| *key < end);
        let keys = || {
            let next = move |key: &usize| Some(tree.behind(tree.behind(*key))).filter(|key| *key < end);
            let keys = std::iter::successors(first, next);
            keys.filter(move |key| tree.dialect == Dialect::Json || !is_merge(tree, *key))
        };
        // Their number is found first, as in `sorted`.
        let mut own = Vec::with_capacity(keys().count());
        own.extend(keys().filter_map(|key| u32::try_from(key).ok()));
        own
    }

    fn is_sorted(self) -> bool {
        let mut last: Option<Cow<'t, str>> = None;
        self.pairs().all(|(key, _)| {
            let text = key_text(self.tree, key);
            let follows = last.as_ref().is_none_or(|last| *last < text);
            last = Some(text);
            follows
        })
    }

    /// The wanted keys sorted by their text, the last one of each.
    fn sorted(self, is_wanted: impl Fn(&str) -> bool) -> Keys<'t> {
        let text = |key: u32| key_text(self.tree, key as usize);
        let keys = || self.pairs().map(|(key, _)| key);
        let wanted = || keys().filter(|key| is_wanted(&key_text(self.tree, *key)));
        // Their number is found first: a growing list would take three times its room.
        let mut keys = Vec::with_capacity(wanted().count());
        keys.extend(wanted().filter_map(|key| u32::try_from(key).ok()));
        // The last one of a key comes first among its equals, since these keep their order.
        keys.reverse();
        keys.sort_by_cached_key(|key| text(*key));
        keys.dedup_by(|a, b| text(*a) == text(*b));
        Keys::Sorted(keys.into_iter())
    }

    fn pairs(self) -> Pairs<'t> {
        let own = (self.id + 1, self.tree.behind(self.id));
        Pairs { tree: self.tree, current: own, outer: Vec::new() }
    }
}

/// The entries of a map, one after the other.
pub(crate) struct Entries<'t> {
    map: Map<'t>,
    keys: Keys<'t>,
}

enum Keys<'t> {
    Written(Pairs<'t>),
    Sorted(std::vec::IntoIter<u32>),
}

impl<'t> Iterator for Entries<'t> {
    type Item = (Cow<'t, str>, Node<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let tree = self.map.tree;
        let (key, value) = match &mut self.keys {
            Keys::Written(pairs) => pairs.next(),
            Keys::Sorted(keys) => keys.next().map(|key| (key as usize, tree.behind(key as usize))),
        }?;
        Some((key_text(tree, key), Node { tree, id: value }))
    }
}

/// The keys and values of a map in the order in which they are written into it: what `<<` brings in where it stands, but the
/// sources of a list from the last to the first, so that the first one wins.
struct Pairs<'t> {
    tree: &'t Tree<'t>,
    current: (usize, usize),
    /// What is left of the maps that brought in the current one.
    outer: Vec<(usize, usize)>,
}

impl Iterator for Pairs<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        loop {
            let (key, end) = self.current;
            if key >= end {
                self.current = self.outer.pop()?;
                continue;
            }
            let value = self.tree.behind(key);
            self.current.0 = self.tree.behind(value);
            if self.tree.dialect == Dialect::Json || !is_merge(self.tree, key) {
                return Some((key, value));
            }
            self.outer.push(self.current);
            let sources = merge_sources(self.tree, value).map(|source| self.tree.target(source.id));
            self.outer.extend(sources.map(|id| (id + 1, self.tree.behind(id))));
            self.current = self.outer.pop()?;
        }
    }
}

/// Whether a key is `<<`.
pub(super) fn is_merge(tree: &Tree<'_>, key: usize) -> bool {
    tree.scalar(key).is_some_and(|(text, tag, implicit)| text == "<<" && (implicit || tag == Tag::Merge))
}

/// The nodes that a `<<` names: one, or those of a list.
pub(super) fn merge_sources<'t>(tree: &'t Tree<'t>, value: usize) -> Items<'t> {
    // A list itself, not an alias of one: the reference merges no such thing.
    let next = if tree.kind(value).is_list() { value + 1 } else { value };
    Items { tree, next, end: tree.behind(value) }
}

/// Whether a scalar has a form as a key: null has none, nor has a number above `i64::MAX`.
pub(super) fn has_key_text(tree: &Tree<'_>, id: usize) -> bool {
    matches!(tree.kind(id), Kind::Plain | Kind::Quoted)
        || !matches!(scalar(tree, id), None | Some(Value::Null | Value::Uint(_)))
}

/// A key as text. Compat: numbers and booleans become text as Go prints them, floats with 32 bits.
pub(super) fn key_text<'t>(tree: &'t Tree<'t>, key: usize) -> Cow<'t, str> {
    if let (Kind::Plain | Kind::Quoted, Some((text, ..))) = (tree.kind(key), tree.scalar(key)) {
        return Cow::Borrowed(text);
    }
    match (Node { tree, id: key }).value() {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
        Value::Int(number) => Cow::Owned(number.to_string()),
        Value::Float(number) => Cow::Owned(yaml::float_key(number)),
        // Refused before anybody reads.
        Value::Null | Value::Uint(_) | Value::List(_) | Value::Map(_) => Cow::Borrowed(""),
    }
}
