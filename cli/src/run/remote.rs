//! Jobs that the controller does: validate and re-encrypt, one object at a time.

use std::path::{Path, PathBuf};

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Entry, Format as Text, Other},
    merge::{self, Layout},
};
use zeroize::Zeroizing;

use super::{
    progress::Progress,
    remarks::{self, Origin},
};
use crate::{
    args::{Mode, is_yaml},
    cluster::Session,
    input::{Input, is_same},
    job::{Controller, Format, Sink, Source},
    output,
    problem::{Problem, Title},
    report::say,
};

/// Asks the controller whether it can open every SealedSecret of the input.
pub(super) fn validate(input: &Source, controller: &Controller) -> Result<(), Problem> {
    let is_named = matches!(input, Source::Files(_));
    let input = Input::open_many(input)?;
    let session = Session::open(controller, Mode::Validate);
    if session.is_err() && !is_named {
        return session.map(drop);
    }
    // What can be seen without a cluster is said also where there is none.
    let texts = read(input)?;
    let session = session?;
    let total = texts.iter().map(|text| text.sealed().count()).sum();
    let (mut problems, mut done) = (Vec::new(), 0);
    let mut progress = Progress::start("checked");
    for text in &texts {
        let file = text.path.as_ref().filter(|_| texts.len() > 1);
        let before = problems.len();
        for sealed in text.sealed() {
            progress.show(done, Some(total));
            done += 1;
            match session.verify(&title(sealed), json(sealed)) {
                Ok(()) => {}
                Err(problem) if is_general(&problem) => {
                    problems.push(problem.inside(file));
                    return Problem::all(problems);
                }
                Err(problem) => problems.push(problem.inside(file)),
            }
        }
        if let Some(path) = file.filter(|_| problems.len() == before) {
            say(&format!("{}: valid", path.display()));
        }
    }
    drop(progress);
    Problem::all(problems)
}

/// Has the controller seal every SealedSecret of the input anew.
pub(super) fn re_encrypt(
    input: &Source,
    output: Option<&Sink>,
    format: Option<&Format>,
    controller: &Controller,
) -> Result<(), Problem> {
    let input = Input::open_many(input)?;
    let sink = output.unwrap_or(&Sink::Stdout);
    sink.check()?;
    let session = Session::open(controller, Mode::ReEncrypt)?;
    let texts = read(input)?;
    let total = texts.iter().map(|text| text.sealed().count()).sum();
    let mut progress = Progress::start("sealed");
    let (mut problems, mut done, mut written) = (Vec::new(), 0, Zeroizing::new(String::new()));
    for text in &texts {
        let file = text.path.as_ref().filter(|_| texts.len() > 1);
        let mut answers = Vec::new();
        let before = problems.len();
        for sealed in text.sealed() {
            progress.show(done, Some(total));
            done += 1;
            match rotate(&session, sealed) {
                Ok(answer) => answers.push(answer),
                Err(problem) if is_general(&problem) => {
                    problems.push(problem.inside(file));
                    return Problem::all(problems);
                }
                Err(problem) => problems.push(problem.inside(file)),
            }
        }
        if problems.len() > before {
            continue;
        }
        // A file that is rewritten is done when its own objects are; what goes elsewhere waits for the others.
        let is_own = |path: &&PathBuf| match output {
            None => true,
            Some(Sink::Stdout) => false,
            Some(Sink::File(output)) => texts.len() == 1 && is_same(output, path),
        };
        let in_place = text.path.as_ref().filter(is_own);
        if let Some(path) = in_place {
            if let Err(problem) = rewrite(path, text, &answers, format) {
                problems.push(problem.inside(file));
            }
        } else {
            anew(&mut written, &text.entries, &answers, known(format)?)?;
        }
    }
    drop(progress);
    Problem::all(problems)?;
    match texts.iter().all(|text| text.path.is_some()) && output.is_none() {
        true => Ok(()),
        false if written.is_empty() => Ok(()),
        // A Secret among the others is copied as it stands.
        false if texts.iter().any(Read::may_hold_plaintext) => sink.write_plaintext(written.as_bytes()),
        false => sink.write(written.as_bytes()),
    }
}

