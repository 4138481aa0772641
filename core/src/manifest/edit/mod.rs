//! Changes to a SealedSecret's text where it stands: comments, order and style stay, byte for byte.
//!
//! An edit is only a proposal: the result is read again and must be the old document with the wanted changes,
//! nothing less and nothing more. If it is not, the document is written anew from its tree, and the caller
//! hears why.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

use zeroize::Zeroizing;

use super::{
    bounds::{Allowance, Bounds},
    node,
    stream::line_ended,
    tree::{Dialect, Kind, Tree},
    write::{self, Node, Value},
    yaml,
};
use crate::SealedSecret;

/// What one object of a document is to become.
pub(crate) struct Change<'a> {
    /// The item of a list that it is; `None` when it is the document itself.
    pub(crate) item: Option<usize>,
    pub(crate) current: &'a SealedSecret,
    pub(crate) wanted: &'a SealedSecret,
}

/// A document with its changes.
pub(crate) enum Edited {
    /// Everything else stays as it stands.
    InPlace(String),
    /// Written anew, with the comments that could be kept.
    Anew(String, Obstacle),
}

/// Why a text cannot be changed where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// An alias stands where an item belongs.
    #[error("an alias stands where its items belong")]
    Alias,
    /// Keys share their lines with something else, such as `? key`.
    #[error("its keys are laid out in a way that nothing can be added to")]
    Layout,
    /// Anchors, `<<` and keys that are read as another type give the changed text another meaning.
    #[error("the changed text would not be read as the changed object, as with anchors and `<<`")]
    Reading,
    /// More differs than items, labels and annotations.
    #[error("more changes in it than its items")]
    More,
}

/// The text of a YAML document with what differs between current and wanted objects put in; `None` if it
/// cannot be read or is too deep to be written.
pub(crate) fn document(source: &str, changes: &[Change<'_>]) -> Option<Edited> {
    let allowance = Allowance::new(&Bounds::FILE);
    // As streams are read: what is put behind a block scalar ends its last line.
    let mut room = Zeroizing::default();
    let tree = yaml::document(line_ended(source, &mut room), 0, &allowance).ok()?;
    if tree.root().is_deeper(DEEPEST) {
        return None;
    }
    let wanted = changed(write::from_text(tree.root()), changes)?;
    drop(tree);
    let obstacle = match in_place(source, changes) {
        Ok(text) => {
            let mut room = Zeroizing::default();
            let found = yaml::document(line_ended(&text, &mut room), 0, &allowance);
            if found.is_ok_and(|found| write::is_same(&wanted.root, found.root())) {
                return Some(Edited::InPlace(text));
            }
            Obstacle::Reading
        }
        Err(obstacle) => obstacle,
    };
    Some(Edited::Anew(anew(source, &wanted), obstacle))
}

/// Levels of nesting that are compared.
const DEEPEST: usize = 500;

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

type Difference<'a> = (&'static [&'static str], Vec<(&'a str, &'a str)>);

/// The entries that are new or have another text.
fn differences<'a>(change: &Change<'a>) -> [Difference<'a>; 3] {
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

fn in_place(source: &str, changes: &[Change<'_>]) -> Result<String, Obstacle> {
    let newline = if source.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edited = source.to_owned();
    for part in 0..3 {
        // Read anew each time: one part may make the map that the next one needs.
        let tree = composed(&edited).ok_or(Obstacle::Reading)?;
        let mut editor = Editor::new(&tree, newline);
        for change in changes {
            let (path, entries) = &differences(change)[part];
            if !entries.is_empty() {
                editor.set(change.item, path, entries)?;
            }
        }
        if !editor.changes.is_empty() {
            edited = editor.apply();
        }
    }
    Ok(edited)
}

/// A document as it is written, with the places of its nodes.
fn composed(text: &str) -> Option<Tree<'_>> {
    let tree = Tree::new(text, 0, Dialect::Yaml).ok()?.with_ends();
    yaml::compose(tree, &Allowance::new(&Bounds::FILE)).ok()
}

/// A document written anew from an object, with the comments that could be kept.
pub(crate) fn replacement(source: &str, wanted: &SealedSecret) -> String {
    anew(source, &write::sealed_secret(wanted))
}

/// A document from its tree, with the comments that have lines of their own: each before the key that it stood
/// before, else at the beginning.
fn anew(source: &str, wanted: &write::Tree) -> String {
    let mut written = String::new();
    write::document(&wanted.root, &mut written);
    let separator = source.lines().next().filter(|line| line.starts_with("---"));
    let lines: Vec<&str> = written.lines().skip(1).collect();
    let places = places_of_keys(&lines);
    let mut top = Vec::from_iter(separator.map(str::to_owned));
    // What is put before each line.
    let mut before: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let (mut from, mut comments) = (0, Vec::new());
    for line in own_lines(source) {
        let text = line.trim();
        if text.starts_with('#') {
            comments.push(text);
            continue;
        }
        let Some(key) = key_of(text).filter(|_| !comments.is_empty()) else { continue };
        let found = places.get(key).and_then(|places| {
            let next = places.partition_point(|place| *place < from);
            places.get(next).copied()
        });
        if let Some(place) = found {
            let indent = lines[place].len() - lines[place].trim_start().len();
            let indented = comments.drain(..).map(|text| format!("{}{text}", " ".repeat(indent)));
            before.entry(place).or_default().extend(indented);
            // Keys are sorted when they are written anew, so only the top level is searched in order.
            from = if indent == 0 { place } else { from };
        } else {
            top.extend(comments.drain(..).map(str::to_owned));
        }
    }
    let body = lines.iter().enumerate().flat_map(|(place, line)| {
        let comments = before.remove(&place).unwrap_or_default();
        comments.into_iter().chain([(*line).to_owned()])
    });
    let newline = if source.contains("\r\n") { "\r\n" } else { "\n" };
    let all = top.into_iter().chain(body).chain(comments.iter().map(|text| (*text).to_owned()));
    all.map(|line| line + newline).collect()
}

/// A line's text up to its first colon.
fn key_of(line: &str) -> Option<&str> {
    line.split_inclusive(':').next().filter(|key| key.ends_with(':'))
}

/// The lines that begin with a key, in order.
fn places_of_keys<'a>(lines: &[&'a str]) -> BTreeMap<&'a str, Vec<usize>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        if let Some(key) = key_of(line.trim_start()) {
            places.entry(key).or_default().push(place);
        }
    }
    places
}

