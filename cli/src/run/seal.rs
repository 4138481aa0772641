//! Secrets in, SealedSecrets out.

use std::{
    io::{self, IsTerminal as _},
    slice,
};

use sealed_secrets_core::{
    Secret,
    manifest::{self, Document, Other},
    names,
};
use zeroize::Zeroizing;

use super::{chunks::Chunks, progress::Progress, remarks, sealer::Sealer, sealing_key};
use crate::{
    args::Mode,
    input::Input,
    job::{Cert, Format, Sealing, Sink, Source},
    output::Spool,
    problem::{Problem, reason},
    report::say,
};

/// Seals every Secret of the input; nothing is written unless all can be sealed.
///
/// A long input is worked on piece by piece, and its ciphertexts wait in a file until the last one is made.
pub(super) fn seal(
    input: &Source,
    output: &Sink,
    format: &Format,
    cert: &Cert,
    options: Sealing,
) -> Result<(), Problem> {
    let source = input;
    let input = Input::open(source)?;
    output.check()?;
    let key = sealing_key(cert, Mode::Seal)
        .map_err(|problem| sealed_already(source, &options).unwrap_or(problem))?;
    let with_keys = options.with_keys;
    let mut sealer = Sealer::new(key, options);
    let streams = input.streams("a Secret in YAML or JSON")?;
    let several = streams.len() > 1;
    let mut spool = Spool::new(output);
    let mut progress = Progress::start("sealed");
    for (path, reader) in streams {
        let file = path.as_ref().filter(|_| several);
        let mut chunks = Chunks::new(reader, CHUNK);
        let mut place = Place::default();
        while let Some((text, last)) = chunks.next().map_err(|error| Problem::Stdin(reason(&error)))? {
            let only = last && place == Place::default();
            let parts = read(&text, format, only, with_keys, place.lines)
                .map_err(|problem| place.shift(problem).inside(file))?;
            place.pass(&text, parts.len());
            drop(text);
            let piece = piece(parts, format, &mut sealer).map_err(|problem| problem.inside(file))?;
            spool.write(piece.as_bytes())?;
            progress.show(sealer.count(), None);
        }
    }
    drop(progress);
    if sealer.count() == 0 {
        return Err(Problem::NoSecrets(None));
    }
    spool.finish()
}

/// Without a certificate nothing can be sealed; but what is sealed already needs another advice. The input is
/// looked at only where that cannot take long: a file, or stdin beside private keys, which only opening needs.
fn sealed_already(source: &Source, options: &Sealing) -> Option<Problem> {
    let may_read = match source {
        Source::Files(_) => true,
        Source::Standard { .. } => options.with_keys && !io::stdin().is_terminal(),
    };
    if !may_read {
        return None;
    }
    let texts = Input::open(source).ok()?.texts("").ok()?;
    let found =
        texts.iter().find_map(|text| match manifest::as_secrets(&text.bytes).ok()?.into_iter().next()? {
            Document::Other(other) if other.is_sealed() => Some(other.name),
            Document::Other(_) | Document::Secret { .. } | Document::LeftOut { .. } => None,
        });
    found.map(|name| Problem::AlreadySealed { name, with_keys: options.with_keys })
}

/// What becomes one document of the output.
enum Part {
    Secret(Box<Secret>),
    /// Another kind, which stays as it is.
    Text(Zeroizing<String>),
}

