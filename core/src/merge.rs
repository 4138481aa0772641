//! Newly sealed items put into an existing SealedSecret's text, and ciphertexts replaced in it.
//!
//! Nothing else of the text changes, byte for byte: comments, order, style, other documents. Where an edit in
//! place is impossible the document is written anew, with the comments that can be kept, and the caller hears why.

use std::collections::BTreeMap;

use crate::{
    SealedSecret,
    manifest::{
        self, DecodeError, Format,
        edit::{self, Change, Edited},
        parts::{self, Content, Part},
    },
};

pub use crate::manifest::edit::Obstacle;

/// A target with its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The whole new text of the file.
    pub text: String,
    /// What became of comments, order and style.
    pub layout: Layout,
}

/// What became of a text's comments, order and style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// All kept; of JSON, the order.
    Kept,
    /// A document was written anew, since it could not be changed in place.
    Rewritten(Obstacle),
    /// Written in another format, as was asked for.
    Converted,
}

/// The object of a text that [`into`] merges into. It gives name, namespace and scope.
#[derive(Clone, Debug)]
pub struct Target {
    /// The object, read strictly.
    pub object: SealedSecret,
    part: usize,
    item: Option<usize>,
}

/// A text that has no object to merge into.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It cannot be read, or what it holds is not what it says.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It holds other kinds only.
    #[error("no SealedSecret is in it, but {0}")]
    NotSealed(String),
    /// Several SealedSecrets are there, and none is the one that was asked for.
    #[error("{} SealedSecrets are in it, and none is {wanted}: {}", found.len(), found.join(", "))]
    NoneFits {
        /// Namespace and name that were asked for.
        wanted: String,
        /// Namespaces and names that are there.
        found: Vec<String>,
    },
    /// Several SealedSecrets fit.
    #[error("{count} SealedSecrets in it are named {wanted}")]
    SeveralFit {
        /// Namespace and name that were asked for.
        wanted: String,
        /// How many have them.
        count: usize,
    },
}

/// Finds the object to merge into: the only SealedSecret of the text, whatever its name, else the one with this
/// name and namespace. An empty name or namespace fits any.
pub fn target(text: &[u8], name: &str, namespace: &str) -> Result<Target, TargetError> {
    let text = manifest::decoded(text)?;
    let parts = parts::parts(&text)?;
    let mut places = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match &part.content {
            Content::Sealed => places.push((index, None)),
            Content::List(items) => places.extend(items.iter().map(|item| (index, Some(*item)))),
            Content::Nothing | Content::Other(_) | Content::Broken(_) => {}
        }
    }
    if let Some(error) = unreadable(&text, &parts, places.is_empty()) {
        return Err(error.into());
    }
    if places.is_empty() {
        return Err(match others(&parts) {
            // What is wrong with it is best said by the reader itself.
            None => manifest::sealed_secret(text.as_bytes())
                .map_or_else(TargetError::from, |_| TargetError::NotSealed("nothing".to_owned())),
            Some(kinds) => TargetError::NotSealed(kinds),
        });
    }
    // Each document is read once, however many objects it holds.
    let objects = parts.iter().map(|part| parts::objects(&text, part)).collect::<Result<Vec<_>, _>>()?;
    let targets = places.into_iter().zip(objects.into_iter().flatten());
    let mut targets: Vec<_> = targets.map(|((part, item), object)| Target { object, part, item }).collect();
    if targets.len() == 1 {
        return Ok(targets.remove(0));
    }
    let found = targets.iter().map(|target| title(target.object.namespace(), target.object.name())).collect();
    let fits = |target: &Target, exactly: bool| {
        let (own_name, own_namespace) = (target.object.name(), target.object.namespace());
        (name.is_empty() || own_name == name)
            && (namespace.is_empty() || own_namespace == namespace || (!exactly && own_namespace.is_empty()))
    };
    let exact = targets.iter().any(|target| fits(target, true));
    targets.retain(|target| fits(target, exact));
    let wanted = title(namespace, name);
    match targets.len() {
        0 => Err(TargetError::NoneFits { wanted, found }),
        1 => Ok(targets.remove(0)),
        count => Err(TargetError::SeveralFit { wanted, count }),
    }
}

