//! Changes to a SealedSecret's YAML where it stands: comments, order and style stay.
//!
//! An edit is only a proposal: the result is read again and must be the object that is wanted, nothing less and
//! nothing more. If it is not, the caller writes the object anew.

use std::{collections::BTreeMap, ops::Range};

use serde_json::Value;

use super::{
    node::Tree,
    read, write,
    yaml::{self, Arena, RawKind},
};
use crate::SealedSecret;

/// The text of a document with what differs between it and `wanted` put in; `None` if that cannot be done.
pub(crate) fn document(source: &str, current: &SealedSecret, wanted: &SealedSecret) -> Option<String> {
    let newline = if source.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edited = source.to_owned();
    for (path, before, after) in parts(current, wanted) {
        let changed: Vec<_> = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).collect();
        if !changed.is_empty() {
            // Read anew each time: one part may make the map that the next one needs.
            let arena = yaml::compose(&edited).ok()?;
            let mut editor = Editor { source: &edited, arena: &arena, newline, changes: Vec::new() };
            editor.set(&path, &changed)?;
            edited = editor.apply();
        }
    }
    let arena = yaml::compose(&edited).ok()?;
    let mut editor = Editor { source: &edited, arena: &arena, newline, changes: Vec::new() };
    editor.tidy();
    editor.complete();
    let edited = editor.apply();
    is_exactly(&edited, wanted).then_some(edited)
}

/// Whether a document holds this object and nothing else.
fn is_exactly(text: &str, wanted: &SealedSecret) -> bool {
    let json = |tree: &Tree| read::to_json(&tree.root, 0).ok().flatten().map(essence);
    let found = yaml::document(text, 0).ok().and_then(|tree| json(&tree));
    found.is_some() && found == json(&write::sealed_secret(wanted))
}

/// A value without what is null or empty: absent is the same.
fn essence(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.into_iter().map(|(name, value)| (name, essence(value)));
            entries
                .filter(|(_, value)| !value.is_null() && value.as_object().is_none_or(|map| !map.is_empty()))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(essence).collect(),
        other => other,
    }
}

type Part<'a> = (Vec<&'static str>, BTreeMap<&'a str, &'a str>, BTreeMap<&'a str, &'a str>);

/// What may change, before and after.
fn parts<'a>(current: &'a SealedSecret, wanted: &'a SealedSecret) -> [Part<'a>; 3] {
    fn view(map: Option<&BTreeMap<String, String>>) -> BTreeMap<&str, &str> {
        map.into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
    let part = |path, get: fn(&SealedSecret) -> Option<&BTreeMap<String, String>>| {
        (path, view(get(current)), view(get(wanted)))
    };
    [
        part(vec!["spec", "encryptedData"], |object| Some(&object.spec.encrypted_data)),
        part(vec!["spec", "template", "metadata", "annotations"], |object| {
            object.spec.template.metadata.annotations.as_ref()
        }),
        part(vec!["spec", "template", "metadata", "labels"], |object| {
            object.spec.template.metadata.labels.as_ref()
        }),
    ]
}

struct Editor<'a> {
    source: &'a str,
    arena: &'a Arena,
    newline: &'static str,
    changes: Vec<(Range<usize>, String)>,
}

type Entries<'e> = [(&'e &'e str, &'e &'e str)];

