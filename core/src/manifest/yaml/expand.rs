//! The arena to a tree: aliases and `<<` are followed, scalars get their types, keys become text.

use std::collections::{BTreeMap, HashSet};

use super::{
    MAX_DEPTH,
    compose::{Arena, RawKind},
    resolve::{self, Resolved},
};
use crate::manifest::{
    error::{Fault, Problem},
    node::{Node, Tree, Value},
};

/// Expands a document; `base` shifts its places.
pub(super) fn expand(arena: &Arena, base: usize) -> Result<Tree, Fault> {
    let mut expander = Expander {
        arena,
        base,
        active: HashSet::new(),
        budget: Budget::default(),
        stack: Vec::new(),
        bad_key: None,
    };
    let mut tree = Tree { root: Node::default() };
    let outcome = expander.run();
    // What was read before a failure is wiped with the tree.
    match outcome {
        Ok(root) => tree.root = root,
        Err(fault) => {
            tree.root.value = Value::List(expander.stack.drain(..).flat_map(Frame::into_nodes).collect());
            return Err(fault);
        }
    }
    match expander.bad_key {
        Some(at) => Err(Fault::new(at, Problem::UnsupportedKey)),
        None => Ok(tree),
    }
}

struct Expander<'a> {
    arena: &'a Arena,
    base: usize,
    /// Anchored nodes that are being expanded: an alias to one of them would never end.
    active: HashSet<usize>,
    budget: Budget,
    stack: Vec<Frame>,
    /// Compat: a key without a JSON form is only reported when all else is well.
    bad_key: Option<usize>,
}

/// A collection that is being expanded.
enum Frame {
    List {
        at: usize,
        source: Source,
        items: Vec<Node>,
    },
    /// Several sources write into one map: its own entries, and below them on the stack what `<<` brings in.
    Map {
        at: usize,
        sources: Vec<Source>,
        entries: BTreeMap<String, Node>,
        key: String,
    },
}

/// A node of the arena, how far it is read, and the alias by which it was reached.
struct Source {
    id: usize,
    next: usize,
    alias: Option<usize>,
}

/// Compat: small anchors may not become gigabytes. The same shares as the reference's.
#[derive(Default)]
struct Budget {
    nodes: u32,
    by_alias: u32,
}

impl Budget {
    fn spend(&mut self, by_alias: bool, at: usize) -> Result<(), Fault> {
        const FREE_NODES: u32 = 1000;
        const FREE_ALIASES: u32 = 100;
        const LOW: f64 = 400_000.0;
        const HIGH: f64 = 4_000_000.0;
        self.nodes += 1;
        self.by_alias += u32::from(by_alias);
        let nodes = f64::from(self.nodes);
        let allowed = 0.99 - 0.89 * ((nodes.clamp(LOW, HIGH) - LOW) / (HIGH - LOW));
        if self.by_alias > FREE_ALIASES
            && self.nodes > FREE_NODES
            && f64::from(self.by_alias) / nodes > allowed
        {
            return Err(Fault::new(at, Problem::YamlSyntax("too many aliases")));
        }
        Ok(())
    }
}

