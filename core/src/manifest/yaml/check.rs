//! What must hold of a document before its values are read: aliases and `<<` end and fit, tags say what is there.
//!
//! Walks the document as it will be read, each alias as the nodes that it stands for, without building anything.

use std::collections::HashMap;

use super::{MAX_DEPTH, resolve};
use crate::manifest::{
    bounds::{Allowance, Bound},
    error::{Fault, Problem},
    node,
    tree::{Tag, Text, Tree},
};

/// Checks a document; in its place puts the bytes of `!!binary`.
pub(super) fn check<'t>(tree: Tree<'t>, allowance: &Allowance) -> Result<Tree<'t>, Fault> {
    let mut checker = Checker {
        tree,
        active: HashMap::new(),
        budget: Budget { allowance, nodes: 0, by_alias: 0, aliased: 0 },
        stack: Vec::new(),
        depth: 0,
        bad_key: None,
    };
    checker.enter(0)?;
    while let Some(source) = checker.stack.last() {
        if checker.tree.kind(source.id).is_map() { checker.next_entry()? } else { checker.next_item()? }
    }
    match checker.bad_key {
        Some(at) => Err(Fault::new(at, Problem::UnsupportedKey)),
        None => Ok(checker.tree),
    }
}

struct Checker<'t, 'a> {
    tree: Tree<'t>,
    /// Anchored nodes that aliases led to and that are being walked, with their places on the stack: another alias to
    /// one of them would never end.
    active: HashMap<usize, usize>,
    budget: Budget<'a>,
    /// Collections that are being walked; a map that `<<` brings in stands above the one that it is brought into.
    stack: Vec<Source>,
    /// How many of them are not brought in.
    depth: usize,
    /// Compat: a key without a JSON form is only reported when all else is well.
    bad_key: Option<usize>,
}

/// A collection, how far it is read, and whether an alias led to it.
#[derive(Clone, Copy)]
struct Source {
    id: usize,
    next: usize,
    by_alias: bool,
    /// Where on the stack the map stands that it belongs to: itself, unless `<<` brings it in.
    base: usize,
}

/// Compat: small anchors may not become gigabytes. The same shares as the reference's.
struct Budget<'a> {
    allowance: &'a Allowance,
    nodes: usize,
    by_alias: usize,
    /// Bytes of text by alias.
    aliased: usize,
}

impl Budget<'_> {
    fn spend(&mut self, by_alias: bool, at: usize) -> Result<(), Fault> {
        const FREE_NODES: usize = 1000;
        const FREE_ALIASES: usize = 100;
        self.allowance.node(self.nodes, at)?;
        self.nodes += 1;
        self.by_alias += usize::from(by_alias);
        if self.by_alias > FREE_ALIASES
            && self.nodes > FREE_NODES
            && ratio(self.by_alias, self.nodes) > allowed(self.nodes)
        {
            return Err(Fault::new(at, Problem::YamlSyntax("too many aliases")));
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 nodes")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The share of nodes that may be there by alias.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 nodes")]
fn allowed(nodes: usize) -> f64 {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    0.99 - 0.89 * (((nodes as f64).clamp(LOW, HIGH) - LOW) / (HIGH - LOW))
}

impl Checker<'_, '_> {
    /// Starts a node: a scalar is done at once, a collection goes on the stack.
    fn enter(&mut self, id: usize) -> Result<(), Fault> {
        let source = self.follow(id)?;
        let at = self.tree.at(id);
        if self.tree.scalar(source.id).is_some() {
            self.scalar(source.id, at)?;
            self.leave(source);
            return Ok(());
        }
        if self.depth >= MAX_DEPTH {
            return Err(Fault::new(at, Problem::Depth));
        }
        self.budget.allowance.level(self.depth, at)?;
        self.depth += 1;
        self.stack.push(source);
        Ok(())
    }

    /// Follows an alias, if it is one, and spends from the budget.
    fn follow(&mut self, id: usize) -> Result<Source, Fault> {
        let at = self.tree.at(id);
        self.budget.spend(!self.active.is_empty(), at)?;
        let target = self.tree.target(id);
        let by_alias = target != id;
        if by_alias {
            if self.active.insert(target, self.stack.len()).is_some() {
                return Err(Fault::new(at, Problem::YamlSyntax("an anchor that contains itself")));
            }
            self.budget.spend(true, at)?;
        }
        Ok(Source { id: target, next: target + 1, by_alias, base: self.stack.len() })
    }

