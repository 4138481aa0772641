//! The decision: flags become one job, and after this nobody asks which flags were set.

use std::path::{Path, PathBuf};

use clap_complete::Shell;
use sealed_secrets_core::{Scope, manifest};

use crate::{
    args::{Args, Connection, Mode, help, is_yaml},
    problem::Problem,
};

/// What to do, with all that it needs.
#[derive(Debug, PartialEq)]
pub(crate) enum Job {
    Version,
    Help,
    Completion(Shell),
    /// For completion scripts: names of the kubeconfig.
    Names(Names),
    Man,
    Recover {
        keys: Vec<PathBuf>,
        input: Source,
        output: Sink,
        format: Format,
    },
    Validate {
        input: Source,
        controller: Controller,
    },
    /// Without an output, named files are rewritten in place; without a format, they keep theirs.
    ReEncrypt {
        input: Source,
        output: Option<Sink>,
        format: Option<Format>,
        controller: Controller,
    },
    FetchCert {
        cert: Cert,
        output: Sink,
        input: Source,
    },
    /// `unused` is a `-w` beside it, which the reference leaves empty. Without a format, the target keeps its own.
    MergeInto {
        target: PathBuf,
        input: Source,
        cert: Cert,
        format: Option<Format>,
        options: Sealing,
        unused: Sink,
    },
    SealRaw {
        value: Value,
        cert: Cert,
        output: Sink,
        options: Raw,
        input: Source,
    },
    Seal {
        input: Source,
        output: Sink,
        format: Format,
        cert: Cert,
        options: Sealing,
    },
}

/// Names that a kubeconfig holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Contexts,
    Namespaces,
}

/// Where the input comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// `-f FILE`, once or several times.
    Files(Vec<PathBuf>),
    /// stdin; when that has nothing, the arguments that name a file.
    Standard { words: Vec<String> },
}

/// Where the output goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sink {
    Stdout,
    File(PathBuf),
}

/// The output format; a name that is none is refused only when there is something to write.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Known(manifest::Format),
    Unknown(String),
}

impl Format {
    /// The format, or the reason why there is none.
    pub(crate) fn get(&self) -> Result<manifest::Format, Problem> {
        match self {
            Self::Known(format) => Ok(*format),
            Self::Unknown(name) => Err(Problem::Format(name.clone())),
        }
    }

    /// Whether documents are separated, so that other kinds can stay among the sealed ones.
    pub(crate) fn is_yaml(&self) -> bool {
        *self == Self::Known(manifest::Format::Yaml)
    }
}

/// Where the certificate comes from.
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cert {
    File(PathBuf),
    Url(String),
    Controller(Controller),
}

/// The controller's Service and the way to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Controller {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) connection: Connection,
}

/// How Secrets are sealed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sealing {
    pub(crate) scope: Scope,
    pub(crate) name: Option<String>,
    pub(crate) allow_empty: bool,
    /// Whether the command line names the scope.
    pub(crate) is_scope_given: bool,
    /// Whether private keys were given, as for opening.
    pub(crate) with_keys: bool,
    /// Names the namespace, or the kubeconfig that does.
    pub(crate) connection: Connection,
}

/// How one value is sealed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Raw {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) trim: bool,
    pub(crate) connection: Connection,
}

/// Where the value of `--raw` comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Stdin,
    File(PathBuf),
}

impl TryFrom<Args> for Job {
    type Error = Problem;

    fn try_from(args: Args) -> Result<Self, Problem> {
        if args.version {
            return Ok(Self::Version);
        }
        if args.help {
            return Ok(Self::Help);
        }
        if let Some(job) = text_job(&args)? {
            return Ok(job);
        }
        if !args.from_file.is_empty() && !args.raw {
            return Err(Problem::FromFileWithoutRaw);
        }
        match Mode::of(&args) {
            Mode::Recover => Ok(recover(args)),
            Mode::Validate => Ok(Self::Validate { input: sources(&args), controller: controller(&args) }),
            Mode::ReEncrypt => Ok(re_encrypt(&args)),
            Mode::FetchCert => {
                Ok(Self::FetchCert { cert: cert(&args), output: sink(&args), input: source(&args) })
            }
            Mode::MergeInto => Ok(merge_into(args)),
            Mode::Raw => seal_raw(args),
            Mode::Seal => Ok(seal(args)),
        }
    }
}

/// `kubeseal completion SHELL` and the like: only when no flag is given, since words are no commands elsewhere.
fn text_job(args: &Args) -> Result<Option<Job>, Problem> {
    if !args.given.is_empty() {
        return Ok(None);
    }
    Ok(match args.positionals.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["help"] => Some(Job::Help),
        ["version"] => Some(Job::Version),
        ["man"] => Some(Job::Man),
        [command @ ("help" | "version" | "man"), word, ..] | [command @ "completion", _, word, ..] => {
            return Err(Problem::Surplus { command: (*command).to_owned(), word: (*word).to_owned() });
        }
        ["completion"] => return Err(Problem::Shell(None)),
        ["completion", "contexts"] => Some(Job::Names(Names::Contexts)),
        ["completion", "namespaces"] => Some(Job::Names(Names::Namespaces)),
        ["completion", shell] => match help::shell(shell) {
            Some(shell) => Some(Job::Completion(shell)),
            None => return Err(Problem::Shell(Some((*shell).to_owned()))),
        },
        _ => None,
    })
}

