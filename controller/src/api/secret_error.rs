//! What the API server says of a Secret that it does not take, in our words.
//!
//! Its own may quote the values: a byte of a `.dockerconfigjson` that is no JSON, or whatever an admission
//! webhook likes to show. So nothing of its text is passed on, only what has a type: the code, and of each cause
//! the kind and the field, if it is one of those that a Secret has.

use k8s_openapi::api::core::v1::Secret;
use kube::core::{Status, response::StatusCause};

use crate::api::error::{ApiError, Request};

impl ApiError {
    /// Gives an answer about this Secret its meaning, without any of its words.
    pub fn of_secret(request: Request, secret: &Secret, status: Status) -> Self {
        let name = secret
            .metadata
            .name
            .clone()
            .or_else(|| secret.metadata.generate_name.clone())
            .unwrap_or_default();
        let causes: Vec<_> = status.details.iter().flat_map(|details| &details.causes).collect();
        let faults: Vec<_> = causes.iter().filter_map(|cause| fault(cause, secret)).collect();
        let no_namespace = status.details.as_ref().is_some_and(|details| details.kind == "namespaces");
        let (namespace, code) = (request.namespace.clone(), status.code);
        match Self::of_status(request, status) {
            Self::NotFound { .. } => Self::NotFound {
                message: if no_namespace {
                    format!("namespaces {namespace:?} not found")
                } else {
                    format!("secrets {name:?} not found")
                },
            },
            Self::Conflict { exists, .. } => Self::Conflict {
                message: if exists {
                    format!("secrets {name:?} already exists")
                } else {
                    format!("secrets {name:?} was changed by somebody else at the same time")
                },
                exists,
            },
            Self::Invalid { .. } => Self::Invalid { message: refused(&name, code, &faults) },
            Self::NotAdmitted { .. } => Self::NotAdmitted { message: refused(&name, code, &faults) },
            Self::Other { request, code, .. } => Self::Other {
                request,
                code,
                message: "its words are withheld, as they may quote values".to_owned(),
            },
            error @ (Self::Forbidden { .. }
            | Self::Undecided { .. }
            | Self::Terminating { .. }
            | Self::Busy { .. }
            | Self::NotLeading
            | Self::Unreachable { .. }) => error,
        }
    }
}

fn refused(name: &str, code: u16, faults: &[String]) -> String {
    match faults {
        [] if code == 413 => format!("Secret {name:?} is invalid: it is too large for the API server"),
        [] => format!("Secret {name:?} was not admitted (HTTP {code}): {NOT_ADMITTED}"),
        [fault] => format!("Secret {name:?} is invalid: {fault}"),
        faults => format!("Secret {name:?} is invalid: [{}]", faults.join(", ")),
    }
}

/// One field and what is wrong with it; nothing if it is none of a Secret's.
fn fault(cause: &StatusCause, secret: &Secret) -> Option<String> {
    let field = Field::of(&cause.field, secret)?;
    let type_ = secret.type_.as_deref().unwrap_or("Opaque");
    let what = match (&*cause.reason, &field) {
        ("FieldValueRequired", Field::Item(_)) => format!("Required value: type {type_} demands it"),
        ("FieldValueRequired", Field::Data | Field::Other(_)) => "Required value".to_owned(),
        ("FieldValueInvalid", Field::Item(name)) if !is_legal(name) => {
            "Invalid value: the name of an item consists of letters, digits, '-', '_' and '.'".to_owned()
        }
        ("FieldValueInvalid", Field::Item(_)) => {
            format!("Invalid value: it is not what type {type_} demands")
        }
        ("FieldValueTooLong", Field::Data) => {
            "Too long: the items may have 1048576 bytes together".to_owned()
        }
        ("FieldValueTooLong", Field::Item(_) | Field::Other(_)) => "Too long".to_owned(),
        ("FieldValueForbidden", _) => "Forbidden: it may not be set or changed".to_owned(),
        ("FieldValueInvalid", Field::Data | Field::Other(_)) => "Invalid value".to_owned(),
        ("FieldValueNotSupported", _) => "Unsupported value".to_owned(),
        ("FieldValueDuplicate", _) => "Duplicate value".to_owned(),
        _ => "refused".to_owned(),
    };
    Some(format!("{field}: {what}"))
}

