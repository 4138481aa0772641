//! Which flags have an effect on which task: one without is told of, never refused.

use std::path::Path;

use sealed_secrets_core::Scope;

use super::Args;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Recover,
    Validate,
    ReEncrypt,
    FetchCert,
    MergeInto,
    Raw,
    Seal,
}

impl Mode {
    /// The task that these flags ask for. The order is the reference's: a script that gives two gets the same one.
    pub(crate) fn of(args: &Args) -> Self {
        match args {
            Args { recovery_unseal: true, .. } => Self::Recover,
            Args { validate: true, .. } => Self::Validate,
            Args { re_encrypt: true, .. } => Self::ReEncrypt,
            Args { fetch_cert: true, .. } => Self::FetchCert,
            Args { merge_into, .. } if !merge_into.is_empty() => Self::MergeInto,
            Args { raw: true, .. } => Self::Raw,
            _ => Self::Seal,
        }
    }

    /// How a person calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Recover => "--recovery-unseal",
            Self::Validate => "--validate",
            Self::ReEncrypt => "--re-encrypt",
            Self::FetchCert => "--fetch-cert",
            Self::MergeInto => "--merge-into",
            Self::Raw => "--raw",
            Self::Seal => "sealing",
        }
    }

    /// The flags that change what it does, beside those of the connection and the log.
    fn flags(self) -> &'static [Watched] {
        match self {
            Self::Recover => &[
                Watched::RecoveryPrivateKey,
                Watched::SecretFile,
                Watched::SealedSecretFile,
                Watched::Format,
            ],
            Self::Validate => &[
                Watched::Validate,
                Watched::SecretFile,
                Watched::ControllerName,
                Watched::ControllerNamespace,
            ],
            Self::ReEncrypt => &[
                Watched::ReEncrypt,
                Watched::Rotate,
                Watched::SecretFile,
                Watched::SealedSecretFile,
                Watched::Format,
                Watched::ControllerName,
                Watched::ControllerNamespace,
            ],
            Self::FetchCert => &[
                Watched::FetchCert,
                Watched::Cert,
                Watched::SealedSecretFile,
                Watched::ControllerName,
                Watched::ControllerNamespace,
            ],
            // What -w does there is told where it is ignored.
            Self::MergeInto => &[
                Watched::MergeInto,
                Watched::SecretFile,
                Watched::SealedSecretFile,
                Watched::Format,
                Watched::Cert,
                Watched::ControllerName,
                Watched::ControllerNamespace,
                Watched::Scope,
                Watched::Name,
                Watched::Namespace,
                Watched::AllowEmptyData,
            ],
            Self::Raw => &[
                Watched::Raw,
                Watched::FromFile,
                Watched::Trim,
                Watched::SealedSecretFile,
                Watched::Cert,
                Watched::ControllerName,
                Watched::ControllerNamespace,
                Watched::Scope,
                Watched::Name,
                Watched::Namespace,
            ],
            Self::Seal => &[
                Watched::SecretFile,
                Watched::SealedSecretFile,
                Watched::Format,
                Watched::Cert,
                Watched::ControllerName,
                Watched::ControllerNamespace,
                Watched::Scope,
                Watched::Name,
                Watched::Namespace,
                Watched::AllowEmptyData,
            ],
        }
    }

    /// Why a flag has no effect, or what to do instead, where there is something to say.
    fn instead(self, flag: Watched) -> Option<&'static str> {
        match flag {
            Watched::Cert => match self {
                Self::ReEncrypt => Some(
                    "the controller seals with its latest key. To seal for another certificate: kubeseal --recovery-unseal --recovery-private-key KEYS -o yaml -f FILE | kubeseal --cert CERT",
                ),
                Self::Validate => Some("the controller is asked, since only it can open anything"),
                Self::Recover | Self::FetchCert | Self::MergeInto | Self::Raw | Self::Seal => None,
            },
            Watched::Scope | Watched::Name => match self {
                Self::ReEncrypt => Some(
                    "only ciphertexts change. To change it, open the file with --recovery-unseal and seal it again",
                ),
                Self::Recover => Some("the file says it"),
                Self::Validate | Self::FetchCert | Self::MergeInto | Self::Raw | Self::Seal => None,
            },
            Watched::Namespace => match self {
                Self::ReEncrypt | Self::Validate => {
                    Some("the namespace is that of the file; --controller-namespace is the controller's")
                }
                Self::Recover => Some("the namespace is that of the file"),
                Self::FetchCert | Self::MergeInto | Self::Raw | Self::Seal => None,
            },
            Watched::RecoveryPrivateKey => (self == Self::Seal).then_some("it goes with --recovery-unseal"),
            Watched::Trim => (self == Self::Seal).then_some("it goes with --raw"),
            Watched::SecretFile => (self == Self::Raw).then_some("the value comes from stdin or --from-file"),
            Watched::Format => (self == Self::Raw).then_some("one ciphertext is printed as it is"),
            Watched::Validate
            | Watched::ReEncrypt
            | Watched::Rotate
            | Watched::FetchCert
            | Watched::MergeInto
            | Watched::Raw => Some("only one task is done at a time"),
            Watched::AllowEmptyData
            | Watched::FromFile
            | Watched::SealedSecretFile
            | Watched::ControllerName
            | Watched::ControllerNamespace => None,
        }
    }
}

