//! What to do next: follows from the typed cause of a problem, never from its text.
//!
//! The reference's controller answers little, so a hint names the step that helps in most cases, and never a flag
//! that was given or has no effect on the task.

use std::path::Path;

use http::StatusCode;
use sealed_secrets_core::{
    keys::{CertificateError, KeyError, recovery::RecoveryError},
    manifest::DecodeError,
    merge::TargetError,
    seal::SealError,
    unseal::{ItemError, Reason, UnsealError},
};

use crate::{
    args::Mode,
    cluster::{Alike, Cause, ClusterError, ClusterPart, KubeconfigError},
    input::nearest_file,
    problem::{Doing, FileCause, FileError, Problem},
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
        Problem::RawWithoutNamespace(_) | Problem::NoNamespace(KubeconfigError::Nothing) => {
            "name the namespace with -n NAMESPACE; --scope cluster-wide needs none"
        }
        Problem::NoNamespace(error) => {
            let step = kubeconfig(error, Mode::Raw);
            return Some(match step {
                Some(step) => format!("name the namespace with -n NAMESPACE, or {step}"),
                None => "name the namespace with -n NAMESPACE".to_owned(),
            });
        }
        Problem::Format(given) if given.contains(['.', '/']) => {
            return Some(format!("-o takes json or yaml; to write to a file: -w {given}"));
        }
        Problem::Format(_) => "-o takes json or yaml",
        Problem::Variable(_) => "correct the variable, or unset it",
        Problem::Shell(_) => "name one of bash, zsh, fish, powershell: kubeseal completion bash",
        Problem::Word { word, nearest } => return Some(of_word(word, nearest.as_deref())),
        Problem::Input(error) | Problem::File(error) => return file(error),
        Problem::SeveralInputs(..) => {
            "name one with -f; several are taken by --validate, --re-encrypt and --recovery-unseal"
        }
        Problem::NoFiles(_) => "files end in .yaml, .yml or .json; name others one by one with -f",
        Problem::Pattern(..) => "quote the name, or name the files one by one with -f",
        Problem::Spool(_) => {
            "long output waits in a temporary file: make room there, or name another folder with TMPDIR"
        }
        Problem::Stdin(_) => "name a file with -f",
        Problem::Stdout(_) => "write to a file with -w",
        Problem::WouldLose(_) | Problem::MayLose(_) => "name another file with -w",
        Problem::Changed(_) => "run it again: it begins with what stands there now",
        Problem::NoSecrets(Some(error)) | Problem::NoSealedSecrets(Some(error)) | Problem::Field(error) => {
            return decode(error);
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
        Problem::Seal { error, kind, .. } => return Some(seal(error, kind.as_deref())),
        Problem::MergeOfSeveral(_) => "split the input and run kubeseal once for each target",
        Problem::MergeScope { .. } => {
            "leave --scope and the scope annotation out: the target's scope is used"
        }
        Problem::Target { path, error } => return target(&path.display().to_string(), error),
        Problem::Unseal { error, .. } => return unseal(error),
        Problem::NoPrivateKey => {
            return Some(format!("give the backup of the keys with --recovery-private-key. {BACKUP}"));
        }
        Problem::PrivateKey { error, .. } => return Some(private_key(error)),
        Problem::Certificate { error, own } => return Some(certificate(error, *own)),
        Problem::Url { .. } => "--cert takes a file name, or a URL of http, https or file",
        Problem::Fetch { .. } => {
            "open the URL with another tool to see what it answers, or give a file to --cert"
        }
        Problem::Cluster { mode, doing, error, seen } => return cluster(*mode, doing, error, seen),
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
            "only SealedSecrets are sent to the controller, so that no value leaves this machine in the open"
        }
        Problem::Runtime(_) => "the system is out of something: memory, threads or open files",
        Problem::In { problem, .. } => return hint(problem),
        Problem::Several(_) | Problem::Interrupted => return None,
    };
    Some(hint.to_owned())
}

fn of_word(word: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean {nearest}? A file is named with -f"),
        None if word.contains('.') => format!("check the name; a file is named with -f {word}"),
        None => {
            "the commands are help, version, completion SHELL and man; everything else is a flag".to_owned()
        }
    }
}

