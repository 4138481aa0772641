//! Changes to a text by the places of its nodes.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use super::Obstacle;
use crate::manifest::{
    node,
    tree::{Kind, Tree},
    write,
};

/// What is to be changed in a text.
pub(super) struct Editor<'a> {
    tree: &'a Tree<'a>,
    newline: &'static str,
    /// The items of a list, once one of them is asked for.
    items: Option<Vec<usize>>,
    /// Where what is put behind a value goes: found once, since many entries may go there.
    lines: BTreeMap<usize, Option<usize>>,
    pub(super) changes: Vec<(Range<usize>, String)>,
}

type Entries<'e> = [(&'e str, &'e str)];

/// The entries of a map as written, and what they have in common.
struct Siblings<'a> {
    /// Keys and values.
    entries: Vec<(Cow<'a, str>, usize)>,
    is_sorted: bool,
    /// The column of a block's keys.
    indent: Option<usize>,
}

/// The node of the whole document.
const ROOT: usize = 0;

impl<'a> Editor<'a> {
    pub(super) fn new(tree: &'a Tree<'a>, newline: &'static str) -> Self {
        Self { tree, newline, items: None, lines: BTreeMap::new(), changes: Vec::new() }
    }

    /// Sets entries of the map at `path` of an object, making what is missing of it.
    pub(super) fn set(
        &mut self,
        item: Option<usize>,
        path: &[&str],
        entries: &Entries<'_>,
    ) -> Result<(), Obstacle> {
        let mut map = self.object(item)?;
        for (depth, name) in path.iter().enumerate() {
            let rest = &path[depth + 1..];
            let Some(value) = self.find(map, name) else {
                let siblings = self.siblings(map)?;
                return self.insert(map, &siblings, name, |editor, indent, flow| {
                    editor.nested(&path[depth..], entries, indent, flow)
                });
            };
            match self.tree.kind(value) {
                Kind::Map | Kind::FlowMap if self.tree.behind(value) > value + 1 => map = value,
                Kind::Alias => return Err(Obstacle::Alias),
                Kind::List | Kind::FlowList => return Err(Obstacle::Layout),
                _ => return self.fill(map, value, rest, entries),
            }
        }
        // Found once: there may be as many changes as entries.
        let siblings = self.siblings(map)?;
        let known: BTreeMap<&str, usize> =
            siblings.entries.iter().map(|(key, value)| (&**key, *value)).collect();
        for (name, text) in entries {
            if let Some(value) = known.get(name) {
                self.replace(map, *value, text)?;
            } else {
                let write = |editor: &Self, indent, flow| editor.entry(name, text, indent, flow);
                self.insert(map, &siblings, name, write)?;
            }
        }
        Ok(())
    }

    /// The map of an object: the document's, or that of a list's item.
    fn object(&mut self, item: Option<usize>) -> Result<usize, Obstacle> {
        let Some(index) = item else { return Ok(ROOT) };
        if self.items.is_none() {
            self.items = Some(self.list()?);
        }
        self.items.as_ref().and_then(|items| items.get(index).copied()).ok_or(Obstacle::Layout)
    }

    /// The items of the document's list.
    fn list(&self) -> Result<Vec<usize>, Obstacle> {
        let list = self.find(ROOT, "items").ok_or(Obstacle::Layout)?;
        match self.tree.kind(list) {
            kind if kind.is_list() => {}
            Kind::Alias => return Err(Obstacle::Alias),
            _ => return Err(Obstacle::Layout),
        }
        let end = self.tree.behind(list);
        let first = Some(list + 1).filter(|item| *item < end);
        let next = |item: &usize| Some(self.tree.behind(*item)).filter(|item| *item < end);
        Ok(std::iter::successors(first, next).collect())
    }

    /// Whether a value is null or an empty map.
    fn is_void(&self, value: usize) -> bool {
        match self.tree.scalar(value) {
            Some((text, _, implicit)) => implicit && matches!(text, "" | "~" | "null" | "Null" | "NULL"),
            None => self.tree.kind(value).is_map() && self.tree.behind(value) == value + 1,
        }
    }