/// Why a flag that changes what is done has no effect beside the other flags.
fn moot(flag: Watched, args: &Args, mode: Mode) -> Option<&'static str> {
    match flag {
        Watched::ControllerName | Watched::ControllerNamespace => {
            asks_nobody(args, mode).then_some("--cert needs no controller")
        }
        Watched::Name => (mode == Mode::Raw && args.scope != Scope::Strict).then_some(UNBOUND),
        Watched::Namespace => (mode == Mode::Raw && args.scope == Scope::ClusterWide).then_some(UNBOUND),
        Watched::Format => moot_format(args, mode),
        Watched::Cert
        | Watched::Scope
        | Watched::AllowEmptyData
        | Watched::Trim
        | Watched::FromFile
        | Watched::SecretFile
        | Watched::SealedSecretFile
        | Watched::RecoveryPrivateKey
        | Watched::Validate
        | Watched::ReEncrypt
        | Watched::Rotate
        | Watched::FetchCert
        | Watched::MergeInto
        | Watched::Raw => None,
    }
}

/// The name of a YAML file beats the format that is asked for.
fn moot_format(args: &Args, mode: Mode) -> Option<&'static str> {
    let is_yaml = |file: &String| is_yaml(Path::new(file));
    if args.format.eq_ignore_ascii_case("yaml") {
        return None;
    }
    if is_yaml(&args.sealed_secret_file) {
        return Some("the file of -w is YAML by its name");
    }
    let in_place = mode == Mode::ReEncrypt && args.sealed_secret_file.is_empty();
    let stays = in_place && !args.secret_file.is_empty() && args.secret_file.iter().all(is_yaml);
    stays.then_some("a YAML file stays one; -w writes to another")
}

/// Whether a file's name says that it is YAML.
pub(crate) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

const UNBOUND: &str = "the scope does not bind it";

/// What to say of flags that the command line gives and that have no effect. Variables are not looked at: who sets
/// them means all tasks.
pub(crate) fn without_effect(args: &Args) -> Vec<String> {
    let mode = Mode::of(args);
    let mut notes = Vec::new();
    for flag in Watched::ALL.iter().filter(|flag| args.given.contains(flag.name())) {
        let reason = if mode.flags().contains(flag) {
            match moot(*flag, args, mode) {
                Some(reason) => Some(reason),
                None => continue,
            }
        } else {
            mode.instead(*flag)
        };
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        notes.push(format!("note: --{} has no effect with {}{reason}", flag.name(), mode.name()));
    }
    notes
}

