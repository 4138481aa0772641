//! From a body to a SealedSecret whose ciphertexts can be opened one by one.

use std::{collections::BTreeMap, fmt, sync::Arc};

use sealed_secrets_core::{
    SealedSecret,
    manifest::{self, Bounds, Problem},
    unseal,
};

use super::{
    Web, account::Reservation, body::Received, limits::PER_REQUEST, refused::Refused, texts::NotDone,
};

/// A SealedSecret taken apart: what is opened is given up item by item.
pub(super) struct Object {
    /// All but the ciphertexts.
    pub(super) shell: SealedSecret,
    /// `spec.encryptedData`.
    pub(super) items: BTreeMap<String, String>,
    /// The deprecated `spec.data`.
    pub(super) blob: Option<String>,
}

/// Why a request does not succeed; each handler gives each its status.
#[derive(Debug)]
pub(super) enum Failure {
    /// It costs too much.
    Refused(Refused),
    /// The body is no SealedSecret.
    NotRead(String),
    /// It is one that must not be opened.
    Unfit(String),
    /// An item does not open.
    Unopened(String),
    /// There is no key to seal with.
    NoSealingKey,
    /// A job panicked.
    Broken,
}

impl From<NotDone> for Failure {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Busy => Self::Refused(Refused::Texts),
            NotDone::Broken => Self::Broken,
        }
    }
}

/// Reads a body on the thread for texts. `shape` gets what was read before it is taken apart.
pub(super) async fn read(
    web: &Web,
    received: Received,
    shape: fn(SealedSecret) -> SealedSecret,
) -> Result<(Object, Arc<Reservation>), Failure> {
    let Received { text, reservation } = received;
    let (account, accept) = (web.account.clone(), web.settings.accept_v1_data);
    // The charge goes with the text: one that waits for a caller who has hung up is still there.
    let job = move || {
        let object = one(&text)?;
        drop(text);
        unseal::check(&object, accept).map_err(|error| Failure::Unfit(brief(&error)))?;
        let mut shell = shape(object);
        let bytes = PER_REQUEST + weight(&shell);
        if let Some(most) = account.exceeded_by(bytes) {
            let words = format!("this object takes {bytes} bytes, and one request may hold {most}");
            return Err(Failure::Refused(Refused::Nodes(words)));
        }
        if !reservation.resize(bytes) {
            return Err(Failure::Refused(Refused::Bytes));
        }
        let items = std::mem::take(&mut shell.spec.encrypted_data);
        let blob = shell.spec.data.take();
        Ok((Object { shell, items, blob }, reservation))
    };
    web.texts.run(job).await?
}

/// One object that says what it is. Command lines always say it; what does not is no SealedSecret.
fn one(text: &[u8]) -> Result<SealedSecret, Failure> {
    let sealed = manifest::sealed_secret_within(text, &Bounds::NETWORK).map_err(|error| {
        let words = brief(&error);
        if matches!(error.problem, Problem::Bound { .. } | Problem::Depth) {
            Failure::Refused(Refused::Nodes(words))
        } else {
            Failure::NotRead(words)
        }
    })?;
    if sealed.kind.is_empty() || sealed.api_version.is_empty() {
        return Err(Failure::NotRead("kind or apiVersion is missing".to_owned()));
    }
    Ok(sealed)
}

/// Bytes that an object takes: those of its strings, and for each value the string's and the map's own.
fn weight(sealed: &SealedSecret) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
            // The writer of JSON writes what stands between values by itself.
            let value = matches!(part, b"," | b":" | b"[" | b"{");
            self.0 += part.len() + if value { PER_VALUE } else { 0 };
            Ok(part.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting does not fail; where it did, the object would be too large for everybody.
    serde_json::to_writer(&mut count, sealed).map_or(usize::MAX / 2, |()| count.0)
}

const PER_VALUE: usize = 64;

/// An error's text for the log: short and on one line, as it may name things of the caller's choice.
pub(super) fn brief(error: &impl fmt::Display) -> String {
    struct Short(String);
    impl fmt::Write for Short {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            for char in part.chars() {
                if self.0.len() >= MOST_LOGGED {
                    return Err(fmt::Error);
                }
                self.0.extend(char.escape_debug());
            }
            Ok(())
        }
    }
    let mut short = Short(String::new());
    if fmt::write(&mut short, format_args!("{error}")).is_err() {
        short.0.push('…');
    }
    short.0
}

const MOST_LOGGED: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_of_an_object_is_that_of_its_strings_and_its_values() {
        let mut sealed = SealedSecret::default();
        let empty = weight(&sealed);
        let value = "x".repeat(1000);
        sealed.spec.encrypted_data = (0..100).map(|at| (format!("{at:03}"), value.clone())).collect();
        let more = weight(&sealed) - empty;
        assert!((100 * 1003..100 * (1003 + 3 * PER_VALUE)).contains(&more), "{more}");
    }

    #[test]
    fn what_is_logged_of_an_error_is_short_and_one_line() {
        assert_eq!(brief(&"a\nb\u{1b}"), "a\\nb\\u{1b}");
        let long = brief(&"é".repeat(1 << 20));
        assert!(long.len() < 310 && long.ends_with('…'));
    }
}