fn file(error: &FileError) -> Option<String> {
    match &error.cause {
        FileCause::Missing => Some(match nearest_file(&error.path) {
            Some(near) => format!("did you mean {}?", near.display()),
            None => format!("check the name: ls {} shows what is there", folder(&error.path).display()),
        }),
        FileCause::Denied => Some("see who may read and write it: ls -l".to_owned()),
        FileCause::Folder => Some(
            "name a file in it; folders are taken by --validate, --re-encrypt and --recovery-unseal"
                .to_owned(),
        ),
        FileCause::NoFolder => Some("a part of the path is a file".to_owned()),
        FileCause::Other(_) => None,
    }
}

/// The nearest folder of a path that is there.
fn folder(path: &Path) -> &Path {
    let above = path.ancestors().skip(1).find(|folder| folder.is_dir());
    above.unwrap_or(Path::new("."))
}

fn decode(error: &DecodeError) -> Option<String> {
    error.hint().map(str::to_owned)
}

fn seal(error: &SealError, kind: Option<&str>) -> String {
    match (error, kind) {
        (SealError::Empty { .. }, Some(_)) => {
            "give the Secret; -o yaml leaves other kinds beside it in their place".to_owned()
        }
        (SealError::Empty { .. }, None) => {
            "put values under data or stringData; --allow-empty-data seals it without any".to_owned()
        }
        (SealError::MissingName, _) => "name the Secret in the input or with --name".to_owned(),
        (SealError::MissingNamespace { .. }, _) => {
            "name the namespace in the input or with -n; --scope cluster-wide needs none".to_owned()
        }
        (SealError::NamespaceMismatch { .. }, _) => {
            "leave -n out to seal for the namespace of the input, or change the input".to_owned()
        }
    }
}

fn target(path: &str, error: &TargetError) -> Option<String> {
    match error {
        TargetError::Decode(error) => {
            decode(error).or_else(|| Some("--merge-into takes a file that kubeseal wrote".to_owned()))
        }
        TargetError::NotSealed(_) => Some(format!(
            "--merge-into adds to a file that is sealed already; seal this one first: kubeseal -f {path} -w sealed.yaml"
        )),
        TargetError::NoneFits { .. } => {
            Some("give the input the name and namespace of the one that is meant (--name, -n)".to_owned())
        }
        TargetError::SeveralFit { .. } => Some("name the namespace with -n, or split the file".to_owned()),
    }
}

fn unseal(error: &UnsealError) -> Option<String> {
    match error {
        UnsealError::Items { items, .. } => items.values().next().map(item),
        UnsealError::Blob(error) => Some(item(error)),
        UnsealError::Malformed(_) => Some("correct the field, or seal the Secret again".to_owned()),
        UnsealError::DeprecatedData => {
            Some("seal the Secret again: kubeseal writes encryptedData".to_owned())
        }
        UnsealError::BothData => Some("leave spec.data out: encryptedData takes its place".to_owned()),
        UnsealError::BlobContents(_) => Some("seal the Secret again".to_owned()),
        // The text names the limit and what to do about it, and nobody asks for an interruption here.
        UnsealError::TooCostly { .. } | UnsealError::Interrupted => None,
    }
}

fn item(ItemError(reason): &ItemError) -> String {
    match reason {
        Reason::NoKeys => format!("give the backup of the keys with --recovery-private-key. {BACKUP}"),
        Reason::UnknownKey { .. } | Reason::NoKeyFits { .. } => {
            "give every key that you have a backup of with --recovery-private-key; name, namespace and scope must be the ones it was sealed for".to_owned()
        }
        Reason::WrongName { .. } | Reason::WrongNamespace { .. } | Reason::WrongScope { .. } => {
            "put the name, namespace and scope annotation back that it was sealed with, and open it again".to_owned()
        }
        Reason::BadBase64(_) | Reason::Truncated | Reason::Corrupt(_) => {
            "copy the ciphertext again in full, as kubeseal printed it".to_owned()
        }
        Reason::NotLookedInto => "correct the other items first, and open it again".to_owned(),
    }
}

