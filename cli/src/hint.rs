//! What to do next: follows from the typed cause of a problem, never from its text.
//!
//! The reference's controller answers little, so a hint names the step that helps in most cases, and never a flag
//! that was given or has no effect on the task.

mod cluster;
mod objects;
mod source;

use std::path::Path;

use crate::{
    args::Mode,
    cluster::KubeconfigError,
    input::nearest_file,
    problem::{FileCause, FileError, Problem},
};

/// The next step, where there is one.
pub(crate) fn hint(problem: &Problem) -> Option<String> {
    let hint = match problem {
        Problem::FromFileWithoutRaw => {
            "--raw seals the contents of one file; a Secret is read with -f or from stdin"
        }
        Problem::SeveralFromFiles => "run kubeseal once for each value",
        Problem::FromFileIsStdin => "leave --from-file out: without it the value is read from stdin",
        Problem::RawWithoutName(_) => {
            "a strict value opens only in the Secret of this name; --scope namespace-wide needs none"
        }
        Problem::RawWithoutNamespace(_) | Problem::NoNamespace(KubeconfigError::Nothing(_)) => {
            "name the namespace with -n NAMESPACE; --scope cluster-wide needs none"
        }
        Problem::NoNamespace(error) => return Some(no_namespace(error)),
        Problem::Format(given) if given.contains(['.', '/']) => {
            return Some(format!("-o takes json or yaml; to write to a file: -w {given}"));
        }
        Problem::Format(_) => "-o takes json or yaml",
        Problem::Variable(_) => "correct the variable, or unset it",
        Problem::Shell(_) => "name one of bash, zsh, fish, powershell: kubeseal completion bash",
        Problem::Surplus { command, .. } => return Some(surplus(command)),
        Problem::Word { word, nearest } => {
            return Some(word_step(word, nearest.as_deref()));
        }
        Problem::Input(error) if is_pattern(error) => PATTERN_AS_INPUT,
        Problem::Input(error) => return file(error, FOLDER_AS_INPUT),
        Problem::File(error) => return file(error, "it is a folder: name a file in it"),
        Problem::SeveralInputs(..) => {
            "words behind the flags are no input where there are several: name each file with -f (--cert takes one name, --merge-into one input)"
        }
        Problem::NoFiles(_) => "files end in .yaml, .yml or .json; name others one by one with -f",
        Problem::Pattern(..) => "quote the name, or name the files one by one with -f",
        Problem::Spool(_) => {
            "long output waits in a temporary file: make room there, or name another folder with TMPDIR"
        }
        Problem::Stdin(_) => "name a file with -f",
        Problem::LongLine(_) => "put the value into a file, and name it with --from-file",
        Problem::Stdout(_) => "write to a file with -w",
        Problem::WouldLose(_) | Problem::MayLose(_) => "name another file with -w",
        Problem::Changed(_) => "run it again: it begins with what stands there now",
        Problem::NoSecrets(Some(error)) | Problem::NoSealedSecrets(Some(error)) | Problem::Field(error) => {
            return objects::decode(error);
        }
        Problem::NoSecrets(None) => {
            "the input should be a Secret, as `kubectl create secret … --dry-run=client -o yaml` prints it"
        }
        Problem::NoSealedSecrets(None) => "the input should be a SealedSecret, as kubeseal writes it",
        Problem::OtherKinds { .. } => {
            "-o yaml seals the Secrets and leaves everything else in its place; or give the Secrets alone"
        }
        Problem::LikeSecret { .. } => {
            "where a Secret is meant, write kind: Secret; what may be read by all goes into a file of its own"
        }
        Problem::List => "-o yaml seals each Secret of a list as a document of its own",
        Problem::AlreadySealed { with_keys: true, .. } => "to open it, add --recovery-unseal",
        Problem::AlreadySealed { with_keys: false, .. } => {
            "to open it: --recovery-unseal --recovery-private-key KEYS; to change a value, seal the new one with --merge-into FILE; to seal it to the latest key: --re-encrypt"
        }
        Problem::Seal { error, kind, .. } => return Some(objects::seal(error, kind.as_deref())),
        Problem::MergeOfSeveral(_) => "split the input and run kubeseal once for each target",
        Problem::MergeScope { .. } => {
            "leave --scope and the scope annotation out: the target's scope is used"
        }
        Problem::Target { path, error } => return objects::target(&path.display().to_string(), error),
        Problem::Unseal { error, .. } => return objects::unseal(error),
        Problem::NoPrivateKey => return Some(objects::no_key()),
        Problem::PrivateKey { error, .. } => return Some(objects::private_key(error)),
        Problem::Certificate { error, own } => return Some(objects::certificate(error, *own)),
        Problem::Url { error, .. } => source::url(error),
        Problem::Fetch { error, .. } => source::fetch(error),
        Problem::Cluster { mode, doing, error, seen } => return cluster::cluster(*mode, doing, error, seen),
        Problem::NotDecryptable(title) | Problem::NotRotatable(title) if title.namespace.is_empty() => {
            "the file names no namespace, and nearly every value is sealed for one: add metadata.namespace"
        }
        Problem::NotDecryptable(_) => {
            "it was sealed for another cluster, name, namespace or scope: seal it again from the Secret"
        }
        Problem::NotRotatable(_) => {
            "the controller cannot open it: --validate tells which file, then seal it again from the Secret"
        }
        Problem::Answer { .. } => {
            "something else than a controller may answer there: see --controller-name and --controller-namespace"
        }
        Problem::AnswerLacks { .. } => {
            "nothing is written, since items would be gone; the log of the controller may tell more"
        }
        Problem::NotASealedSecret { .. } => {
            "give the SealedSecret that kubeseal made of it; what is not sealed is sent nowhere, so that no value leaves this machine in the open"
        }
        Problem::Runtime(_) => "the system is out of something: memory, threads or open files",
        Problem::In { problem, .. } => return hint(problem),
        Problem::Several(_) | Problem::Interrupted => return None,
    };
    Some(hint.to_owned())
}

