//! What can go wrong on the command line, worded once; what to do next is in [`crate::hint`].

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sealed_secrets_core::{
    self as core,
    keys::{certificate::CertificateError, recovery::RecoveryError},
    manifest::DecodeError,
    merge::TargetError,
    seal::SealError,
    unseal::UnsealError,
};

use crate::{
    args::{Mode, Refused},
    cert_source::{FetchError, UrlError},
    cluster::{Alike, ClusterError, KubeconfigError, Masked},
};

/// An error that ends the program with code 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("--from-file requires --raw")]
    FromFileWithoutRaw,
    #[error("must provide only one --from-file when encrypting a single item with --raw")]
    SeveralFromFiles,
    #[error("open -: no such file or directory")]
    FromFileIsStdin,
    #[error("must provide the --name flag with --raw and --scope {0}")]
    RawWithoutName(core::Scope),
    #[error("must provide the --namespace flag with --raw and --scope {0}")]
    RawWithoutNamespace(core::Scope),
    /// The kubeconfig that would name the namespace is missing or broken.
    #[error(transparent)]
    NoNamespace(KubeconfigError),
    #[error("unsupported output format: {0}")]
    Format(String),
    #[error(transparent)]
    Variable(Refused),
    /// A command is followed by more words than it takes.
    #[error("kubeseal {command} takes no word {:?}", Masked::from(word.as_str()))]
    Surplus { command: String, word: String },
    #[error("{}", .0.as_ref().map_or_else(|| "completion needs the name of a shell".to_owned(), |shell| format!("there is no completion for {shell:?}")))]
    Shell(Option<String>),
    #[error("{word:?} is neither a command nor a file")]
    Word { word: String, nearest: Option<String> },

    #[error("Could not read file specified with --secret-file: {}", .0.bare())]
    Input(FileError),
    #[error("{0} and {1} are both files, and only one can be the input")]
    SeveralInputs(String, String),
    #[error("{0}: there is no YAML or JSON file")]
    NoFiles(String),
    #[error("{0}: not a pattern: {1}")]
    Pattern(String, &'static str),
    #[error("{0}")]
    File(FileError),
    #[error("cannot keep the output until it is complete: {}", reason(.0))]
    Spool(#[source] io::Error),
    #[error("cannot read stdin: {}", reason(.0))]
    Stdin(#[source] io::Error),
    #[error("cannot write to stdout: {}", reason(.0))]
    Stdout(#[source] io::Error),
    #[error("{0} holds ciphertexts that would be gone: nothing is written")]
    WouldLose(String),
    #[error("{0} cannot be read, and may hold ciphertexts that would be gone: nothing is written")]
    MayLose(String),
    #[error("{0} was changed by something else after it was read: nothing is written to it")]
    Changed(String),
    #[error("the value is longer than the {0} bytes that a terminal passes on in one line, and would be cut")]
    LongLine(usize),
    /// The keys that end a program, pressed at a prompt.
    #[error("interrupted")]
    Interrupted,

    #[error("no secrets found{}{}", encoding(.0.as_ref()), detail(.0.as_ref()))]
    NoSecrets(Option<DecodeError>),
    #[error("no sealed secrets found in the input{}", detail(.0.as_ref()))]
    NoSealedSecrets(Option<DecodeError>),
    #[error("{0}")]
    Field(DecodeError),
    #[error("the input holds {what} beside Secrets, which -o json cannot carry")]
    OtherKinds { what: String },
    #[error("{kind} {name:?} has the shape of a Secret and would be written unsealed")]
    LikeSecret { kind: String, name: String },
    #[error("secret.data is empty in input Secret: the input is a list")]
    List,
    /// `with_keys`: private keys were given, so it was to be opened.
    #[error("the input is sealed already: SealedSecret {name:?}")]
    AlreadySealed { name: String, with_keys: bool },
    /// `kind`: what the input is, where it is no Secret.
    #[error("{error}{}{}", this_is(.kind.as_deref()), no_namespace(.kubeconfig.as_deref()))]
    Seal { error: SealError, kind: Option<String>, kubeconfig: Option<Arc<KubeconfigError>> },
    #[error("the input has {count} documents, and --merge-into takes one Secret at a time", count = .0)]
    MergeOfSeveral(usize),
    #[error(
        "the target of --merge-into is {theirs}, and the new items would be {ours}: they could not be opened there"
    )]
    MergeScope { ours: core::Scope, theirs: core::Scope },
    #[error("{}: {error}", path.display())]
    Target { path: PathBuf, error: TargetError },
    #[error("{}{error}", of_object(.name))]
    Unseal { name: String, error: UnsealError },
    #[error("no key could decrypt secret: no private key was given")]
    NoPrivateKey,
    #[error("no key could decrypt secret: {}: {error}", path.display())]
    PrivateKey { path: PathBuf, error: RecoveryError },

    /// `own`: it came from --cert.
    #[error("{error}")]
    Certificate { error: CertificateError, own: bool },
    #[error("parse {url:?}: {error}")]
    Url {
        url: Masked,
        #[source]
        error: UrlError,
    },
    #[error("cannot fetch {url:?}: {error}")]
    Fetch {
        url: Masked,
        #[source]
        error: FetchError,
    },

    #[error("{}", asking(.doing, .error))]
    Cluster { mode: Mode, doing: Doing, error: ClusterError, seen: Vec<Alike> },
    #[error("unable to decrypt sealed secret: {}{}", .0.name, .0.place())]
    NotDecryptable(Title),
    #[error("unable to rotate secret: {}{}", .0.name, .0.place())]
    NotRotatable(Title),
    #[error("cannot re-encrypt secret: {}: the controller's answer is not a SealedSecret: {error}", .title)]
    Answer { title: Title, error: DecodeError },
    #[error("cannot re-encrypt secret: {title}: the controller's answer lacks {items}")]
    AnswerLacks { title: Title, items: String },
    /// In the words of the reference for an unknown kind.
    #[error("no kind {kind:?} is registered: the input holds {what}, and not a SealedSecret")]
    NotASealedSecret { kind: String, what: String },
    #[error("cannot start: {0}")]
    Runtime(io::Error),

    /// Something in one of several files.
    #[error("{}: {problem}", path.display())]
    In { path: PathBuf, problem: Box<Problem> },
    /// All that failed, each told.
    #[error("{} problems", .0.len())]
    Several(Vec<Problem>),
}

/// What was asked of the cluster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Doing {
    FindService,
    FetchCertificate,
    Validate(Option<Title>),
    ReEncrypt(Option<Title>),
}

