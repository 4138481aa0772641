//! Why a SealedSecret gives no Secret: every item's reason, worded once.

use std::{collections::BTreeMap, fmt};

use golang::base64::BadBase64;
use gotemplate::Limit;

use super::deprecated::BlobError;
use crate::{Scope, crypto::OpenFailure, names, sealed_secret::Flaw};

/// What follows the items that are no base64, as a value is that somebody pasted.
const NEVER_SEALED: &str = ": no ciphertext; seal the value with kubeseal --raw";

/// What tools look for in a status.
const NO_KEY: &str = "no key could decrypt secret";

/// Why one item cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", describe(.0))]
pub struct ItemError(pub Reason);

impl ItemError {
    /// Whether another key might open the item: worth another try when a key comes.
    pub fn may_want_another_key(&self) -> bool {
        match &self.0 {
            Reason::NoKeys | Reason::UnknownKey { .. } | Reason::NoKeyFits { .. } => true,
            Reason::WrongName { .. }
            | Reason::WrongNamespace { .. }
            | Reason::WrongScope { .. }
            | Reason::BadBase64(_)
            | Reason::Truncated
            | Reason::Corrupt(_)
            // The items that were looked into decide: while these do not open, this one does not matter.
            | Reason::NotLookedInto => false,
        }
    }
}

/// The precise reason why a value does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It opens under another name.
    WrongName {
        /// The name that it was sealed for.
        sealed_for: String,
    },
    /// It opens in another namespace.
    WrongNamespace {
        /// The namespace that it was sealed for; empty if it was sealed without one.
        sealed_for: String,
    },
    /// It opens under another scope than the object's annotations say.
    WrongScope {
        /// The scope that it was sealed with.
        sealed_with: Scope,
        /// The scope that the annotations say.
        annotated: Scope,
    },
    /// No key has the size of the one that it was sealed to.
    UnknownKey {
        /// Bits of that key.
        bits: usize,
    },
    /// Keys of the right size were tried, and none fits: another key, or another place than any guessed.
    NoKeyFits {
        /// The scope that was tried.
        scope: Scope,
        /// Namespace and name that were tried.
        place: String,
    },
    /// There are no keys.
    NoKeys,
    /// The text is not base64.
    BadBase64(BadBase64),
    /// Bytes are missing.
    Truncated,
    /// Key and place are right, but the value is damaged.
    Corrupt(OpenFailure),
    /// It may open or not: too many other items do not, see [`super::Effort`].
    NotLookedInto,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongName { sealed_for } => {
                write!(
                    f,
                    "it was sealed for the name {sealed_for:?}: rename the object, or seal the value again"
                )
            }
            Self::WrongNamespace { sealed_for } if sealed_for.is_empty() => {
                f.write_str("it was sealed without a namespace: seal the value again for this one")
            }
            Self::WrongNamespace { sealed_for } => write!(
                f,
                "it was sealed for the namespace {sealed_for:?}: move the object, or seal the value again"
            ),
            Self::WrongScope { sealed_with, annotated } => write!(
                f,
                "it was sealed with scope {sealed_with}, but the object's annotations say {annotated}: {}",
                remedy(*sealed_with)
            ),
            Self::UnknownKey { bits } => write!(
                f,
                "it was sealed to a key of {bits} bits, and there is none of that size: restore that key, or seal \
                 the value again"
            ),
            Self::NoKeyFits { scope, place } => write!(
                f,
                "it was sealed to a key that is not here, or not for {place} with scope {scope}, or its first bytes are \
                 damaged: restore that key, or seal the value again"
            ),
            Self::NoKeys => f.write_str("there are no keys at all"),
            Self::BadBase64(bad) => bad.fmt(f),
            Self::Truncated => f.write_str(
                "the ciphertext is cut short: copy it again in full; what was never sealed is sealed with kubeseal --raw",
            ),
            Self::Corrupt(failure) => {
                write!(f, "the ciphertext is damaged ({failure}): copy it again, or seal the value again")
            }
            Self::NotLookedInto => {
                f.write_str("not looked into, because too many other items do not open: mend those first")
            }
        }
    }
}

impl Reason {
    /// The reason in a few words, for a column of a table.
    fn in_short(&self) -> String {
        match self {
            Self::WrongName { sealed_for } => format!("sealed for name {sealed_for:?}"),
            Self::WrongNamespace { sealed_for } if sealed_for.is_empty() => {
                "sealed without namespace".to_owned()
            }
            Self::WrongNamespace { sealed_for } => format!("sealed for namespace {sealed_for:?}"),
            Self::WrongScope { sealed_with, .. } => format!("sealed with scope {sealed_with}"),
            Self::UnknownKey { .. } => "its key is not here".to_owned(),
            Self::NoKeyFits { .. } => "other key, name or scope".to_owned(),
            Self::NoKeys => "there are no keys".to_owned(),
            Self::BadBase64(bad) => bad.to_string(),
            Self::Truncated => "it is cut short".to_owned(),
            Self::Corrupt(_) => "it is damaged".to_owned(),
            Self::NotLookedInto => "not looked into".to_owned(),
        }
    }
}

fn remedy(sealed_with: Scope) -> String {
    match sealed_with.annotation() {
        Some(name) => format!("set the annotation {name}: \"true\" on the SealedSecret"),
        None => format!("take away the annotations {} and {}", names::CLUSTER_WIDE, names::NAMESPACE_WIDE),
    }
}

fn describe(reason: &Reason) -> String {
    match reason {
        Reason::BadBase64(_) | Reason::NotLookedInto => reason.to_string(),
        other => format!("{NO_KEY}: {other}"),
    }
}

