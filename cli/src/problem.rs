//! What can go wrong on the command line, worded once, each with the next step where there is one.

use std::{io, path::Path};

use sealed_secrets_core::{self as core, manifest::DecodeError};

use crate::cluster::Alike;

/// An error that ends the program with code 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("--from-file requires --raw")]
    FromFileWithoutRaw,
    #[error("must provide only one --from-file when encrypting a single item with --raw")]
    SeveralFromFiles,
    #[error("must provide the --name flag with --raw and --scope {0}")]
    RawWithoutName(core::Scope),
    #[error("must provide the --namespace flag with --raw and --scope {0}")]
    RawWithoutNamespace(core::Scope),
    #[error("unsupported output format: {0}")]
    Format(String),

    #[error("Could not read file specified with --secret-file: {0}")]
    Input(String),
    #[error("{0} and {1} are both files, and only one can be the input")]
    SeveralInputs(String, String),
    #[error("{0}")]
    File(String),
    #[error("cannot read stdin: {0}")]
    Stdin(String),
    #[error("cannot write to stdout: {0}")]
    Stdout(String),

    #[error("no secrets found. Ensure the input is valid and UTF-8 encoded{}", detail(.0.as_ref()))]
    NoSecrets(Option<DecodeError>),
    #[error("no sealed secrets found in the input{}", detail(.0.as_ref()))]
    NoSealedSecrets(Option<DecodeError>),
    #[error("{0}")]
    Field(DecodeError),
    #[error("the input holds {what} beside Secrets, which -o json cannot carry")]
    OtherKinds { what: String },
    #[error("secret.data is empty in input Secret: the input is a list")]
    List,
    #[error("{0}")]
    Seal(String),
    #[error("the input has {count} documents, and --merge-into takes one Secret at a time", count = .0)]
    MergeOfSeveral(usize),
    #[error(
        "the target of --merge-into is {theirs}, and the new items would be {ours}: they could not be opened there"
    )]
    MergeScope { ours: core::Scope, theirs: core::Scope },
    #[error("{0}")]
    Merge(String),
    #[error("{0}")]
    Unseal(String),
    #[error("{0}")]
    PrivateKey(String),

    #[error("{0}")]
    Certificate(String),
    #[error("parse {url:?}: {reason}")]
    Url { url: String, reason: String },
    #[error("cannot fetch {url:?}: {reason}")]
    Fetch { url: String, reason: String },

    #[error(transparent)]
    Kubeconfig(#[from] crate::cluster::KubeconfigError),
    #[error("cannot get sealed secret service: {reason}")]
    Service { reason: String, seen: Vec<Alike> },
    #[error("cannot fetch certificate: {0}")]
    CertificateFromCluster(String),
    #[error("cannot validate sealed secret: {0}")]
    Validate(String),
    #[error("unable to decrypt sealed secret: {0}")]
    NotDecryptable(String),
    #[error("cannot re-encrypt secret: {0}")]
    ReEncrypt(String),
    #[error("unable to rotate secret: {0}")]
    NotRotatable(String),
    #[error("{0}")]
    NotASealedSecret(String),
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

impl Problem {
    /// A file that could not be opened, in the words that scripts know.
    pub(crate) fn open(path: &Path, error: &io::Error) -> Self {
        Self::File(format!("open {}: {}", path.display(), reason(error)))
    }

    /// A file that could be opened and not read.
    pub(crate) fn read(path: &Path, error: &io::Error) -> Self {
        Self::File(format!("read {}: {}", path.display(), reason(error)))
    }

    /// Secrets that cannot be read: as a whole, or in one field.
    pub(crate) fn secrets(error: DecodeError) -> Self {
        if error.path.is_empty() { Self::NoSecrets(Some(error)) } else { Self::Field(error) }
    }

    /// The same for SealedSecrets.
    pub(crate) fn sealed_secrets(error: DecodeError) -> Self {
        if error.path.is_empty() { Self::NoSealedSecrets(Some(error)) } else { Self::Field(error) }
    }

    /// What to do next.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::FromFileWithoutRaw => {
                "--raw seals the contents of one file; a Secret is read with -f or from stdin"
            }
            Self::SeveralFromFiles => "run kubeseal once for each value",
            Self::RawWithoutName(_) => {
                "a strict value opens only in the Secret of this name; --scope namespace-wide needs none"
            }
            Self::RawWithoutNamespace(_) => "name the namespace with -n; --scope cluster-wide needs none",
            Self::Format(_) => "-o takes json or yaml",
            Self::NoSecrets(Some(error)) | Self::NoSealedSecrets(Some(error)) | Self::Field(error) => {
                return error.hint().map(str::to_owned);
            }
            Self::OtherKinds { .. } => {
                "-o yaml seals the Secrets and leaves everything else in its place; or give the Secrets alone"
            }
            Self::List => "-o yaml seals each Secret of a list as a document of its own",
            Self::NoSealedSecrets(None) => "the input should be a SealedSecret, as kubeseal writes it",
            Self::NoSecrets(None) => {
                "the input should be a Secret, as `kubectl create secret … --dry-run=client -o yaml` prints it"
            }
            Self::Url { .. } => "--cert takes a file name, or a URL of http, https or file",
            Self::Fetch { .. } => {
                "open the URL with another tool to see what it answers, or give a file to --cert"
            }
            Self::PrivateKey(_) => {
                "keys are backed up with `kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml`"
            }
            Self::Kubeconfig(error) => return error.hint(),
            Self::Service { seen, .. } => return Some(service_hint(seen)),
            Self::CertificateFromCluster(_) => {
                "see whether the controller runs, or give its certificate with --cert (see --fetch-cert)"
            }
            Self::NotDecryptable(_) => {
                "it was sealed for another cluster, name, namespace or scope: seal it again from the Secret"
            }
            Self::NotRotatable(_) => {
                "the controller cannot open it: --validate tells which file, then seal it again from the Secret"
            }
            Self::Certificate(text) => return certificate_hint(text),
            Self::Seal(text) => return seal_hint(text),
            Self::Unseal(text) if text.contains("no key could decrypt secret") => {
                "give every key that you have a backup of with --recovery-private-key; name, namespace and scope must be the ones it was sealed for"
            }
            Self::NotASealedSecret(_) => {
                "only SealedSecrets are sent to the controller, so that no value leaves this machine in the open"
            }
            Self::MergeScope { .. } => {
                "leave --scope and the scope annotation out: the target's scope is used"
            }
            Self::MergeOfSeveral(_) => "split the input and run kubeseal once for each target",
            Self::SeveralInputs(..)
            | Self::Input(_)
            | Self::File(_)
            | Self::Stdin(_)
            | Self::Stdout(_)
            | Self::Merge(_)
            | Self::Unseal(_)
            | Self::Validate(_)
            | Self::ReEncrypt(_)
            | Self::Runtime(_) => return None,
        };
        Some(hint.to_owned())
    }
}

