//! A document written anew, with the comments that can be kept.

use std::{collections::BTreeMap, ops::Range};

use super::composed;
use crate::{SealedSecret, manifest::write};

/// A document written anew from an object, with the comments that could be kept.
pub(crate) fn replacement(source: &str, wanted: &SealedSecret) -> String {
    anew(source, &write::sealed_secret(wanted))
}

/// A document from its tree, with the comments that have lines of their own: each before the key that it stood
/// before, else at the beginning.
pub(super) fn anew(source: &str, wanted: &write::Tree) -> String {
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