    fn leave(&mut self, source: Source) {
        if source.by_alias {
            self.active.remove(&source.id);
        }
    }

    /// Whether a scalar is what its tag says; `at` is where it is asked for.
    fn scalar(&mut self, id: usize, at: usize) -> Result<(), Fault> {
        let syntax = |what| Fault::new(at, Problem::YamlSyntax(what));
        let Some((text, tag, implicit)) = self.tree.scalar(id) else { return Ok(()) };
        if !self.active.is_empty() {
            self.budget.aliased += text.len();
            self.budget.allowance.aliased(self.budget.aliased, at)?;
        }
        if tag == Tag::Binary {
            let bytes = resolve::binary(text).map_err(syntax)?;
            let too_long = Problem::Bound { bound: Bound::Bytes, most: Text::LONGEST };
            self.tree.replace_binary(id, &bytes).ok_or(Fault::new(at, too_long))?;
        } else if tag != Tag::None {
            resolve::scalar(text, tag, implicit).map_err(syntax)?;
        }
        Ok(())
    }

    fn next_item(&mut self) -> Result<(), Fault> {
        let Some(source) = self.stack.last_mut() else { return Ok(()) };
        let child = source.next;
        if child >= self.tree.behind(source.id) {
            self.end();
            return Ok(());
        }
        source.next = self.tree.behind(child);
        self.enter(child)
    }

    /// The collection on top is read to its end.
    fn end(&mut self) {
        if let Some(source) = self.stack.pop() {
            self.depth -= usize::from(source.base == self.stack.len());
            self.leave(source);
        }
    }

    fn next_entry(&mut self) -> Result<(), Fault> {
        let Some(source) = self.stack.last_mut() else { return Ok(()) };
        let key = source.next;
        if key >= self.tree.behind(source.id) {
            self.end();
            return Ok(());
        }
        let value = self.tree.behind(key);
        source.next = self.tree.behind(value);
        if node::is_merge(&self.tree, key) {
            return self.merge(value);
        }
        self.key(key)?;
        self.enter(value)
    }

    /// `<<: *a` or `<<: [*a, *b]`.
    fn merge(&mut self, value: usize) -> Result<(), Fault> {
        let is_list = self.tree.kind(value).is_list();
        let (first, end) = (if is_list { value + 1 } else { value }, self.tree.behind(value));
        // Check all before any is pushed.
        let mut id = first;
        while id < end {
            if !self.tree.kind(self.tree.target(id)).is_map() {
                let what = "`<<` merges maps or lists of maps only";
                return Err(Fault::new(self.tree.at(value), Problem::YamlSyntax(what)));
            }
            id = self.tree.behind(id);
        }
        let base = self.stack.last().map_or(0, |source| source.base);
        let mut id = first;
        while id < end {
            let source = self.follow_merge(id, base)?;
            self.stack.push(Source { base, ..source });
            id = self.tree.behind(id);
        }
        Ok(())
    }

    /// One map may be merged twice into the same map, side by side; only its own inside is forbidden.
    fn follow_merge(&mut self, id: usize, base: usize) -> Result<Source, Fault> {
        let target = self.tree.target(id);
        let other = self.active.get(&target).and_then(|index| self.stack.get(*index));
        let beside = other.is_some_and(|other| other.base == base && other.next == other.id + 1);
        if target == id || !beside {
            return self.follow(id);
        }
        self.budget.spend(true, self.tree.at(id))?;
        Ok(Source { id: target, next: target + 1, by_alias: false, base })
    }

    /// A key is a scalar that has a JSON form as text.
    fn key(&mut self, id: usize) -> Result<(), Fault> {
        let source = self.follow(id)?;
        let at = self.tree.at(id);
        if self.tree.scalar(source.id).is_none() {
            return Err(Fault::new(at, Problem::YamlSyntax("a list or map as a key")));
        }
        self.scalar(source.id, at)?;
        self.leave(source);
        if !node::has_key_text(&self.tree, source.id) {
            self.bad_key.get_or_insert(at);
        }
        Ok(())
    }
}
