//! Secrets in, SealedSecrets out.

use std::{
    fs,
    io::{self, IsTerminal as _, Read},
    path::Path,
    slice,
};

use sealed_secrets_core::{
    Secret,
    manifest::{self, Document, Other},
    names,
};
use zeroize::Zeroizing;

use super::{
    chunks::Chunks,
    progress::Progress,
    remarks::{self, Origin},
    sealer::Sealer,
    sealing_key,
};
use crate::{
    args::Mode,
    input::Input,
    job::{Cert, Format, Sealing, Sink, Source},
    output::Spool,
    problem::{FileError, Problem},
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
    let streams = input.streams("a Secret in YAML or JSON")?;
    let several = streams.len() > 1;
    let mut work = Work {
        format,
        with_keys,
        several,
        sealer: Sealer::new(key, options),
        spool: Spool::new(output),
        progress: Progress::start("sealed"),
    };
    for (path, reader) in streams {
        work.stream(path.as_deref(), reader)
            .map_err(|problem| problem.inside(path.as_ref().filter(|_| several)))?;
    }
    let Work { sealer, spool, .. } = work;
    if sealer.count() == 0 {
        return Err(Problem::NoSecrets(None));
    }
    spool.finish()
}

/// What all pieces of all inputs share.
struct Work<'a> {
    format: &'a Format,
    with_keys: bool,
    several: bool,
    sealer: Sealer,
    spool: Spool,
    progress: Progress,
}

impl Work<'_> {
    /// Seals an input. Other kinds stay beside Secrets, and alone they are read as the reference reads them: pieces
    /// wait until a Secret tells which it is.
    fn stream(&mut self, path: Option<&Path>, reader: Box<dyn Read>) -> Result<(), Problem> {
        let failed = |error: io::Error| match path {
            Some(path) => Problem::File(FileError::read(path, &error)),
            None => Problem::Stdin(error),
        };
        let mut chunks = Chunks::new(reader, CHUNK);
        let mut place = Place { file: path.filter(|_| self.several), ..Place::default() };
        let mut seen = false;
        let mut held: Vec<Zeroizing<Vec<u8>>> = Vec::new();
        while let Some((text, last)) = chunks.next().map_err(failed)? {
            if last && held.is_empty() {
                return self.piece(&text, !seen, &mut place);
            }
            seen = seen || !self.format.is_yaml() || has_secrets(&text);
            if !seen {
                held.push(text);
                continue;
            }
            for text in held.drain(..) {
                self.piece(&text, false, &mut place)?;
            }
            self.piece(&text, false, &mut place)?;
        }
        if held.is_empty() { Ok(()) } else { self.piece(&joined(held), true, &mut place) }
    }

    /// Seals a piece; `only`: there is no other one.
    fn piece(&mut self, text: &[u8], only: bool, place: &mut Place<'_>) -> Result<(), Problem> {
        let origin = place.origin();
        let parts =
            read(text, self.format, only, self.with_keys, origin).map_err(|problem| place.shift(problem))?;
        place.pass(text);
        let piece = piece(parts, self.format, &mut self.sealer)?;
        self.spool.write(piece.as_bytes())?;
        self.progress.show(self.sealer.count(), None);
        Ok(())
    }
}

/// Whether a piece holds a Secret, or something broken, which is told when it is read again.
fn has_secrets(text: &[u8]) -> bool {
    manifest::documents(text).map_or(true, |documents| documents.iter().any(is_secret))
}

fn is_secret(document: &Document) -> bool {
    matches!(document, Document::Secret { .. })
}

fn joined(pieces: Vec<Zeroizing<Vec<u8>>>) -> Zeroizing<Vec<u8>> {
    // Sized once: a growing buffer would leave copies behind.
    let mut all = Zeroizing::new(Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum()));
    for piece in pieces {
        all.extend_from_slice(&piece);
    }
    all
}

/// Without a certificate nothing can be sealed; but what is sealed already needs another advice. The input is
/// looked at only where that cannot take long: files of ordinary length, or stdin beside private keys, which only
/// opening needs. A pipe that is opened a second time may never be written to.
fn sealed_already(source: &Source, options: &Sealing) -> Option<Problem> {
    let may_read = match source {
        Source::Files(paths) => paths.iter().all(|path| {
            fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MOST_LOOKED_AT)
        }),
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
fn read(
    text: &[u8],
    format: &Format,
    only: bool,
    with_keys: bool,
    origin: Origin<'_>,
) -> Result<Vec<Part>, Problem> {
    if format.is_yaml() {
        let mut documents = manifest::documents(text).map_err(Problem::secrets)?;
        let has_secrets = documents.iter().any(is_secret);
        if !only || has_secrets || documents.is_empty() {
            // A list without objects gives none.
            documents.retain(|document| !remarks::is_empty_list(document));
            let parts = documents.into_iter().map(|document| part(document, origin));
            return parts.filter_map(Result::transpose).collect();
        }
    }
    let documents = manifest::as_secrets(text).map_err(Problem::secrets)?;
    let has_secrets = documents.iter().any(is_secret);
    let parts = documents.into_iter().map(|document| match document {
        Document::Other(other) if other.is_list() => Err(Problem::List),
        Document::Other(_) if has_secrets => Err(Problem::OtherKinds { what: names::KIND.to_owned() }),
        Document::Other(other) => Err(Problem::AlreadySealed { name: other.name, with_keys }),
        document @ (Document::Secret { .. } | Document::LeftOut { .. }) => part(document, origin),
    });
    parts.filter_map(Result::transpose).collect()
}

fn part(document: Document, origin: Origin<'_>) -> Result<Option<Part>, Problem> {
    Ok(Some(match document {
        Document::Secret { secret, remarks } => {
            remarks::tell(&secret, &remarks, origin);
            Part::Secret(Box::new(secret))
        }
        Document::LeftOut { line } => {
            remarks::tell_left_out(line, "Secret", origin);
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
struct Place<'a> {
    /// Where there are several.
    file: Option<&'a Path>,
    lines: usize,
    documents: usize,
}

impl<'a> Place<'a> {
    fn origin(&self) -> Origin<'a> {
        Origin { file: self.file, before: self.lines }
    }

    fn pass(&mut self, text: &[u8]) {
        self.lines += text.split(|byte| *byte == b'\n').count() - 1;
        self.documents += manifest::document_count(text);
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

/// Far more than a SealedSecret may have in a cluster.
const MOST_LOOKED_AT: u64 = 16 << 20;
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