    /// The entries of a map as written: key and value.
    fn pairs(&self, map: usize) -> impl Iterator<Item = (usize, usize)> + use<'a> {
        let tree = self.tree;
        let end = if tree.kind(map).is_map() { tree.behind(map) } else { map + 1 };
        let mut key = map + 1;
        std::iter::from_fn(move || {
            let value = if key < end { Some(tree.behind(key)) } else { None }?;
            let pair = (key, value);
            key = tree.behind(value);
            Some(pair)
        })
    }

    /// The value of the last entry of a name.
    fn find(&self, map: usize, name: &str) -> Option<usize> {
        // A key as it is read: `on:` is the key `true`.
        let named = self.pairs(map).filter(|(key, _)| node::key_text(self.tree, *key) == name);
        named.last().map(|(_, value)| value)
    }

    fn siblings(&self, map: usize) -> Result<Siblings<'a>, Obstacle> {
        if !self.tree.kind(map).is_map() {
            return Err(Obstacle::Layout);
        }
        let entries: Vec<_> =
            self.pairs(map).map(|(key, value)| (node::key_text(self.tree, key), value)).collect();
        Ok(Siblings {
            is_sorted: entries.is_sorted_by(|(a, _), (b, _)| a <= b),
            indent: if self.is_flow(map) { None } else { self.indent(map) },
            entries,
        })
    }

    /// The column of a block mapping's keys.
    fn indent(&self, map: usize) -> Option<usize> {
        self.pairs(map).filter_map(|(key, _)| self.column(self.at(key))).min()
    }

    fn is_flow(&self, id: usize) -> bool {
        self.tree.kind(id) == Kind::FlowMap
    }

    /// Where a node begins. What is not there, such as an absent value, may stand inside a character.
    fn at(&self, id: usize) -> usize {
        self.tree.text.ceil_char_boundary(self.tree.at(id))
    }

    /// Where a node's text stands.
    fn range(&self, id: usize) -> Range<usize> {
        self.at(id)..self.tree.end(id)
    }

    fn replace(&mut self, map: usize, value: usize, text: &str) -> Result<(), Obstacle> {
        match self.tree.kind(value) {
            Kind::Alias => return Err(Obstacle::Alias),
            Kind::List | Kind::FlowList | Kind::Map | Kind::FlowMap => return Err(Obstacle::Layout),
            _ => {}
        }
        let range = self.range(value);
        let mut written = String::new();
        if range.is_empty() {
            written.push(' ');
        }
        Self::value(text, self.is_flow(map), &mut written);
        self.changes.push((range, written));
        Ok(())
    }

    /// Puts a new entry behind its neighbour in the order of names, or behind the last one.
    fn insert(
        &mut self,
        map: usize,
        siblings: &Siblings<'_>,
        name: &str,
        write: impl Fn(&Self, usize, bool) -> String,
    ) -> Result<(), Obstacle> {
        let entries = &siblings.entries;
        let before = if siblings.is_sorted {
            entries.partition_point(|(key, _)| **key < *name)
        } else {
            entries.len()
        };
        let neighbour = before.checked_sub(1).and_then(|index| entries.get(index)).or(entries.last());
        let neighbour = neighbour.map(|(_, value)| *value);
        if self.is_flow(map) {
            let behind = neighbour.map(|value| self.tree.end(value));
            let at = behind.unwrap_or(self.tree.end(map) - 1);
            let comma = if behind.is_some() { ", " } else { "" };
            self.changes.push((at..at, format!("{comma}{}", write(self, 0, true))));
            return Ok(());
        }
        let indent = siblings.indent.ok_or(Obstacle::Layout)?;
        let lines = write(self, indent, false);
        self.insert_lines(neighbour.ok_or(Obstacle::Layout)?, &lines);
        Ok(())
    }

    /// Fills a map that is empty or null.
    fn fill(
        &mut self,
        map: usize,
        value: usize,
        rest: &[&str],
        entries: &Entries<'_>,
    ) -> Result<(), Obstacle> {
        if !self.tree.kind(map).is_map() || !self.is_void(value) {
            return Err(Obstacle::Layout);
        }
        let range = self.range(value);
        if self.is_flow(map) {
            let written = format!("{{{}}}", self.inner(rest, entries, 0, true));
            let gap = if range.is_empty() { " " } else { "" };
            self.changes.push((range, format!("{gap}{written}")));
            return Ok(());
        }
        let indent = self.indent(map).ok_or(Obstacle::Layout)?;
        let gap = range.start - self.tree.text[..range.start].trim_end_matches(' ').len();
        let lines = self.inner(rest, entries, indent + 2, false);
        self.changes.push((range.start - gap..range.end, String::new()));
        self.insert_lines(value, &lines);
        Ok(())
    }

    /// Where a value ends, with the blank lines that belong to it: those behind a block scalar of `|+`.
    fn end_of_lines(&self, value: usize) -> usize {
        let source = self.tree.text;
        let last = self.range(self.tree.behind(value) - 1);
        let header = source.get(last.clone()).and_then(|text| text.lines().next()).unwrap_or_default();
        if !header.starts_with(['|', '>']) || !header.contains('+') {
            return self.tree.end(value);
        }
        let rest = &source[last.end..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\r', '\n']).len();
        rest[..blank].rfind('\n').map_or(last.end, |newline| last.end + newline)
    }

    /// Puts whole lines behind the line in which a value ends; a text without a last line end stays without one.
    fn insert_lines(&mut self, value: usize, lines: &str) {
        let source = self.tree.text;
        let behind = if let Some(known) = self.lines.get(&value) {
            *known
        } else {
            let at = self.end_of_lines(value);
            let found = source[at..].find('\n').map(|end| at + end + 1);
            self.lines.insert(value, found);
            found
        };
        if let Some(at) = behind {
            self.changes.push((at..at, lines.to_owned()));
        } else {
            let end = source.len();
            let lines = lines.strip_suffix(self.newline).unwrap_or(lines);
            self.changes.push((end..end, format!("{}{lines}", self.newline)));
        }
    }

    /// The map of a path and its entries.
    fn nested(&self, path: &[&str], entries: &Entries<'_>, indent: usize, flow: bool) -> String {
        let [name, rest @ ..] = path else { return self.inner(path, entries, indent, flow) };
        let pad = " ".repeat(indent);
        if flow {
            format!("\"{name}\": {{{}}}", self.inner(rest, entries, indent, true))
        } else {
            format!("{pad}{name}:{}{}", self.newline, self.inner(rest, entries, indent + 2, false))
        }
    }

    fn inner(&self, path: &[&str], entries: &Entries<'_>, indent: usize, flow: bool) -> String {
        if !path.is_empty() {
            return self.nested(path, entries, indent, flow);
        }
        let written = entries.iter().map(|(name, text)| self.entry(name, text, indent, flow));
        written.collect::<Vec<_>>().join(if flow { ", " } else { "" })
    }

    fn entry(&self, name: &str, text: &str, indent: usize, flow: bool) -> String {
        let mut out = " ".repeat(indent);
        Self::value(name, flow, &mut out);
        out.push_str(": ");
        Self::value(text, flow, &mut out);
        if !flow {
            out.push_str(self.newline);
        }
        out
    }

    /// In flow style all texts are quoted: more characters end a plain one there.
    fn value(text: &str, flow: bool, out: &mut String) {
        if flow { write::quoted(text, out) } else { write::scalar(text, None, out) }
    }

    /// The column of a block mapping's key, if only blanks stand before it.
    fn column(&self, at: usize) -> Option<usize> {
        let source = self.tree.text;
        let line_start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = &source[line_start..at];
        before.bytes().all(|byte| byte == b' ').then_some(before.len())
    }

    /// The text with all changes.
    pub(super) fn apply(mut self) -> String {
        // Stable, so that insertions at one place keep their order.
        self.changes.sort_by_key(|(range, _)| range.start);
        let source = self.tree.text;
        let (mut text, mut at) = (String::with_capacity(source.len()), 0);
        for (range, written) in &self.changes {
            text.push_str(source.get(at..range.start).unwrap_or_default());
            text.push_str(written);
            at = range.end.max(at);
        }
        text.push_str(&source[at..]);
        text
    }
}
