//! Newly sealed items put into an existing SealedSecret's text, and ciphertexts replaced in it.
//!
//! A YAML target keeps its comments, order and style, and the documents that follow. Where an edit in place
//! does not give exactly the object that is wanted (unknown fields are dropped, as in the reference), the
//! document is written anew and the caller is told.

use crate::{
    SealedSecret,
    manifest::{self, DecodeError, Format, Part},
};

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
    /// All kept.
    Kept,
    /// Written anew: comments and order are gone.
    Rewritten,
}

/// The object that [`into`] merges into: the first one of the text. It gives name, namespace and scope.
pub fn target(text: &[u8]) -> Result<SealedSecret, DecodeError> {
    let text = manifest::decoded(text)?;
    if is_json(&text) {
        return manifest::sealed_secret(text.as_bytes());
    }
    let part = manifest::split(&text)?.into_iter().find(|part| !part.is_empty);
    let source = part.map_or("", |part| &text[part.range]);
    manifest::sealed_secret(source.as_bytes())
}

/// The items of `new` and its template's labels and annotations put into a target, where they win.
///
/// `format` is the format to write, that of the target if `None`.
pub fn into(target: &[u8], new: &SealedSecret, format: Option<Format>) -> Result<Merged, DecodeError> {
    let current = self::target(target)?;
    let wanted = merged(current, new);
    let text = manifest::decoded(target)?;
    if is_json(&text) {
        let text = manifest::write_sealed_secrets(&[wanted], format.unwrap_or(Format::Json));
        return Ok(Merged { text, layout: Layout::Rewritten });
    }
    let mut objects = std::iter::once(wanted);
    changed(&text, format.unwrap_or(Format::Yaml), |_| Ok(objects.next()))
}

/// The SealedSecrets of a text replaced by others with the same fields, in the order of the text.
pub fn replaced(
    text: &[u8],
    objects: &[SealedSecret],
    format: Option<Format>,
) -> Result<Merged, DecodeError> {
    let text = manifest::decoded(text)?;
    let anew =
        |format| Merged { text: manifest::write_sealed_secrets(objects, format), layout: Layout::Rewritten };
    if is_json(&text) {
        return Ok(anew(format.unwrap_or(Format::Json)));
    }
    let format = format.unwrap_or(Format::Yaml);
    let mut rest = objects.iter();
    let edited = changed(&text, format, |source| {
        let holds_one = !manifest::sealed_secrets(source.as_bytes())?.is_empty();
        Ok(if holds_one { rest.next().cloned() } else { None })
    })?;
    // Fewer documents than objects: the text is not the one that the objects were read from.
    Ok(if rest.next().is_none() { edited } else { anew(format) })
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

/// Replaces documents of a YAML text by the objects that `wanted` answers for them.
fn changed(
    text: &str,
    format: Format,
    mut wanted: impl FnMut(&str) -> Result<Option<SealedSecret>, DecodeError>,
) -> Result<Merged, DecodeError> {
    let mut out = String::new();
    let mut layout = Layout::Kept;
    for Part { range, next, is_empty } in manifest::split(text)? {
        let source = &text[range.clone()];
        let object = if is_empty { None } else { wanted(source)? };
        match (format, object) {
            (Format::Json, _) if is_empty => {}
            (Format::Json, Some(object)) => out.push_str(&manifest::write_sealed_secrets(&[object], format)),
            (Format::Json, None) => out.push_str(&manifest::document_as_json(source)?),
            (Format::Yaml, Some(object)) => {
                let (document, kept) = one(source, &object);
                out.push_str(&document);
                layout = if kept == Layout::Rewritten { kept } else { layout };
                out.push_str(&text[range.end..next]);
            }
            // What stands before the first separator, if no object does, moves behind it: see `begun`.
            (Format::Yaml, None) if is_empty && out.is_empty() => {
                // Directives only stand before a separator, and say nothing that counts.
                out.extend(source.split_inclusive('\n').filter(|line| !line.starts_with('%')));
            }
            (Format::Yaml, None) => out.push_str(&text[range.start..next]),
        }
    }
    if format == Format::Json {
        return Ok(Merged { text: out, layout: Layout::Rewritten });
    }
    Ok(Merged { text: begun(&out), layout })
}

/// One document with its object changed, in place if that is possible.
fn one(source: &str, wanted: &SealedSecret) -> (String, Layout) {
    let current = manifest::sealed_secrets(source.as_bytes()).ok().and_then(|mut objects| objects.pop());
    let edited = current.and_then(|current| manifest::edit::document(source, &current, wanted));
    if let Some(text) = edited {
        return (text, Layout::Kept);
    }
    let text = manifest::write_sealed_secrets(std::slice::from_ref(wanted), Format::Yaml);
    let has_separator = source.starts_with("---");
    let bare = text.strip_prefix("---\n").filter(|_| !has_separator);
    (bare.unwrap_or(&text).to_owned(), Layout::Rewritten)
}

/// Every document begins with `---`, the first one too, and ends with a line break.
fn begun(text: &str) -> String {
    let begin = if text.starts_with("---") { "" } else { "---\n" };
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{begin}{text}{end}")
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}
