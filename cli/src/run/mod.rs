//! One function for each job: the only place where the order of reading, asking and writing is decided.

mod chunks;
mod merge;
mod parallel;
mod progress;
mod prompt;
mod raw;
mod recover;
mod remarks;
mod remote;
mod screen;
mod seal;
mod sealer;

use std::{
    collections::HashSet,
    fmt::{self, Write as _},
};

use jiff::Timestamp;
use sealed_secrets_core::{
    SealingKey,
    manifest::{self, Entry, Format, Other},
};
use zeroize::Zeroizing;

use crate::{
    args::{Mode, help},
    cert_source, cluster,
    input::Input,
    job::{Cert, Job, Sink, Source},
    output,
    problem::Problem,
    style,
};

/// Does what was asked.
pub(crate) fn run(job: Job) -> Result<(), Problem> {
    match job {
        Job::Version => output::stdout(VERSION.as_bytes()),
        Job::Help => output::stdout(help::help(screen::width(), style::on_stdout()).as_bytes()),
        Job::Names(names) => output::stdout(cluster::names(names).as_bytes()),
        Job::Completion(shell) => output::stdout(&help::completion(shell)),
        Job::Man => output::stdout(&help::man_page().map_err(Problem::Runtime)?),
        Job::FetchCert { cert, output, input } => fetch_cert(&cert, &output, &input),
        Job::Seal { input, output, format, cert, options } => {
            seal::seal(&input, &output, &format, &cert, options)
        }
        Job::SealRaw { value, cert, output, options, input } => {
            raw::seal(&value, &cert, &output, &options, &input)
        }
        Job::Validate { input, controller } => remote::validate(&input, &controller),
        Job::ReEncrypt { input, output, format, controller } => {
            remote::re_encrypt(&input, output.as_ref(), format.as_ref(), &controller)
        }
        Job::Recover { keys, input, output, format } => recover::recover(&keys, &input, &output, &format),
        Job::MergeInto { target, input, cert, format, options, unused } => {
            merge::merge_into(&target, &input, &cert, format.as_ref(), options, &unused)
        }
    }
}

/// Copies the certificate as it is: checking it is for the one who seals with it.
fn fetch_cert(cert: &Cert, output: &Sink, input: &Source) -> Result<(), Problem> {
    // The reference opens the file of -f even here, and scripts may count on a wrong name being found.
    let input = Input::open(input)?;
    output.check()?;
    output::keep_ciphertexts(&input, output)?;
    output::keep_all_ciphertexts(output, false)?;
    output.write(&cert_source::read(cert, Mode::FetchCert)?)
}

/// The certificate as a key that seals.
fn sealing_key(cert: &Cert, mode: Mode) -> Result<SealingKey, Problem> {
    let own = !matches!(cert, Cert::Controller(_));
    let pem = cert_source::read(cert, mode)?;
    SealingKey::from_pem(&pem, Timestamp::now()).map_err(|error| Problem::Certificate { error, own })
}

/// The problem of an input without any SealedSecret.
fn not_sealed(entries: &[Entry]) -> Problem {
    let kind = |entry: &Entry| match entry {
        Entry::Sealed { .. } | Entry::LeftOut { .. } => None,
        Entry::Other(other) => Some(other.kind.clone()),
    };
    let kinds: Vec<_> = entries.iter().filter_map(kind).collect();
    match kinds.first() {
        None => Problem::NoSealedSecrets(None),
        Some(first) => {
            let mut seen = HashSet::new();
            let what: Vec<_> =
                kinds.iter().filter(|kind| seen.insert(*kind)).map(|kind| format!("a {kind}")).collect();
            Problem::NotASealedSecret { kind: first.clone(), what: what.join(", ") }
        }
    }
}

/// Adds an object of another kind as it stands: YAML behind one separator, its own where it has one.
///
/// It may hold values in the open: the text grows without leaving a copy behind.
fn push_other(out: &mut Zeroizing<String>, other: &Other, format: Format) -> Result<(), Problem> {
    match format {
        Format::Json => {
            // Ended, so that a block scalar at the end keeps its line end.
            let mut source = Zeroizing::new(String::with_capacity(other.source.len() + 1));
            source.push_str(&other.source);
            source.push('\n');
            let value = manifest::yaml_to_json(source.as_bytes()).map_err(Problem::sealed_secrets)?;
            let mut length = Length(1);
            let _ = write!(length, "{value:#}");
            grow(out, length.0);
            let _ = writeln!(**out, "{value:#}");
        }
        Format::Yaml => {
            grow(out, other.source.len() + "---\n\n".len());
            seal::push(out, &other.source);
        }
    }
    Ok(())
}

/// Makes room without leaving a copy of the text behind.
fn grow(text: &mut Zeroizing<String>, more: usize) {
    if text.capacity() - text.len() < more {
        let mut larger = Zeroizing::new(String::with_capacity((text.len() + more) * 2));
        larger.push_str(text);
        *text = larger;
    }
}

/// Counts the bytes that are written.
struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// What scripts look for is the text before the number.
const VERSION: &str = concat!("kubeseal version: v", env!("CARGO_PKG_VERSION"), "\n");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_block_scalar_at_the_end_keeps_its_line_end() {
        for source in ["a: |\n  x", "a: |\n  x\n"] {
            let other = Other {
                kind: "K".into(),
                name: String::new(),
                source: source.to_owned().into(),
                is_like_secret: false,
                unknown: Vec::new(),
            };
            let mut out = Zeroizing::new(String::new());
            push_other(&mut out, &other, Format::Json).unwrap();
            assert_eq!(out.as_str(), "{\n  \"a\": \"x\\n\"\n}\n");
        }
    }

    /// Dense JSON grows many times when it is laid out: a buffer that had to grow would leave a copy behind.
    #[test]
    fn room_is_made_for_all_of_a_text_before_it_is_written() {
        let source = format!("{{\"a\":{}1{}}}", "[".repeat(60), "]".repeat(60));
        let other = Other {
            kind: "List".into(),
            name: String::new(),
            source: source.into(),
            is_like_secret: false,
            unknown: Vec::new(),
        };
        for format in [Format::Json, Format::Yaml] {
            let mut out = Zeroizing::new(String::new());
            push_other(&mut out, &other, format).unwrap();
            // Twice the room that is wanted: a text that grew by itself would hardly have that.
            assert!(out.capacity() >= out.len() * 2, "{} of {}", out.len(), out.capacity());
        }
    }
}