impl Expander<'_> {
    fn run(&mut self) -> Result<Node, Fault> {
        let Some(root) = self.arena.root else { return Ok(Node::new(self.base, Value::Null)) };
        let mut done = self.enter(root)?;
        loop {
            let Some(frame) = self.stack.last_mut() else { return Ok(done.unwrap_or_default()) };
            if let Some(node) = done.take() {
                match frame {
                    Frame::List { items, .. } => items.push(node),
                    Frame::Map { entries, key, .. } => {
                        entries.insert(std::mem::take(key), node);
                    }
                }
            }
            done = match frame {
                Frame::List { .. } => self.next_item()?,
                Frame::Map { .. } => self.next_entry()?,
            };
        }
    }

    /// Starts a node: a scalar is done at once, a collection goes on the stack.
    fn enter(&mut self, id: usize) -> Result<Option<Node>, Fault> {
        let source = self.follow(id)?;
        let at = self.arena.nodes[id].at + self.base;
        let frame = match &self.arena.nodes[source.id].kind {
            RawKind::Scalar { text, tag, implicit } => {
                self.leave(&source);
                let value = resolve::scalar(text, tag.as_deref(), *implicit)
                    .map_err(|what| Fault::new(self.arena.nodes[id].at, Problem::YamlSyntax(what)))?;
                return Ok(Some(Node::new(at, value.into_value())));
            }
            RawKind::Sequence(children) => {
                Frame::List { at, source, items: Vec::with_capacity(children.len()) }
            }
            RawKind::Mapping(_) | RawKind::Alias(_) => {
                Frame::Map { at, sources: vec![source], entries: BTreeMap::new(), key: String::new() }
            }
        };
        if self.stack.len() >= MAX_DEPTH {
            return Err(Fault::new(self.arena.nodes[id].at, Problem::Depth));
        }
        self.stack.push(frame);
        Ok(None)
    }

    /// Follows an alias, if it is one, and spends from the budget.
    fn follow(&mut self, id: usize) -> Result<Source, Fault> {
        let raw = &self.arena.nodes[id];
        self.budget.spend(!self.active.is_empty(), raw.at)?;
        let RawKind::Alias(target) = raw.kind else { return Ok(Source { id, next: 0, alias: None }) };
        if !self.active.insert(target) {
            return Err(Fault::new(raw.at, Problem::YamlSyntax("an anchor that contains itself")));
        }
        self.budget.spend(true, raw.at)?;
        Ok(Source { id: target, next: 0, alias: Some(target) })
    }

    fn leave(&mut self, source: &Source) {
        if let Some(target) = source.alias {
            self.active.remove(&target);
        }
    }

    fn next_item(&mut self) -> Result<Option<Node>, Fault> {
        let Some(Frame::List { source, .. }) = self.stack.last_mut() else { return Ok(None) };
        let child = match &self.arena.nodes[source.id].kind {
            RawKind::Sequence(children) => children.get(source.next).copied(),
            _ => None,
        };
        source.next += 1;
        if let Some(child) = child {
            return self.enter(child);
        }
        let Some(Frame::List { at, source, items }) = self.stack.pop() else { return Ok(None) };
        self.leave(&source);
        Ok(Some(Node::new(at, Value::List(items))))
    }

    fn next_entry(&mut self) -> Result<Option<Node>, Fault> {
        let Some(Frame::Map { sources, .. }) = self.stack.last_mut() else { return Ok(None) };
        let Some(source) = sources.last_mut() else {
            let Some(Frame::Map { at, entries, .. }) = self.stack.pop() else { return Ok(None) };
            return Ok(Some(Node::new(at, Value::Map(entries.into_iter().collect()))));
        };
        let pair = match &self.arena.nodes[source.id].kind {
            RawKind::Mapping(children) => {
                children.get(source.next..source.next + 2).map(|pair| (pair[0], pair[1]))
            }
            _ => None,
        };
        source.next += 2;
        let Some((key, value)) = pair else {
            if let Some(source) = sources.pop() {
                self.leave(&source);
            }
            return Ok(None);
        };
        if self.is_merge(key) {
            self.merge(value)?;
            return Ok(None);
        }
        let name = self.key(key)?;
        if let Some(Frame::Map { key, .. }) = self.stack.last_mut() {
            *key = name;
        }
        self.enter(value)
    }

    fn is_merge(&self, id: usize) -> bool {
        match &self.arena.nodes[id].kind {
            RawKind::Scalar { text, tag, implicit } => {
                text.as_str() == "<<" && (*implicit || tag.as_deref() == Some("tag:yaml.org,2002:merge"))
            }
            _ => false,
        }
    }

    /// `<<: *a` or `<<: [*a, *b]`: later sources are read first, so that the first one wins.
    fn merge(&mut self, id: usize) -> Result<(), Fault> {
        let wanted = [id];
        let list: &[usize] = match &self.arena.nodes[id].kind {
            RawKind::Sequence(children) => children,
            RawKind::Mapping(_) | RawKind::Alias(_) | RawKind::Scalar { .. } => &wanted,
        };
        // Validate all before any is pushed.
        for child in list {
            let target = match self.arena.nodes[*child].kind {
                RawKind::Alias(target) => target,
                _ => *child,
            };
            if !matches!(self.arena.nodes[target].kind, RawKind::Mapping(_)) {
                let what = "`<<` merges maps or lists of maps only";
                return Err(Fault::new(self.arena.nodes[id].at, Problem::YamlSyntax(what)));
            }
        }
        for child in list {
            let source = self.follow_merge(*child)?;
            if let Some(Frame::Map { sources, .. }) = self.stack.last_mut() {
                sources.push(source);
            }
        }
        Ok(())
    }

    /// One map may be merged twice into the same map, side by side; only its own inside is forbidden.
    fn follow_merge(&mut self, id: usize) -> Result<Source, Fault> {
        let raw = &self.arena.nodes[id];
        if let RawKind::Alias(target) = raw.kind
            && self.active.contains(&target)
        {
            let beside = self.stack.last().is_some_and(|frame| match frame {
                Frame::Map { sources, .. } => sources.iter().any(|s| s.alias == Some(target) && s.next == 0),
                Frame::List { .. } => false,
            });
            if beside {
                self.budget.spend(true, raw.at)?;
                return Ok(Source { id: target, next: 0, alias: None });
            }
        }
        self.follow(id)
    }

    /// A key's text. Compat: numbers and booleans become text as Go prints them, floats with 32 bits.
    fn key(&mut self, id: usize) -> Result<String, Fault> {
        let source = self.follow(id)?;
        self.leave(&source);
        let at = self.arena.nodes[id].at;
        let RawKind::Scalar { text, tag, implicit } = &self.arena.nodes[source.id].kind else {
            return Err(Fault::new(at, Problem::YamlSyntax("a list or map as a key")));
        };
        let value = resolve::scalar(text, tag.as_deref(), *implicit)
            .map_err(|what| Fault::new(at, Problem::YamlSyntax(what)))?;
        Ok(match value {
            Resolved::Text(text) => text,
            Resolved::Bool(value) => value.to_string(),
            Resolved::Int(number) => number.to_string(),
            Resolved::Float(number) => resolve::float_key(number),
            Resolved::Null | Resolved::Uint(_) => {
                self.bad_key.get_or_insert(at);
                String::new()
            }
        })
    }
}

impl Frame {
    fn into_nodes(self) -> Vec<Node> {
        match self {
            Self::List { items, .. } => items,
            Self::Map { entries, .. } => entries.into_values().collect(),
        }
    }
}
