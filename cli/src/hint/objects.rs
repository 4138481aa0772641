//! Steps for what is sealed and opened: Secrets, SealedSecrets, certificates and keys.

use sealed_secrets_core::{
    keys::{CertificateError, KeyError, recovery::RecoveryError},
    manifest::DecodeError,
    merge::TargetError,
    seal::SealError,
    unseal::{ItemError, Reason, UnsealError},
};

pub(super) fn decode(error: &DecodeError) -> Option<String> {
    error.hint().map(str::to_owned)
}

pub(super) fn seal(error: &SealError, kind: Option<&str>) -> String {
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

pub(super) fn target(path: &str, error: &TargetError) -> Option<String> {
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

pub(super) fn unseal(error: &UnsealError) -> Option<String> {
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
        Reason::NoKeys => no_key(),
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

pub(super) fn no_key() -> String {
    format!("give the backup of the keys with --recovery-private-key. {BACKUP}")
}

pub(super) fn private_key(error: &RecoveryError) -> String {
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

pub(super) fn certificate(error: &CertificateError, own: bool) -> String {
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

const BACKUP: &str = "Keys are backed up with `kubectl get secret -n kube-system -l sealedsecrets.bitnami.com/sealed-secrets-key -o yaml`";