/// A field of a Secret.
enum Field<'a> {
    Data,
    Item(&'a str),
    Other(&'static str),
}

impl<'a> Field<'a> {
    fn of(path: &'a str, secret: &'a Secret) -> Option<Self> {
        if path == "data" {
            return Some(Self::Data);
        }
        if let Some(item) = path.strip_prefix("data[").and_then(|rest| rest.strip_suffix(']')) {
            let has = secret.data.iter().flatten().any(|(name, _)| name == item);
            return (has || DEMANDED.contains(&item)).then_some(Self::Item(item));
        }
        OTHERS.iter().find(|other| **other == path).map(|other| Self::Other(other))
    }
}

impl std::fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Data => f.write_str("data"),
            Self::Item(name) => write!(f, "data[{name}]"),
            Self::Other(path) => f.write_str(path),
        }
    }
}

fn is_legal(item: &str) -> bool {
    let legal = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
    item.bytes().all(legal) && !item.is_empty() && !item.starts_with("..") && item != "." && item.len() <= 253
}

/// Items that types demand.
const DEMANDED: [&str; 7] =
    ["tls.crt", "tls.key", "ssh-privatekey", "username", "password", ".dockercfg", ".dockerconfigjson"];
/// Whatever else of a Secret may be refused.
const OTHERS: [&str; 12] = [
    "type",
    "immutable",
    "metadata",
    "metadata.name",
    "metadata.generateName",
    "metadata.namespace",
    "metadata.labels",
    "metadata.annotations",
    "metadata.annotations[kubernetes.io/service-account.name]",
    "metadata.ownerReferences",
    "metadata.finalizers",
    "metadata.resourceVersion",
];
const NOT_ADMITTED: &str = "a quota, an admission policy or a webhook refused it; its words are withheld, as they may \
    quote values: `kubectl create --dry-run=server` with such a Secret shows them";

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;
    use kube::core::response::StatusDetails;

    use super::*;

    /// What the API server says of a Secret of this type with one item, which all of its words quote.
    fn said(code: u16, type_: &str, causes: &[(&str, &str)]) -> ApiError {
        let mut secret = Secret { type_: Some(type_.to_owned()), ..Secret::default() };
        secret.metadata.name = Some("app".to_owned());
        secret.data = Some([(".dockerconfigjson".to_owned(), ByteString(b"MARK".to_vec()))].into());
        let cause = |(reason, field): &(&str, &str)| StatusCause {
            reason: (*reason).to_owned(),
            message: "MARK".to_owned(),
            field: (*field).to_owned(),
        };
        let details = StatusDetails {
            name: "MARK".to_owned(),
            kind: "MARK".to_owned(),
            causes: causes.iter().map(cause).collect(),
            group: String::new(),
            uid: String::new(),
            retry_after_seconds: 0,
        };
        let status = Status {
            code,
            reason: "MARK".to_owned(),
            message: "MARK".to_owned(),
            details: Some(details),
            ..Status::default()
        };
        ApiError::of_secret(Request::core("create", "secrets", "ns"), &secret, status)
    }

    #[test]
    fn no_word_of_the_api_server_about_a_secret_is_passed_on() {
        for code in [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 504] {
            for cause in [
                ("FieldValueInvalid", "data[.dockerconfigjson]"),
                ("FieldValueInvalid", "data[MARK]"),
                ("MARK", "data[.dockerconfigjson]"),
                ("FieldValueInvalid", "MARK"),
                ("FieldValueInvalid", "data.MARK"),
            ] {
                let text = said(code, "kubernetes.io/dockerconfigjson", &[cause]).to_string();
                assert!(!text.contains("MARK"), "{code} {cause:?}: {text}");
            }
        }
    }

    #[test]
    fn item_and_type_are_named() {
        let docker = "kubernetes.io/dockerconfigjson";
        let invalid = ("FieldValueInvalid", "data[.dockerconfigjson]");
        for (type_, causes, expected) in [
            (
                docker,
                &[invalid][..],
                "Secret \"app\" is invalid: data[.dockerconfigjson]: Invalid value: it is not what type kubernetes.io/dockerconfigjson demands",
            ),
            (
                "kubernetes.io/tls",
                &[("FieldValueRequired", "data[tls.crt]"), ("FieldValueRequired", "data[tls.key]")],
                "Secret \"app\" is invalid: [data[tls.crt]: Required value: type kubernetes.io/tls demands it, data[tls.key]: Required value: type kubernetes.io/tls demands it]",
            ),
            (
                "Opaque",
                &[("FieldValueTooLong", "data")],
                "Secret \"app\" is invalid: data: Too long: the items may have 1048576 bytes together",
            ),
            (
                "Opaque",
                &[("FieldValueInvalid", "metadata.labels")],
                "Secret \"app\" is invalid: metadata.labels: Invalid value",
            ),
        ] {
            assert_eq!(said(422, type_, causes).to_string(), expected);
        }
        assert!(
            said(403, "Opaque", &[])
                .to_string()
                .contains("Secret \"app\" was not admitted (HTTP 403): a quota")
        );
    }
}