/// A document that cannot be read is left alone, unless it might be the one that is meant.
fn unreadable(text: &str, parts: &[Part], nothing_else: bool) -> Option<DecodeError> {
    let all_matter = nothing_else || parts.iter().any(|part| part.is_json);
    let matters = |part: &&Part| all_matter || text[part.range.clone()].contains(crate::names::KIND);
    parts.iter().filter(matters).find_map(|part| match &part.content {
        Content::Broken(broken) => Some(broken.error(text)),
        Content::Nothing | Content::Sealed | Content::List(_) | Content::Other(_) => None,
    })
}

/// The other kinds of a text.
fn others(parts: &[Part]) -> Option<String> {
    let kind = |part: &Part| match &part.content {
        Content::Other(kind) if kind.is_empty() => Some("an object without a kind".to_owned()),
        Content::Other(kind) => Some(format!("a {kind}")),
        Content::List(_) => Some("a List".to_owned()),
        Content::Nothing | Content::Sealed | Content::Broken(_) => None,
    };
    let kinds: Vec<_> = parts.iter().filter_map(kind).collect();
    (!kinds.is_empty()).then(|| kinds.join(", "))
}

fn title(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { format!("{name:?}") } else { format!("{:?}", format!("{namespace}/{name}")) }
}

/// The items of `new` and its template's labels and annotations put into the target that was found in `text`.
///
/// `format` is the format to write, that of the text if `None`.
pub fn into(
    text: &[u8],
    target: &Target,
    new: &SealedSecret,
    format: Option<Format>,
) -> Result<Merged, DecodeError> {
    let wanted = merged(target.object.clone(), new);
    let change = Change { item: target.item, current: &target.object, wanted: &wanted };
    write(text, format, &BTreeMap::from([(target.part, vec![change])]))
}

/// The SealedSecrets of a text, as [`manifest::entries`] gives them, replaced by others in the same order.
pub fn replaced(
    text: &[u8],
    current: &[SealedSecret],
    wanted: &[SealedSecret],
    format: Option<Format>,
) -> Result<Merged, DecodeError> {
    let decoded = manifest::decoded(text)?;
    let mut objects = current.iter().zip(wanted);
    let mut changes = BTreeMap::new();
    for (index, part) in parts::parts(&decoded)?.iter().enumerate() {
        let items = match &part.content {
            Content::Sealed => vec![None],
            Content::List(items) => items.iter().copied().map(Some).collect(),
            Content::Nothing | Content::Other(_) => continue,
            Content::Broken(broken) => return Err(broken.error(&decoded)),
        };
        let change = |(item, (current, wanted))| Change { item, current, wanted };
        changes.insert(index, items.into_iter().zip(objects.by_ref()).map(change).collect());
    }
    write(text, format, &changes)
}

/// Newly sealed items win; so do labels and annotations of the template.
fn merged(mut target: SealedSecret, new: &SealedSecret) -> SealedSecret {
    target.spec.encrypted_data.extend(new.spec.encrypted_data.clone());
    let (from, to) = (&new.spec.template.metadata, &mut target.spec.template.metadata);
    for (from, to) in [(&from.annotations, &mut to.annotations), (&from.labels, &mut to.labels)] {
        if let Some(from) = from.as_ref().filter(|map| !map.is_empty()) {
            to.get_or_insert_default().extend(from.clone());
        }
    }
    target
}