fn no_namespace(error: &KubeconfigError) -> String {
    match cluster::kubeconfig(error, Mode::Raw) {
        Some(step) => format!("name the namespace with -n NAMESPACE, or {step}"),
        None => "name the namespace with -n NAMESPACE".to_owned(),
    }
}

/// For a command with more words than it takes.
fn surplus(command: &str) -> String {
    match command {
        "completion" => "run `kubeseal completion SHELL`".to_owned(),
        command => format!("run `kubeseal {command}` alone; `kubeseal help` explains every flag"),
    }
}

/// A word that is neither a command nor a file.
fn word_step(word: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean {nearest}? A file is named with -f"),
        None if word.contains('.') => format!("check the name; a file is named with -f {word}"),
        None => {
            "the commands are help, version, completion SHELL and man; everything else is a flag".to_owned()
        }
    }
}

/// `instead`: what to do instead of naming a folder.
fn file(error: &FileError, instead: &str) -> Option<String> {
    match &error.cause {
        FileCause::Missing => Some(match nearest_file(&error.path) {
            Some(near) => format!("did you mean {}?", near.display()),
            None => format!("check the name: ls {} shows what is there", folder(&error.path).display()),
        }),
        FileCause::Denied => Some("see who may read and write it: ls -l".to_owned()),
        FileCause::Folder => Some(instead.to_owned()),
        FileCause::NoFolder => Some("a part of the path is a file".to_owned()),
        FileCause::Other(_) => None,
    }
}

/// The nearest folder of a path that is there.
fn folder(path: &Path) -> &Path {
    let above = path.ancestors().skip(1).find(|folder| folder.is_dir());
    above.unwrap_or(Path::new("."))
}

fn is_pattern(error: &FileError) -> bool {
    error.cause == FileCause::Missing && error.path.to_string_lossy().contains(['*', '?', '['])
}

const PATTERN_AS_INPUT: &str = "name each file with -f; patterns are taken by --validate, --re-encrypt and --recovery-unseal, where they find something";
const FOLDER_AS_INPUT: &str =
    "name a file in it; folders are taken by --validate, --re-encrypt and --recovery-unseal";

#[cfg(test)]
#[path = "hint_tests.rs"]
mod tests;