fn asks_nobody(args: &Args, mode: Mode) -> bool {
    !args.cert.is_empty() && !matches!(mode, Mode::Validate | Mode::ReEncrypt)
}

/// A flag that may be without effect: those of the connection and the log are not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watched {
    Cert,
    Scope,
    Name,
    Namespace,
    AllowEmptyData,
    Trim,
    FromFile,
    SecretFile,
    SealedSecretFile,
    Format,
    RecoveryPrivateKey,
    ControllerName,
    ControllerNamespace,
    Validate,
    ReEncrypt,
    Rotate,
    FetchCert,
    MergeInto,
    Raw,
}

impl Watched {
    const ALL: &[Self] = &[
        Self::Cert,
        Self::Scope,
        Self::Name,
        Self::Namespace,
        Self::AllowEmptyData,
        Self::Trim,
        Self::FromFile,
        Self::SecretFile,
        Self::SealedSecretFile,
        Self::Format,
        Self::RecoveryPrivateKey,
        Self::ControllerName,
        Self::ControllerNamespace,
        Self::Validate,
        Self::ReEncrypt,
        Self::Rotate,
        Self::FetchCert,
        Self::MergeInto,
        Self::Raw,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Cert => "cert",
            Self::Scope => "scope",
            Self::Name => "name",
            Self::Namespace => "namespace",
            Self::AllowEmptyData => "allow-empty-data",
            Self::Trim => "trim",
            Self::FromFile => "from-file",
            Self::SecretFile => "secret-file",
            Self::SealedSecretFile => "sealed-secret-file",
            Self::Format => "format",
            Self::RecoveryPrivateKey => "recovery-private-key",
            Self::ControllerName => "controller-name",
            Self::ControllerNamespace => "controller-namespace",
            Self::Validate => "validate",
            Self::ReEncrypt => "re-encrypt",
            Self::Rotate => "rotate",
            Self::FetchCert => "fetch-cert",
            Self::MergeInto => "merge-into",
            Self::Raw => "raw",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::{
        super::{parse::parse, table::FLAGS},
        Watched, without_effect,
    };

    #[track_caller]
    fn told(line: &str, flags: &[&str]) {
        let args = parse(line.split_whitespace().map(str::to_owned), |_| None).unwrap().args;
        let notes = without_effect(&args);
        let named: Vec<_> = notes.iter().map(|note| note.split_whitespace().nth(1).unwrap()).collect();
        assert_eq!(named, flags, "{notes:?}");
    }

    #[test]
    fn a_flag_without_effect_is_named_and_another_is_not() {
        told("--re-encrypt --cert x --scope cluster-wide --name n -o yaml", &["--cert", "--scope", "--name"]);
        told("--validate --re-encrypt", &["--re-encrypt"]);
        told("--raw --scope cluster-wide --name n -n ns --cert c", &["--name", "--namespace"]);
        told("--raw --name n -n ns --cert c --from-file f --trim -w o", &[]);
        told("--recovery-unseal --recovery-private-key k -f x -o yaml -w y --kubeconfig z -v 4", &[]);
        told("--recovery-private-key k --cert c --trim", &["--trim", "--recovery-private-key"]);
        told("--cert c --controller-name n", &["--controller-name"]);
        told("--validate=false --cert c --allow-empty-data=false --raw=false", &[]);
        told("--merge-into t --cert c -o yaml -n ns --scope strict", &[]);
    }

    #[test]
    fn every_flag_that_is_looked_at_is_one() {
        for flag in Watched::ALL {
            assert!(FLAGS.iter().any(|known| known.name == flag.name()), "{flag:?}");
        }
    }

    #[test]
    fn variables_are_not_told_of() {
        let variable = |name: &str| (name == "SEALED_SECRETS_CERT").then(|| "x".to_owned());
        let args = parse(["--re-encrypt".to_owned()], variable).unwrap().args;
        assert!(without_effect(&args).is_empty());
    }
}