/// Name and namespace of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Title {
    pub(crate) name: String,
    pub(crate) namespace: String,
}

impl Title {
    /// What to say behind the name.
    fn place(&self) -> String {
        match self.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" (namespace {namespace:?})"),
        }
    }
}

/// `namespace/name`, as far as it has them.
impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.namespace, self.name)
        }
    }
}

/// A file that cannot be opened, read or written, in the words that scripts know.
#[derive(Debug)]
pub(crate) struct FileError {
    pub(crate) path: PathBuf,
    pub(crate) doing: &'static str,
    pub(crate) cause: FileCause,
}

/// Why.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FileCause {
    Missing,
    Denied,
    Folder,
    NoFolder,
    Other(String),
}

impl FileError {
    pub(crate) fn open(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_owned(), doing: "open", cause: FileCause::of(error) }
    }

    pub(crate) fn read(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_owned(), doing: "read", cause: FileCause::of(error) }
    }

    pub(crate) fn write(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_owned(), doing: "write", cause: FileCause::of(error) }
    }

    /// Without what was done.
    fn bare(&self) -> String {
        format!("{}: {}", self.path.display(), self.cause)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.doing, self.bare())
    }
}

impl FileCause {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::IsADirectory => Self::Folder,
            io::ErrorKind::NotADirectory => Self::NoFolder,
            _ => Self::Other(reason(error)),
        }
    }
}

impl fmt::Display for FileCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no such file or directory",
            Self::Denied => "permission denied",
            Self::Folder => "is a directory",
            Self::NoFolder => "not a directory",
            Self::Other(reason) => reason,
        })
    }
}

impl Problem {
    /// A file that could not be opened.
    pub(crate) fn open(path: &Path, error: &io::Error) -> Self {
        Self::File(FileError::open(path, error))
    }

    /// A file that could be opened and not read.
    pub(crate) fn read(path: &Path, error: &io::Error) -> Self {
        Self::File(FileError::read(path, error))
    }

    /// Secrets that cannot be read: as a whole, or in one field.
    pub(crate) fn secrets(error: DecodeError) -> Self {
        if error.path.is_empty() { Self::NoSecrets(Some(error)) } else { Self::Field(error) }
    }

    /// The same for SealedSecrets.
    pub(crate) fn sealed_secrets(error: DecodeError) -> Self {
        if error.path.is_empty() { Self::NoSealedSecrets(Some(error)) } else { Self::Field(error) }
    }

    /// Names the file, where there are several.
    pub(crate) fn inside(self, path: Option<&PathBuf>) -> Self {
        match path {
            Some(path) => Self::In { path: path.clone(), problem: Box::new(self) },
            None => self,
        }
    }

    /// One problem or several; `Ok` for none.
    pub(crate) fn all(mut problems: Vec<Self>) -> Result<(), Self> {
        match problems.len() {
            0 => Ok(()),
            1 => Err(problems.remove(0)),
            _ => Err(Self::Several(problems)),
        }
    }
}

fn detail(error: Option<&DecodeError>) -> String {
    error.map(|error| format!(": {error}")).unwrap_or_default()
}

/// The reference's words where nothing better is known, or where the encoding is at fault.
fn encoding(error: Option<&DecodeError>) -> &'static str {
    match error.map(|error| &error.problem) {
        None | Some(core::manifest::Problem::Encoding | core::manifest::Problem::Utf16WithoutMark) => {
            ". Ensure the input is valid and UTF-8 encoded"
        }
        Some(_) => "",
    }
}

fn this_is(kind: Option<&str>) -> String {
    kind.map(|kind| format!(": this is a {kind}, and no Secret")).unwrap_or_default()
}

fn no_namespace(kubeconfig: Option<&KubeconfigError>) -> String {
    kubeconfig.map(|error| format!(", and the kubeconfig gives none: {error}")).unwrap_or_default()
}

fn of_object(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("SealedSecret {name:?}: ") }
}

fn asking(doing: &Doing, error: &ClusterError) -> String {
    let titled = |title: &Option<Title>| title.as_ref().map(|title| format!("{title}: ")).unwrap_or_default();
    match (error, doing) {
        (ClusterError::Config(_), _) => error.to_string(),
        (_, Doing::FindService) => format!("cannot get sealed secret service: {error}"),
        (_, Doing::FetchCertificate) => format!("cannot fetch certificate: {error}"),
        (_, Doing::Validate(title)) => format!("cannot validate sealed secret: {}{error}", titled(title)),
        (_, Doing::ReEncrypt(title)) => format!("cannot re-encrypt secret: {}{error}", titled(title)),
    }
}

/// The system's reason, in the same words on every platform.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    }
}
