//! Names as the API server takes them, so that a flag that holds another ends the start and not a request.

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing at all.
    #[error("it is empty")]
    Empty,
    /// Longer than allowed.
    #[error("it has more than {0} characters")]
    Long(usize),
    /// A character that may not be used there.
    #[error("it holds {found:?}, and only {allowed} may be used")]
    Character {
        /// The character.
        found: char,
        /// Those that may be used.
        allowed: &'static str,
    },
    /// The first or the last character.
    #[error("it must begin and end with {0}")]
    End(&'static str),
    /// More than one slash.
    #[error("it has more than one /")]
    Slashes,
}

/// The name of a namespace: a DNS-1123 label.
pub(super) fn namespace(text: &str) -> Result<(), NameError> {
    checked(text, 63, &LOWER, |byte| byte == b'-', "a-z, 0-9 and -")
}

/// A DNS-1123 subdomain, as most objects are named.
pub(super) fn subdomain(text: &str) -> Result<(), NameError> {
    if text.len() > 253 {
        return Err(NameError::Long(253));
    }
    text.split('.')
        .try_for_each(|label| checked(label, 253, &LOWER, |byte| byte == b'-', "a-z, 0-9, - and ."))
}

/// The key of a label: a name, with or without the domain of who gave it.
pub(super) fn label_key(text: &str) -> Result<(), NameError> {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    if name.contains('/') {
        return Err(NameError::Slashes);
    }
    domain.map_or(Ok(()), subdomain)?;
    word(name)
}

/// The value of a label, which may be empty.
pub(super) fn label_value(text: &str) -> Result<(), NameError> {
    if text.is_empty() { Ok(()) } else { word(text) }
}

fn word(text: &str) -> Result<(), NameError> {
    checked(text, 63, &ANY, |byte| b"-_.".contains(&byte), "letters, digits, -, _ and .")
}

/// What the first and the last character are.
struct Ends {
    is: fn(&u8) -> bool,
    words: &'static str,
}

static LOWER: Ends =
    Ends { is: |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(), words: "one of a-z and 0-9" };
static ANY: Ends = Ends { is: u8::is_ascii_alphanumeric, words: "a letter or a digit" };

fn checked(
    text: &str,
    longest: usize,
    ends: &Ends,
    between: fn(u8) -> bool,
    allowed: &'static str,
) -> Result<(), NameError> {
    let (Some(first), Some(last)) = (text.as_bytes().first(), text.as_bytes().last()) else {
        return Err(NameError::Empty);
    };
    let fits = |c: char| u8::try_from(c).is_ok_and(|byte| (ends.is)(&byte) || between(byte));
    if let Some(found) = text.chars().find(|c| !fits(*c)) {
        return Err(NameError::Character { found, allowed });
    }
    if !(ends.is)(first) || !(ends.is)(last) {
        return Err(NameError::End(ends.words));
    }
    if text.len() > longest { Err(NameError::Long(longest)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_the_api_server_judges_them() {
        let long = "a".repeat(64);
        for (judge, good, bad) in [
            (
                namespace as fn(&str) -> Result<(), NameError>,
                &["a", "kube-system", "0"][..],
                &["", "A", "a.b", "-a", "a-", "a b", "\u{e4}", &long][..],
            ),
            (subdomain, &["a", "a.b-c", &long], &["", "a..b", ".a", "A.b", "a-.b", "a/b"]),
            (
                label_key,
                &["app", "A_b.c-d", "x.io/app"],
                &["", "/a", "x/", "a/b/c", "X.io/a", "-a", "a b", &long],
            ),
            (label_value, &["", "a", "A_b.c"], &["-a", "a.", "a b", "a/b", &long]),
        ] {
            for text in good {
                assert_eq!(judge(text), Ok(()), "{text}");
            }
            for text in bad {
                assert!(judge(text).is_err(), "{text}");
            }
        }
        assert_eq!(
            namespace("a_b").map_err(|error| error.to_string()),
            Err("it holds '_', and only a-z, 0-9 and - may be used".to_owned())
        );
    }
}