/// Every reason why a SealedSecret gives no Secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UnsealError {
    /// Items and templates that failed, by name.
    #[error("{}", lines(.items, .templates))]
    Items {
        /// Items that do not open.
        items: BTreeMap<String, ItemError>,
        /// Templates that do not parse or render.
        templates: BTreeMap<String, gotemplate::Error>,
    },
    /// Parts of the object could not be read.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Malformed(Vec<Flaw>),
    /// `spec.data` is there and not accepted.
    #[error("using deprecated 'data' field, use 'encryptedData' or flip the feature flag")]
    DeprecatedData,
    /// `spec.data` and `spec.encryptedData` are both there.
    #[error("cannot use the field 'encryptedData' and the deprecated field 'data' at the same time")]
    BothData,
    /// The ciphertext in `spec.data` does not open.
    #[error("{0}")]
    Blob(ItemError),
    /// What was in `spec.data` is no Secret.
    #[error("the deprecated 'data' field was opened, but {0}")]
    BlobContents(#[from] BlobError),
    /// The items open, but the templates cost more than one object may.
    #[error("{error}: all templates of an object share this limit; use less of it, or have it raised")]
    TooCostly {
        /// The template that ran into it.
        item: String,
        /// The limit.
        limit: Limit,
        /// Its value, in [`Limit::unit`]s.
        most: u64,
        /// Place and limit in words.
        error: Box<gotemplate::Error>,
    },
    /// Nobody waits for the result any more, see [`super::Budget::interrupted_by`].
    #[error("it was interrupted")]
    Interrupted,
}

impl UnsealError {
    /// Whether a ciphertext is at fault: `/v1/verify` answers 409 then.
    pub fn is_undecryptable(&self) -> bool {
        match self {
            Self::Items { items, .. } => !items.is_empty(),
            Self::Blob(_) => true,
            Self::Malformed(_)
            | Self::DeprecatedData
            | Self::BothData
            | Self::BlobContents(_)
            | Self::TooCostly { .. }
            | Self::Interrupted => false,
        }
    }

    /// What failed, in one short line: the words that tools look for, the first item and its reason in a few words.
    ///
    /// ```
    /// # use sealed_secrets_core::unseal::UnsealError;
    /// assert!(UnsealError::DeprecatedData.in_short().starts_with("using deprecated 'data' field"));
    /// ```
    pub fn in_short(&self) -> String {
        let Self::Items { items, .. } = self else { return self.to_string() };
        let is_undecryptable =
            |reason: &Reason| !matches!(reason, Reason::BadBase64(_) | Reason::NotLookedInto);
        let first = items.iter().find(|(_, ItemError(reason))| is_undecryptable(reason));
        match first {
            Some((item, ItemError(reason))) => {
                let others = match items.len() - 1 {
                    0 => String::new(),
                    others => format!(", +{others}"),
                };
                format!("{NO_KEY} ({item}{others}): {}", reason.in_short())
            }
            None => self.to_string(),
        }
    }

    /// Whether another key might help: worth another try when a key comes.
    pub fn may_want_another_key(&self) -> bool {
        match self {
            Self::Items { items, .. } => items.values().any(ItemError::may_want_another_key),
            Self::Blob(error) => error.may_want_another_key(),
            Self::Malformed(_)
            | Self::DeprecatedData
            | Self::BothData
            | Self::BlobContents(_)
            | Self::TooCostly { .. }
            | Self::Interrupted => false,
        }
    }
}

/// One line per kind of failure; the items of a kind stand in brackets behind it, sorted. What would make the text
/// long is counted rather than named, whatever the number of items.
fn lines(items: &BTreeMap<String, ItemError>, templates: &BTreeMap<String, gotemplate::Error>) -> String {
    let mut lines: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (item, ItemError(reason)) in items {
        match reason {
            Reason::BadBase64(_) => lines.entry((reason.to_string(), NEVER_SEALED)).or_default().push(item),
            Reason::NotLookedInto => lines.entry((reason.to_string(), "")).or_default().push(item),
            other => reasons.entry(other.to_string()).or_default().push(item),
        }
    }
    for (item, error) in templates {
        lines.entry((error.to_string(), "")).or_default().push(item);
    }
    let undecryptable = (!reasons.is_empty()).then(|| undecryptable(&reasons));
    let mut lines: Vec<_> =
        lines.into_iter().map(|((text, step), items)| folded(&text, &items) + step).collect();
    // The most useful line is never among those that are only counted.
    let others = lines.len().saturating_sub(MOST_LISTED);
    lines.truncate(MOST_LISTED);
    lines.extend(undecryptable);
    lines.sort();
    lines.extend((others > 0).then(|| format!("and {others} more kinds of failures")));
    lines.join("\n")
}

/// `no key could decrypt secret (a, b): REASON`, or with several reasons `…: REASON (a); REASON (b)`.
fn undecryptable(reasons: &BTreeMap<String, Vec<&str>>) -> String {
    let mut all: Vec<&str> = reasons.values().flatten().copied().collect();
    all.sort_unstable();
    let why: Vec<_> = match reasons.len() {
        1 => reasons.keys().cloned().collect(),
        _ => reasons.iter().take(MOST_LISTED).map(|(reason, items)| folded(reason, items)).collect(),
    };
    let others = match reasons.len().saturating_sub(MOST_LISTED) {
        0 => String::new(),
        others => format!("; and {others} more reasons"),
    };
    format!("{}: {}{others}", folded(NO_KEY, &all), why.join("; "))
}

/// Most names, reasons or lines that are listed; what is beyond is counted.
const MOST_LISTED: usize = 20;

fn folded(text: &str, items: &[&str]) -> String {
    let (shown, others) = items.split_at(items.len().min(MOST_LISTED));
    match others.len() {
        0 => format!("{text} ({})", shown.join(", ")),
        others => format!("{text} ({} and {others} more)", shown.join(", ")),
    }
}