fn detail(error: Option<&DecodeError>) -> String {
    error.map(|error| format!(": {error}")).unwrap_or_default()
}

fn service_hint(seen: &[Alike]) -> String {
    match seen {
        [] => "use --controller-name and --controller-namespace to name the controller's Service (`kubectl get services --all-namespaces` lists all), or --cert to seal without a cluster".to_owned(),
        [one] => format!("try {one}: that Service looks like a controller's; or --cert to seal without a cluster"),
        several => {
            let flags: Vec<_> = several.iter().map(Alike::to_string).collect();
            format!("these Services look like a controller's: {}", flags.join("; "))
        }
    }
}

fn certificate_hint(text: &str) -> Option<String> {
    let hint = if text.contains("expired") {
        "get the current certificate with `kubeseal --fetch-cert`"
    } else if text.contains("RSA") {
        "--cert takes the controller's certificate in PEM, as `kubeseal --fetch-cert` prints it"
    } else {
        return None;
    };
    Some(hint.to_owned())
}

fn seal_hint(text: &str) -> Option<String> {
    let hint = if text.contains("namespace mismatch") {
        "leave -n out to seal for the namespace of the input, or change the input"
    } else if text.contains("must declare a namespace") {
        "name the namespace in the input or with -n"
    } else if text.contains("missing metadata.name") {
        "name the Secret in the input or with --name"
    } else {
        return None;
    };
    Some(hint.to_owned())
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