/// YAML can carry other kinds beside the sealed ones; an input without any Secret is read as the reference reads
/// it, but for SealedSecrets, which are never sealed again.
///
/// `before`: how many lines stand before the text.
fn read(
    text: &[u8],
    format: &Format,
    only: bool,
    with_keys: bool,
    before: usize,
) -> Result<Vec<Part>, Problem> {
    if format.is_yaml() {
        let mut documents = manifest::documents(text).map_err(Problem::secrets)?;
        let has_secrets = documents.iter().any(|document| matches!(document, Document::Secret { .. }));
        if !only || has_secrets || documents.is_empty() {
            // A list without objects gives none.
            documents.retain(|document| !remarks::is_empty_list(document));
            let parts = documents.into_iter().map(|document| part(document, before));
            return parts.filter_map(Result::transpose).collect();
        }
    }
    let documents = manifest::as_secrets(text).map_err(Problem::secrets)?;
    let has_secrets = documents.iter().any(|document| matches!(document, Document::Secret { .. }));
    let parts = documents.into_iter().map(|document| match document {
        Document::Other(other) if other.is_list() => Err(Problem::List),
        Document::Other(_) if has_secrets => Err(Problem::OtherKinds { what: names::KIND.to_owned() }),
        Document::Other(other) => Err(Problem::AlreadySealed { name: other.name, with_keys }),
        document @ (Document::Secret { .. } | Document::LeftOut { .. }) => part(document, before),
    });
    parts.filter_map(Result::transpose).collect()
}

fn part(document: Document, before: usize) -> Result<Option<Part>, Problem> {
    Ok(Some(match document {
        Document::Secret { secret, remarks } => {
            remarks::tell(&secret, &remarks, before);
            Part::Secret(Box::new(secret))
        }
        Document::LeftOut { line } => {
            remarks::tell_left_out(before + line, "Secret");
            return Ok(None);
        }
        Document::Other(Other { kind, name, is_like_secret: true, .. }) => {
            return Err(Problem::LikeSecret { kind, name });
        }
        Document::Other(Other { kind, name, source, .. }) => {
            say(&format!("note: {kind} {name:?} is no Secret and stays as it is"));
            Part::Text(source)
        }
    }))
}

/// The output of a piece, its parts in their order.
fn piece(parts: Vec<Part>, format: &Format, sealer: &mut Sealer) -> Result<Zeroizing<String>, Problem> {
    let mut plain = Vec::new();
    let mut texts = Vec::new();
    for part in parts {
        texts.push(match part {
            Part::Secret(secret) => {
                plain.push(*secret);
                None
            }
            Part::Text(text) => Some(text),
        });
    }
    let mut objects = sealer.seal(plain)?.into_iter();
    let format = format.get()?;
    let mut out = Zeroizing::new(String::new());
    for text in texts {
        if let Some(text) = text {
            push(&mut out, &text);
        } else {
            let object = objects.next().expect("each Secret gives one SealedSecret");
            out.push_str(&manifest::write_sealed_secrets(slice::from_ref(&object), format));
        }
    }
    Ok(out)
}

/// Adds a document as it is, behind one separator: its own, where it has one.
pub(super) fn push(out: &mut String, text: &str) {
    out.push_str(if text.starts_with("---") { "" } else { "---\n" });
    out.push_str(text);
    out.push_str(if text.ends_with('\n') { "" } else { "\n" });
}

/// How far the pieces before this one reach: a piece knows only its own lines.
#[derive(Default, PartialEq)]
struct Place {
    lines: usize,
    documents: usize,
}

impl Place {
    fn pass(&mut self, text: &[u8], documents: usize) {
        self.lines += text.split(|byte| *byte == b'\n').count() - 1;
        self.documents += documents;
    }

    fn shift(&self, mut problem: Problem) -> Problem {
        if let Problem::NoSecrets(Some(error)) | Problem::Field(error) = &mut problem {
            error.document += self.documents;
            if let Some(place) = &mut error.place {
                place.line += self.lines;
            }
        }
        problem
    }
}

/// Small values grow some ten times when they are sealed, and are there as objects and as text at one moment.
const CHUNK: usize = 1 << 20;

#[cfg(test)]
mod tests {
    #[test]
    fn a_document_that_stays_gets_one_separator_and_one_line_end() {
        for text in ["a: 1", "a: 1\n", "---\na: 1", "--- # c\na: 1\n"] {
            let mut out = String::new();
            super::push(&mut out, text);
            assert_eq!(out.matches("---").count(), 1, "{out}");
            assert!(out.starts_with("---") && out.ends_with("a: 1\n"), "{out}");
        }
    }
}