fn known(format: Option<&Format>) -> Result<Text, Problem> {
    format.map_or(Ok(Text::Json), Format::get)
}

/// Puts new ciphertexts into a file, and leaves everything else in it as it is.
fn rewrite(path: &Path, text: &Read, answers: &[Answer], format: Option<&Format>) -> Result<(), Problem> {
    let by_name = is_yaml(path).then_some(Text::Yaml);
    let format = match by_name {
        Some(format) => Some(format),
        None => format.map(Format::get).transpose()?,
    };
    let current: Vec<_> = text.sealed().cloned().collect();
    // What is kept stays as it stands, down to fields that an answer would lack.
    let next = |(old, answer): (&SealedSecret, &Answer)| {
        if answer.is_kept { old.clone() } else { answer.object.clone() }
    };
    let wanted: Vec<_> = current.iter().zip(answers).map(next).collect();
    let merged = merge::replaced(&text.bytes, &current, &wanted, format).map_err(Problem::sealed_secrets)?;
    if let Layout::Rewritten(obstacle) = merged.layout {
        say(&format!(
            "note: an object in {} is written anew, with the comments that can be kept: {obstacle}",
            path.display()
        ));
    }
    if merged.text.as_bytes() == &**text.bytes {
        return Ok(());
    }
    output::replace_unchanged(path, &text.bytes, merged.text.as_bytes())
}

/// Adds the entries of an input with new ciphertexts; other kinds as they stand.
fn anew(
    out: &mut Zeroizing<String>,
    entries: &[Entry],
    answers: &[Answer],
    format: Text,
) -> Result<(), Problem> {
    let mut answers = answers.iter();
    for entry in entries {
        match entry {
            Entry::Sealed { .. } => {
                let answer = answers.next().map(|answer| std::slice::from_ref(&answer.object));
                let text = manifest::write_sealed_secrets(answer.unwrap_or_default(), format);
                super::grow(out, text.len());
                out.push_str(&text);
            }
            Entry::Other(other) => super::push_other(out, other, format)?,
            Entry::LeftOut { .. } => {}
        }
    }
    Ok(())
}

/// What becomes of an object.
struct Answer {
    object: SealedSecret,
    /// It has the ciphertexts that it had: the controller says that they are on the newest key.
    is_kept: bool,
}

fn rotate(session: &Session, old: &SealedSecret) -> Result<Answer, Problem> {
    let title = title(old);
    let answer = session.rotate(&title, json(old))?;
    let new = manifest::sealed_secret(&answer.body)
        .map_err(|error| Problem::Answer { title: title.clone(), error })?;
    let mut new = without_server_fields(with_template(new, old));
    if answer.was_newest {
        new.spec.encrypted_data.clone_from(&old.spec.encrypted_data);
        new.spec.data.clone_from(&old.spec.data);
        return Ok(Answer { object: new, is_kept: true });
    }
    let is_sealed = |text: &String| !text.is_empty();
    let lacks: Vec<_> = old
        .spec
        .encrypted_data
        .keys()
        .filter(|item| !new.spec.encrypted_data.get(*item).is_some_and(is_sealed))
        .collect();
    if lacks.is_empty() {
        return Ok(Answer { object: new, is_kept: false });
    }
    let items = lacks.into_iter().cloned().collect::<Vec<_>>().join(", ");
    Err(Problem::AnswerLacks { title, items })
}

/// The reference's controller renders templates into items and drops them: only ciphertexts are to change.
fn with_template(mut new: SealedSecret, old: &SealedSecret) -> SealedSecret {
    if !old.spec.template.data.is_empty() && new.spec.template.data.is_empty() {
        new.spec.encrypted_data.retain(|item, _| old.spec.encrypted_data.contains_key(item));
        new.spec.template = old.spec.template.clone();
    }
    new
}