fn private_key(error: &RecoveryError) -> String {
    match error {
        RecoveryError::Secret { .. } | RecoveryError::Empty | RecoveryError::Decode(_) => BACKUP.to_owned(),
        RecoveryError::Pem(error) => match error {
            KeyError::NotRsa(_) | KeyError::Size { .. } => {
                "only the RSA keys of a controller open anything".to_owned()
            }
            KeyError::Missing(_)
            | KeyError::NotInSecret
            | KeyError::Generate { .. }
            | KeyError::Certificate(_) => BACKUP.to_owned(),
        },
    }
}

fn certificate(error: &CertificateError, own: bool) -> String {
    let fetched = "--cert takes the controller's certificate in PEM, as `kubeseal --fetch-cert` prints it";
    match (error, own) {
        (CertificateError::Expired { .. }, true) => {
            "get the current certificate with `kubeseal --fetch-cert`".to_owned()
        }
        (CertificateError::Expired { .. }, false) => {
            "the controller makes no new keys: see --key-renew-period there, or send it SIGUSR1".to_owned()
        }
        (
            CertificateError::Missing
            | CertificateError::Malformed(_)
            | CertificateError::NotRsa(_)
            | CertificateError::KeySize { .. }
            | CertificateError::OtherKey { .. },
            true,
        ) => fetched.to_owned(),
        (
            CertificateError::Missing
            | CertificateError::Malformed(_)
            | CertificateError::NotRsa(_)
            | CertificateError::KeySize { .. }
            | CertificateError::OtherKey { .. },
            false,
        ) => "something else than a controller may answer there: see --controller-name and --controller-namespace"
            .to_owned(),
    }
}

fn cluster(mode: Mode, doing: &Doing, error: &ClusterError, seen: &[Alike]) -> Option<String> {
    match error {
        ClusterError::Config(error) => kubeconfig(error, mode),
        ClusterError::Runtime(_) => {
            Some("the system is out of something: memory, threads or open files".to_owned())
        }
        ClusterError::Answer(_) => Some(
            "something else than an API server may answer there: `kubectl config view` shows the address"
                .to_owned(),
        ),
        ClusterError::Transport(error) => Some(transport(mode, &error.cause)),
        ClusterError::Refused { status, .. } => Some(refused(mode, doing, *status, seen)),
    }
}

fn transport(mode: Mode, cause: &Cause) -> String {
    let step = match cause {
        Cause::Unreachable(_) => {
            "see whether the API server can be reached: `kubectl version`, `kubectl config view`"
        }
        Cause::Untrusted(_) => {
            "the API server's certificate is not trusted: name its authority with --certificate-authority, or correct the kubeconfig"
        }
        Cause::Tls(_) => "see whether the address is right, and whether https is spoken there",
        Cause::Timeout(_) => {
            "see whether the API server can be reached, or give it longer with --request-timeout"
        }
        Cause::Url(_) => "correct the address of the API server",
        Cause::Other(_) => "see whether the API server answers: `kubectl version`",
    };
    format!("{step}{}", without(mode))
}

/// Sealing needs no cluster where there is a certificate; --cert was not given, or nothing would have been asked.
fn without(mode: Mode) -> &'static str {
    match mode {
        Mode::Seal | Mode::Raw | Mode::MergeInto => "; or seal without a cluster: --cert",
        Mode::Recover | Mode::Validate | Mode::ReEncrypt | Mode::FetchCert => "",
    }
}