impl Editor<'_> {
    /// Sets entries of the map at `path`, making what is missing of it.
    fn set(&mut self, path: &[&str], entries: &Entries<'_>) -> Option<()> {
        let mut map = self.arena.root?;
        for (depth, name) in path.iter().enumerate() {
            let rest = &path[depth + 1..];
            let Some((_, value)) = self.find(map, name) else {
                return self.insert(map, name, |editor, indent, flow| {
                    editor.nested(&path[depth..], entries, indent, flow)
                });
            };
            match &self.arena.nodes[value].kind {
                RawKind::Mapping(children) if !children.is_empty() => map = value,
                RawKind::Mapping(_) | RawKind::Scalar { .. } => return self.fill(map, value, rest, entries),
                RawKind::Sequence(_) | RawKind::Alias(_) => return None,
            }
        }
        for (name, text) in entries {
            match self.find(map, name) {
                Some((_, value)) => self.replace(map, value, text)?,
                None => {
                    self.insert(map, name, |editor, indent, flow| editor.entry(name, text, indent, flow))?;
                }
            }
        }
        Some(())
    }

    /// Drops the nulls that Go's time type left, as the reference does on every writing. What cannot be done in
    /// place is left: it says the same.
    fn tidy(&mut self) {
        self.drop_null(&["metadata"], "creationTimestamp");
        self.drop_null(&["spec", "template", "metadata"], "creationTimestamp");
    }

    /// Makes the template and its metadata, which the reference writes even where they are empty: whoever compares
    /// objects finds no difference. Where that cannot be done in place it is left: it says the same.
    fn complete(&mut self) -> Option<()> {
        let spec = self.at(&["spec"])?;
        let Some((_, template)) = self.find(spec, "template") else {
            return self.insert(spec, "template", |editor, indent, flow| {
                if flow {
                    return "\"template\": {\"metadata\": {}}".to_owned();
                }
                let (pad, newline) = (" ".repeat(indent), editor.newline);
                format!("{pad}template:{newline}{pad}  metadata: {{}}{newline}")
            });
        };
        if self.is_void(template) {
            self.write_over(template, "{metadata: {}}");
            return Some(());
        }
        match self.find(template, "metadata") {
            None => self.insert(template, "metadata", |editor, indent, flow| {
                if flow {
                    return "\"metadata\": {}".to_owned();
                }
                format!("{}metadata: {{}}{}", " ".repeat(indent), editor.newline)
            })?,
            Some((_, metadata)) if self.is_void(metadata) => self.write_over(metadata, "{}"),
            Some(_) => {}
        }
        Some(())
    }

    /// Whether a value is null or an empty map.
    fn is_void(&self, value: usize) -> bool {
        match &self.arena.nodes[value].kind {
            RawKind::Scalar { text, .. } => matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"),
            RawKind::Mapping(children) => children.is_empty(),
            RawKind::Sequence(_) | RawKind::Alias(_) => false,
        }
    }

    fn write_over(&mut self, value: usize, written: &str) {
        let raw = &self.arena.nodes[value];
        let gap = if raw.at == raw.end { " " } else { "" };
        self.changes.push((raw.at..raw.end, format!("{gap}{written}")));
    }

    /// The value at a path of maps.
    fn at(&self, path: &[&str]) -> Option<usize> {
        path.iter().try_fold(self.arena.root?, |map, name| self.find(map, name).map(|(_, value)| value))
    }

    /// Takes out the line of an entry that is null, where the map has others.
    fn drop_null(&mut self, path: &[&str], name: &str) -> Option<()> {
        let map = self.at(path)?;
        let raw = &self.arena.nodes[map];
        let RawKind::Mapping(children) = &raw.kind else { return None };
        let (key, value) = self.find(map, name)?;
        let RawKind::Scalar { text, .. } = &self.arena.nodes[value].kind else { return None };
        let (from, to) = (self.arena.nodes[key].at, self.arena.nodes[value].end);
        if raw.flow
            || children.len() <= 2
            || self.source[from..to].contains('\n')
            || !matches!(text.as_str(), "" | "~" | "null")
        {
            return None;
        }
        let from = from - self.column(from)?;
        let to = to + self.source[to..].find('\n')? + 1;
        self.changes.push((from..to, String::new()));
        Some(())
    }

    /// The last entry of a name: key and value.
    fn find(&self, map: usize, name: &str) -> Option<(usize, usize)> {
        let RawKind::Mapping(children) = &self.arena.nodes[map].kind else { return None };
        let is_named = |key: usize| match &self.arena.nodes[key].kind {
            RawKind::Scalar { text, .. } => text.as_str() == name,
            _ => false,
        };
        children.chunks_exact(2).rev().find(|pair| is_named(pair[0])).map(|pair| (pair[0], pair[1]))
    }

    fn replace(&mut self, map: usize, value: usize, text: &str) -> Option<()> {
        let raw = &self.arena.nodes[value];
        if !matches!(raw.kind, RawKind::Scalar { .. }) {
            return None;
        }
        let mut written = String::new();
        if raw.at == raw.end {
            written.push(' ');
        }
        Self::value(text, self.arena.nodes[map].flow, &mut written);
        self.changes.push((raw.at..raw.end, written));
        Some(())
    }

    /// Puts a new entry behind its neighbour in the order of names, or behind the last one.
    fn insert(&mut self, map: usize, name: &str, write: impl Fn(&Self, usize, bool) -> String) -> Option<()> {
        let raw = &self.arena.nodes[map];
        let RawKind::Mapping(children) = &raw.kind else { return None };
        let keys: Vec<_> = children.chunks_exact(2).map(|pair| (self.key_text(pair[0]), pair[1])).collect();
        let is_sorted = keys.is_sorted_by(|(a, _), (b, _)| a <= b);
        let before = keys.iter().rev().find(|(key, _)| !is_sorted || *key < name);
        let neighbour = before.or(keys.last());
        if raw.flow {
            let behind = neighbour.map(|(_, value)| self.arena.nodes[*value].end);
            let at = behind.unwrap_or(raw.end - 1);
            let comma = if behind.is_some() { ", " } else { "" };
            self.changes.push((at..at, format!("{comma}{}", write(self, 0, true))));
            return Some(());
        }
        let indent = self.column(self.arena.nodes[*children.first()?].at)?;
        let at = self.arena.nodes[neighbour?.1].end;
        self.insert_lines(at, &write(self, indent, false));
        Some(())
    }

    /// Fills a map that is empty or null.
    fn fill(&mut self, map: usize, value: usize, rest: &[&str], entries: &Entries<'_>) -> Option<()> {
        let raw = &self.arena.nodes[value];
        if !self.is_void(value) {
            return None;
        }
        let parent = &self.arena.nodes[map];
        if parent.flow {
            let written = format!("{{{}}}", self.inner(rest, entries, 0, true));
            let gap = if raw.at == raw.end { " " } else { "" };
            self.changes.push((raw.at..raw.end, format!("{gap}{written}")));
            return Some(());
        }
        let RawKind::Mapping(children) = &parent.kind else { return None };
        let indent = self.column(self.arena.nodes[*children.first()?].at)?;
        let gap = self.source[..raw.at].len() - self.source[..raw.at].trim_end_matches(' ').len();
        self.changes.push((raw.at - gap..raw.end, String::new()));
        self.insert_lines(raw.end, &self.inner(rest, entries, indent + 2, false));
        Some(())
    }

    /// Puts whole lines behind the line in which `at` stands.
    fn insert_lines(&mut self, at: usize, lines: &str) {
        if let Some(end) = self.source[at..].find('\n') {
            self.changes.push((at + end + 1..at + end + 1, lines.to_owned()));
        } else {
            let end = self.source.len();
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

    fn key_text(&self, key: usize) -> &str {
        match &self.arena.nodes[key].kind {
            RawKind::Scalar { text, .. } => text,
            _ => "",
        }
    }

    /// The column of a block mapping's key, if only blanks stand before it.
    fn column(&self, at: usize) -> Option<usize> {
        let line_start = self.source[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = &self.source[line_start..at];
        before.bytes().all(|byte| byte == b' ').then_some(before.len())
    }

    fn apply(mut self) -> String {
        // Stable, so that insertions at one place keep their order when they are put in back to front.
        self.changes.sort_by_key(|(range, _)| range.start);
        let mut text = self.source.to_owned();
        for (range, written) in self.changes.into_iter().rev() {
            text.replace_range(range, &written);
        }
        text
    }
}