impl Job {
    /// Whether it prints a text that is known beforehand, so that neither variables nor notes matter.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Help | Self::Version | Self::Completion(_) | Self::Names(_) | Self::Man)
    }
}

/// Words that stand for a task of their own.
pub(crate) const COMMANDS: &[&str] = &["help", "version", "completion", "man"];

fn recover(args: Args) -> Job {
    Job::Recover {
        input: sources(&args),
        output: sink(&args),
        format: format(&args),
        keys: args.recovery_private_key.into_iter().map(PathBuf::from).collect(),
    }
}

/// `--re-encrypt -f FILE` without `-w` rewrites FILE.
fn re_encrypt(args: &Args) -> Job {
    let output = (!args.sealed_secret_file.is_empty()).then(|| sink(args));
    Job::ReEncrypt { input: sources(args), output, format: asked_format(args), controller: controller(args) }
}

fn merge_into(args: Args) -> Job {
    Job::MergeInto {
        input: source(&args),
        cert: cert(&args),
        format: asked_format(&args),
        target: PathBuf::from(&args.merge_into),
        unused: sink(&args),
        options: sealing(args),
    }
}

fn seal_raw(args: Args) -> Result<Job, Problem> {
    let value = match args.from_file.as_slice() {
        [] => Value::Stdin,
        [file] if file == "-" => return Err(Problem::FromFileIsStdin),
        [file] => Value::File(PathBuf::from(file.split_once('=').map_or(file.as_str(), |(_, path)| path))),
        _ => return Err(Problem::SeveralFromFiles),
    };
    Ok(Job::SealRaw {
        value,
        cert: cert(&args),
        output: sink(&args),
        input: source(&args),
        options: Raw { scope: args.scope, name: args.name, trim: args.trim, connection: args.connection },
    })
}

fn seal(args: Args) -> Job {
    Job::Seal {
        input: source(&args),
        output: sink(&args),
        format: format(&args),
        cert: cert(&args),
        options: sealing(args),
    }
}

fn sealing(args: Args) -> Sealing {
    Sealing {
        is_scope_given: args.given.contains("scope"),
        scope: args.scope,
        name: some(args.name),
        allow_empty: args.allow_empty_data,
        with_keys: !args.recovery_private_key.is_empty(),
        connection: args.connection,
    }
}

fn source(args: &Args) -> Source {
    match args.secret_file.as_slice() {
        [] => Source::Standard { words: args.positionals.clone() },
        [file] if file == "-" => Source::Standard { words: Vec::new() },
        files => Source::Files(files.iter().map(|file| PathBuf::from(standard(file))).collect()),
    }
}

/// The same for modes that take many files: a pattern that the shell expanded leaves all but one behind `-f`.
fn sources(args: &Args) -> Source {
    match source(args) {
        Source::Files(mut files) => {
            files.extend(args.positionals.iter().map(PathBuf::from).filter(|path| path.exists()));
            Source::Files(files)
        }
        standard @ Source::Standard { .. } => standard,
    }
}

/// Stdin among several files.
fn standard(file: &str) -> &str {
    if file == "-" { "/dev/stdin" } else { file }
}

fn sink(args: &Args) -> Sink {
    match args.sealed_secret_file.as_str() {
        // Also where it is closed.
        "" | "/dev/stdout" => Sink::Stdout,
        file => Sink::File(PathBuf::from(file)),
    }
}

fn format(args: &Args) -> Format {
    asked_format(args).unwrap_or(Format::Known(manifest::Format::Json))
}

/// The extension of `-w` beats `-o`, whatever that says.
fn asked_format(args: &Args) -> Option<Format> {
    if is_yaml(Path::new(&args.sealed_secret_file)) {
        return Some(Format::Known(manifest::Format::Yaml));
    }
    match args.format.to_lowercase().as_str() {
        "" => None,
        "json" => Some(Format::Known(manifest::Format::Json)),
        "yaml" => Some(Format::Known(manifest::Format::Yaml)),
        _ => Some(Format::Unknown(args.format.clone())),
    }
}

fn controller(args: &Args) -> Controller {
    Controller {
        name: args.controller_name.clone(),
        namespace: args.controller_namespace.clone(),
        connection: args.connection.clone(),
    }
}

fn cert(args: &Args) -> Cert {
    match args.cert.as_str() {
        "" => Cert::Controller(controller(args)),
        text if is_url(text) => Cert::Url(text.to_owned()),
        file => Cert::File(PathBuf::from(file)),
    }
}

/// A scheme has two letters at least: one letter is a drive.
fn is_url(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