fn refused(mode: Mode, doing: &Doing, status: StatusCode, seen: &[Alike]) -> String {
    match (status, doing) {
        (StatusCode::UNAUTHORIZED, _) => {
            format!("the credentials are not accepted, or have expired: log in again{}", without(mode))
        }
        (StatusCode::FORBIDDEN, Doing::FindService) => format!(
            "the right to get this Service is given by the Role `sealed-secrets-service-proxier`, for its own name only: see --controller-name and --controller-namespace{}",
            without(mode)
        ),
        (StatusCode::FORBIDDEN, _) => format!(
            "ask for the right to services/proxy of the controller: Role `sealed-secrets-service-proxier` gives it{}",
            without(mode)
        ),
        (StatusCode::NOT_FOUND, Doing::FindService) => format!("{}{}", service(seen), without(mode)),
        (StatusCode::NOT_FOUND, _) => {
            "the Service is there, but what answers behind it is no controller: see --controller-name".to_owned()
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            "the controller's limit is reached: wait a moment, or raise its --rate-limit and --rate-limit-burst".to_owned()
        }
        (StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT, _) => {
            format!("see whether the controller runs: `kubectl get pods --all-namespaces -l app.kubernetes.io/name=sealed-secrets`{}", without(mode))
        }
        (_, Doing::ReEncrypt(_)) => {
            "the controller could not open it, or could not read it: --validate tells whether it can be opened, the controller's log why".to_owned()
        }
        (_, Doing::Validate(_)) => "the controller could not read it: its log says why".to_owned(),
        (_, Doing::FindService) => format!("the API server failed: try again, and see --controller-name and --controller-namespace{}", without(mode)),
        (_, Doing::FetchCertificate) => format!("see whether the controller runs{}", without(mode)),
    }
}

fn service(seen: &[Alike]) -> String {
    match seen {
        [] => "name the controller's Service with --controller-name and --controller-namespace (`kubectl get services --all-namespaces` lists all)".to_owned(),
        [one] => format!("try {one}: that Service looks like a controller's"),
        several => {
            let flags: Vec<_> = several.iter().map(Alike::to_string).collect();
            format!("these Services look like a controller's: {}", flags.join("; "))
        }
    }
}

fn kubeconfig(error: &KubeconfigError, mode: Mode) -> Option<String> {
    let hint = match error {
        KubeconfigError::Nothing => match mode {
            Mode::Seal | Mode::MergeInto | Mode::Raw => {
                "give a certificate with --cert, or a cluster with --kubeconfig, KUBECONFIG or --server"
            }
            Mode::FetchCert => {
                "the certificate comes from a cluster: name it with --kubeconfig, KUBECONFIG or --server"
            }
            Mode::Validate => {
                "the controller is asked, so a cluster is needed: name it with --kubeconfig, KUBECONFIG or --server"
            }
            Mode::ReEncrypt => {
                "the controller does it, so a cluster is needed: name it with --kubeconfig, KUBECONFIG or --server; without one: kubeseal --recovery-unseal … | kubeseal --cert …"
            }
            Mode::Recover => return None,
        },
        KubeconfigError::Missing { .. } => "correct --kubeconfig",
        KubeconfigError::Load { .. } => match mode {
            Mode::Seal | Mode::MergeInto | Mode::Raw => "--cert and -n together need no kubeconfig at all",
            Mode::FetchCert | Mode::Validate | Mode::ReEncrypt | Mode::Recover => {
                "correct the file, or name another one with --kubeconfig"
            }
        },
        KubeconfigError::Unknown { kind: ClusterPart::Context, .. } | KubeconfigError::CurrentContext(_) => {
            "`kubectl config get-contexts` lists the contexts"
        }
        KubeconfigError::Unknown { kind: ClusterPart::Cluster | ClusterPart::User, .. }
        | KubeconfigError::NoServer(_) => "`kubectl config view` shows what the kubeconfig holds",
        KubeconfigError::InsecureWithAuthority => {
            "leave one of --insecure-skip-tls-verify and --certificate-authority out"
        }
        KubeconfigError::SeveralCredentials => "leave --token or --username out",
        KubeconfigError::GroupWithoutUser => "name the user with --as",
        KubeconfigError::Timeout => "for example --request-timeout 30s",
        KubeconfigError::Url { .. } => "a URL is like https://host:6443",
        KubeconfigError::File { .. } => "the kubeconfig names this file: `kubectl config view` shows where",
        KubeconfigError::Credentials(_) => "see whether `kubectl auth whoami` works with the same kubeconfig",
        KubeconfigError::Tls(_) => "see the certificates and keys of the kubeconfig: `kubectl config view`",
    };
    Some(hint.to_owned())
}

const BACKUP: &str = "Keys are backed up with `kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml`";

#[cfg(test)]
#[path = "hint_tests.rs"]
mod tests;
