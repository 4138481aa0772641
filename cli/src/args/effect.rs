//! Which flags have an effect on which task: one without is told of, never refused.

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
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Recover => {
                &["recovery-unseal", "recovery-private-key", "secret-file", "sealed-secret-file", "format"]
            }
            Self::Validate => &["validate", "secret-file", "controller-name", "controller-namespace"],
            Self::ReEncrypt => &[
                "re-encrypt",
                "rotate",
                "secret-file",
                "sealed-secret-file",
                "format",
                "controller-name",
                "controller-namespace",
            ],
            Self::FetchCert => {
                &["fetch-cert", "cert", "sealed-secret-file", "controller-name", "controller-namespace"]
            }
            // What -w does there is told where it is ignored.
            Self::MergeInto => &[
                "merge-into",
                "secret-file",
                "sealed-secret-file",
                "format",
                "cert",
                "controller-name",
                "controller-namespace",
                "scope",
                "name",
                "namespace",
                "allow-empty-data",
            ],
            Self::Raw => &[
                "raw",
                "from-file",
                "trim",
                "sealed-secret-file",
                "cert",
                "controller-name",
                "controller-namespace",
                "scope",
                "name",
                "namespace",
            ],
            Self::Seal => &[
                "secret-file",
                "sealed-secret-file",
                "format",
                "cert",
                "controller-name",
                "controller-namespace",
                "scope",
                "name",
                "namespace",
                "allow-empty-data",
            ],
        }
    }

    /// Why a flag has no effect, or what to do instead, where there is something to say.
    fn instead(self, flag: &str) -> Option<&'static str> {
        Some(match (self, flag) {
            (Self::ReEncrypt, "cert") => {
                "the controller seals with its latest key. To seal for another certificate: kubeseal --recovery-unseal --recovery-private-key KEYS -o yaml -f FILE | kubeseal --cert CERT"
            }
            (Self::ReEncrypt, "scope" | "name") => {
                "only ciphertexts change. To change it, open the file with --recovery-unseal and seal it again"
            }
            (Self::ReEncrypt | Self::Validate, "namespace") => {
                "the file says it; --controller-namespace is the controller's"
            }
            (Self::Validate, "cert") => "the controller is asked, since only it can open anything",
            (Self::Recover, "scope" | "name" | "namespace") => "the file says it",
            (Self::Seal, "recovery-private-key") => "it goes with --recovery-unseal",
            (Self::Seal, "trim") => "it goes with --raw",
            (Self::Raw, "secret-file") => "the value comes from stdin or --from-file",
            (Self::Raw, "format") => "one ciphertext is printed as it is",
            _ => return None,
        })
    }
}

/// What to say of flags that the command line gives and that have no effect. Variables are not looked at: who sets
/// them means all tasks.
pub(crate) fn without_effect(args: &Args) -> Vec<String> {
    let mode = Mode::of(args);
    let effective = mode.flags();
    let mut notes = Vec::new();
    for flag in CHECKED.iter().filter(|flag| args.given.contains(*flag)) {
        let unused = match *flag {
            "controller-name" | "controller-namespace" => effective.contains(flag) && asks_nobody(args, mode),
            "name" => mode == Mode::Raw && args.scope != Scope::Strict,
            "namespace" => mode == Mode::Raw && args.scope == Scope::ClusterWide,
            _ => false,
        };
        if effective.contains(flag) && !unused {
            continue;
        }
        let reason = match *flag {
            "controller-name" | "controller-namespace" if unused => Some("--cert needs no controller"),
            "name" | "namespace" if unused => Some("the scope does not bind it"),
            flag if TASKS.contains(&flag) => Some("only one task is done at a time"),
            flag => mode.instead(flag),
        };
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        notes.push(format!("note: --{flag} has no effect with {}{reason}", mode.name()));
    }
    notes
}

fn asks_nobody(args: &Args, mode: Mode) -> bool {
    !args.cert.is_empty() && !matches!(mode, Mode::Validate | Mode::ReEncrypt)
}

const TASKS: &[&str] = &["validate", "re-encrypt", "rotate", "fetch-cert", "merge-into", "raw"];

const CHECKED: &[&str] = &[
    "cert",
    "scope",
    "name",
    "namespace",
    "allow-empty-data",
    "trim",
    "from-file",
    "secret-file",
    "sealed-secret-file",
    "format",
    "recovery-private-key",
    "controller-name",
    "controller-namespace",
    "validate",
    "re-encrypt",
    "rotate",
    "fetch-cert",
    "merge-into",
    "raw",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::{super::parse::parse, without_effect};

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
    fn variables_are_not_told_of() {
        let variable = |name: &str| (name == "SEALED_SECRETS_CERT").then(|| "x".to_owned());
        let args = parse(["--re-encrypt".to_owned()], variable).unwrap().args;
        assert!(without_effect(&args).is_empty());
    }
}