/// The lines that do not begin inside a scalar.
fn own_lines(source: &str) -> impl Iterator<Item = &str> {
    let tree = composed(source);
    let scalars = tree.iter().flat_map(|tree| {
        let scalars = (0..tree.len()).filter(|id| tree.scalar(*id).is_some());
        scalars.map(|id| tree.at(id) + 1..tree.end(id))
    });
    // Only those of several lines, in the order of the text.
    let has_lines = |scalar: &Range<usize>| {
        source.get(scalar.start - 1..scalar.end).is_some_and(|text| text.contains('\n'))
    };
    let scalars: Vec<_> = scalars.filter(has_lines).collect();
    let mut scalars = scalars.into_iter().peekable();
    let mut at = 0;
    source.split_inclusive('\n').filter(move |line| {
        let begins = at;
        at += line.len();
        while scalars.next_if(|scalar| scalar.end <= begins).is_some() {}
        !scalars.peek().is_some_and(|scalar| scalar.contains(&begins))
    })
}

struct Editor<'a> {
    tree: &'a Tree<'a>,
    newline: &'static str,
    /// The items of a list, once one of them is asked for.
    items: Option<Vec<usize>>,
    /// Where what is put behind a value goes: found once, since many entries may go there.
    lines: BTreeMap<usize, Option<usize>>,
    changes: Vec<(Range<usize>, String)>,
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
    fn new(tree: &'a Tree<'a>, newline: &'static str) -> Self {
        Self { tree, newline, items: None, lines: BTreeMap::new(), changes: Vec::new() }
    }

    /// Sets entries of the map at `path` of an object, making what is missing of it.
    fn set(&mut self, item: Option<usize>, path: &[&str], entries: &Entries<'_>) -> Result<(), Obstacle> {
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

    fn apply(mut self) -> String {
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