/// The text with changes in some of its documents.
fn write(
    text: &[u8],
    format: Option<Format>,
    changes: &BTreeMap<usize, Vec<Change<'_>>>,
) -> Result<Merged, DecodeError> {
    let mark = if text.starts_with("\u{feff}".as_bytes()) { "\u{feff}" } else { "" };
    let text = manifest::decoded(text)?;
    let parts = parts::parts(&text)?;
    let own = |part: &Part| if part.is_json { Format::Json } else { Format::Yaml };
    let converts = |part: &Part| format.is_some_and(|format| format != own(part));
    let mut merged = Merged { text: mark.to_owned(), layout: Layout::Kept };
    if parts.iter().any(|part| converts(part) && !matches!(part.content, Content::Nothing)) {
        merged.layout = Layout::Converted;
    }
    let mut at = 0;
    for (index, part) in parts.iter().enumerate() {
        let source = &text[part.range.clone()];
        let changes = changes.get(&index).map(Vec::as_slice).unwrap_or_default();
        if let Some(format) = format.filter(|_| merged.layout == Layout::Converted) {
            if converts(part) && !matches!(part.content, Content::Nothing) {
                merged.text.push_str(&manifest::rewritten(source, part.is_json, format, changes)?);
            } else if format == own(part) {
                let begin = if part.is_json || source.starts_with("---") { "" } else { "---\n" };
                let end = if source.ends_with('\n') { "" } else { "\n" };
                let source = changed(part, source, changes, &mut merged.layout)?;
                merged.text.extend([begin, &source, end]);
            }
            continue;
        }
        merged.text.push_str(&text[at..part.range.start]);
        merged.text.push_str(&changed(part, source, changes, &mut merged.layout)?);
        at = part.range.end;
    }
    if merged.layout != Layout::Converted {
        merged.text.push_str(&text[at..]);
    }
    Ok(merged)
}

/// One document with its changes, in its own format.
fn changed(
    part: &Part,
    source: &str,
    changes: &[Change<'_>],
    layout: &mut Layout,
) -> Result<String, DecodeError> {
    if changes.iter().all(|change| change.current == change.wanted) {
        return Ok(source.to_owned());
    }
    if let [change @ Change { item: None, .. }] = changes
        && !only_items_differ(change.current, change.wanted)
    {
        rewritten(layout, Obstacle::More);
        return Ok(if part.is_json {
            let anew = manifest::write_sealed_secrets(std::slice::from_ref(change.wanted), Format::Json);
            without_line_end(anew)
        } else {
            edit::replacement(source, change.wanted)
        });
    }
    if part.is_json {
        return manifest::rewritten(source, true, Format::Json, changes).map(without_line_end);
    }
    match edit::document(source, changes) {
        Some(Edited::InPlace(text)) => Ok(text),
        Some(Edited::Anew(text, obstacle)) => {
            rewritten(layout, obstacle);
            Ok(text)
        }
        None => manifest::rewritten(source, false, Format::Yaml, changes).inspect(|_| {
            rewritten(layout, Obstacle::Reading);
        }),
    }
}

/// What is written anew in its own format is told, unless all of it is converted.
fn rewritten(layout: &mut Layout, obstacle: Obstacle) {
    if *layout == Layout::Kept {
        *layout = Layout::Rewritten(obstacle);
    }
}

/// A JSON value's text ends with its brace: the line end behind it is no part of it.
fn without_line_end(mut json: String) -> String {
    json.truncate(json.trim_end().len());
    json
}

/// Whether only what can be changed in place differs; what a server adds or drops does not count.
fn only_items_differ(current: &SealedSecret, wanted: &SealedSecret) -> bool {
    type Map = BTreeMap<String, String>;
    let adds = |before: Option<&Map>, after: Option<&Map>| {
        let has = |name: &String| after.is_some_and(|map| map.contains_key(name));
        before.into_iter().flatten().all(|(name, _)| has(name))
    };
    let (old, new) = (&current.spec.template.metadata, &wanted.spec.template.metadata);
    let essence = |object: &SealedSecret| {
        let mut object = object.clone();
        object.status = None;
        object.flaws = Vec::new();
        object.spec.encrypted_data = BTreeMap::new();
        (object.spec.template.metadata.annotations, object.spec.template.metadata.labels) = (None, None);
        let metadata = std::mem::take(&mut object.metadata);
        (object.spec, metadata.name, metadata.namespace, metadata.annotations, metadata.labels)
    };
    essence(current) == essence(wanted)
        && adds(Some(&current.spec.encrypted_data), Some(&wanted.spec.encrypted_data))
        && adds(old.annotations.as_ref(), new.annotations.as_ref())
        && adds(old.labels.as_ref(), new.labels.as_ref())
}