/// What a server says of its own copy has no place in a file.
fn without_server_fields(mut sealed: SealedSecret) -> SealedSecret {
    sealed.metadata.creation_timestamp = None;
    sealed.metadata.deletion_timestamp = None;
    sealed.metadata.generation = None;
    sealed
}

/// A text of the input with what it holds.
struct Read {
    path: Option<PathBuf>,
    bytes: Zeroizing<Vec<u8>>,
    entries: Vec<Entry>,
}

impl Read {
    fn sealed(&self) -> impl Iterator<Item = &SealedSecret> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Sealed { object, .. } => Some(object),
            Entry::Other(_) | Entry::LeftOut { .. } => None,
        })
    }

    fn may_hold_plaintext(&self) -> bool {
        self.entries.iter().any(|entry| match entry {
            Entry::Sealed { .. } | Entry::LeftOut { .. } => false,
            Entry::Other(other) => other.is_like_secret,
        })
    }
}

/// The texts of the input that hold SealedSecrets, with what can be seen to be wrong with them. Files that were
/// named must hold one; an input of other kinds only is refused, since it may hold values in the open.
fn read(input: Input) -> Result<Vec<Read>, Problem> {
    let texts = input.texts("a SealedSecret in YAML or JSON")?;
    let several = texts.len() > 1;
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for text in texts {
        let file = text.path.as_ref().filter(|_| several);
        let entries = match manifest::entries(&text.bytes, false) {
            Ok(entries) => entries,
            Err(error) => {
                problems.push(Problem::sealed_secrets(error).inside(file));
                continue;
            }
        };
        if !entries.iter().any(|entry| matches!(entry, Entry::Sealed { .. })) {
            if text.found {
                tell_in_the_open(&entries, text.path.as_ref());
            } else {
                problems.push(super::not_sealed(&entries).inside(file));
            }
            continue;
        }
        tell_findings(&entries, file);
        read.push(Read { path: text.path, bytes: text.bytes, entries });
    }
    Problem::all(problems)?;
    if read.is_empty() { Err(Problem::NoSealedSecrets(None)) } else { Ok(read) }
}

/// A Secret beside SealedSecrets is about to be committed with them; other kinds have every right to be there.
fn tell_in_the_open(entries: &[Entry], file: Option<&PathBuf>) {
    let file = file.map(|path| format!("{}: ", path.display())).unwrap_or_default();
    for entry in entries {
        if let Entry::Other(Other { kind, name, is_like_secret: true, .. }) = entry
            && kind.eq_ignore_ascii_case("Secret")
        {
            say(&format!("warning: {file}{kind} {name:?} is not sealed: all who see the file can read it"));
        }
    }
}

fn tell_findings(entries: &[Entry], file: Option<&PathBuf>) {
    let origin = Origin { file: file.map(PathBuf::as_path), before: 0 };
    let file = file.map(|path| format!("{}: ", path.display())).unwrap_or_default();
    for entry in entries {
        match entry {
            Entry::Sealed { object, findings } => {
                for finding in findings {
                    say(&format!("warning: {file}{}: {finding}", title(object)));
                }
            }
            Entry::Other(Other { kind, name, .. }) => {
                say(&format!("note: {file}{kind} {name:?} is no SealedSecret and is not sent"));
            }
            Entry::LeftOut { line } => remarks::tell_left_out(*line, "SealedSecret", origin),
        }
    }
}

/// Whether the next object would fail in the same way.
fn is_general(problem: &Problem) -> bool {
    matches!(problem, Problem::Cluster { error, .. } if error.is_general())
}

fn json(sealed: &SealedSecret) -> Vec<u8> {
    manifest::write_sealed_secrets(std::slice::from_ref(sealed), Text::Json).into_bytes()
}

fn title(sealed: &SealedSecret) -> Title {
    Title { name: sealed.name().to_owned(), namespace: sealed.namespace().to_owned() }
}
