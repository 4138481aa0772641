//! Secrets in, SealedSecrets out.

use std::{
    io::{self, IsTerminal as _},
    slice,
    time::{Duration, Instant},
};

use sealed_secrets_core::{
    Secret,
    manifest::{self, Document},
};
use zeroize::Zeroizing;

use super::{chunks::Chunks, sealer::Sealer, sealing_key};
use crate::{
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
    let input = Input::open(input)?;
    output.check()?;
    let mut sealer = Sealer::new(sealing_key(cert)?, options);
    let mut chunks = Chunks::new(input.stream("a Secret in YAML or JSON")?, CHUNK);
    let mut spool = Spool::new(output);
    let mut progress = Progress::start();
    let mut place = Place::default();
    while let Some((text, last)) = chunks.next().map_err(|error| Problem::Stdin(reason(&error)))? {
        let only = last && place == Place::default();
        let parts = read(&text, format, only).map_err(|problem| place.shift(problem))?;
        place.pass(&text, parts.len());
        drop(text);
        spool.write(piece(parts, format, &mut sealer)?.as_bytes())?;
        progress.show(sealer.count());
    }
    progress.end();
    if sealer.count() == 0 {
        return Err(Problem::NoSecrets(None));
    }
    spool.finish()
}

/// What becomes one document of the output.
enum Part {
    Secret(Box<Secret>),
    /// Another kind, which stays as it is.
    Text(Zeroizing<String>),
}

/// YAML can carry other kinds beside the sealed ones; an input without any Secret is read as the reference reads it.
fn read(text: &[u8], format: &Format, only: bool) -> Result<Vec<Part>, Problem> {
    if format.is_yaml() {
        let documents = manifest::documents(text).map_err(Problem::secrets)?;
        if !only || documents.iter().any(|document| matches!(document, Document::Secret(_))) {
            return Ok(documents.into_iter().map(part).collect());
        }
    }
    let secrets = manifest::secrets(text).map_err(Problem::secrets)?;
    Ok(secrets.into_iter().map(|secret| Part::Secret(Box::new(secret))).collect())
}

fn part(document: Document) -> Part {
    match document {
        Document::Secret(secret) => Part::Secret(Box::new(secret)),
        Document::Other { kind, name, source } => {
            say(&format!("note: {kind} {name:?} is no Secret and stays as it is"));
            Part::Text(source)
        }
    }
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
fn push(out: &mut String, text: &str) {
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

/// Tells a person at a terminal how far long work is.
struct Progress {
    started: Instant,
    shown: bool,
}

impl Progress {
    fn start() -> Self {
        Self { started: Instant::now(), shown: false }
    }

    fn show(&mut self, count: usize) {
        if self.started.elapsed() > PATIENCE && io::stderr().is_terminal() {
            eprint!("\rsealed {count} secrets");
            self.shown = true;
        }
    }

    fn end(&self) {
        if self.shown {
            eprintln!();
        }
    }
}

/// Small values grow some ten times when they are sealed, and are there as objects and as text at one moment.
const CHUNK: usize = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(1);

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
