//! Pure: the line that says which sealing keys the items of an object are sealed to.

use std::{collections::HashMap, fmt};

use sealed_secrets_core::Fingerprint;

use super::shorten::shortened;

/// Names of key Secrets, or fingerprints where no name is known, each with its number of items; by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedTo(Vec<(String, u64)>);

impl SealedTo {
    /// Of these keys, whose Secrets have these names; nothing for an object without items.
    pub fn of(keys: &[(Fingerprint, u64)], secrets: &HashMap<Fingerprint, String>) -> Option<Self> {
        let name = |key| secrets.get(key).cloned().unwrap_or_else(|| key.to_string());
        let mut named: Vec<_> = keys.iter().map(|(key, items)| (name(key), *items)).collect();
        named.sort();
        (!named.is_empty()).then_some(Self(named))
    }
}

/// One line, of a kilobyte at most.
impl fmt::Display for SealedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = match &self.0[..] {
            [(only, _)] => vec![only.clone()],
            several => several.iter().map(|(name, items)| format!("{name} ({items})")).collect(),
        };
        f.write_str(&shortened(format!("{BEGINS}{}", names.join(", ")), LONGEST))
    }
}

/// What a message says besides, and its line about keys.
pub(super) fn split(message: &str) -> (&str, &str) {
    let (before, last) = message.rsplit_once('\n').unwrap_or(("", message));
    if last.starts_with(BEGINS) { (before, last) } else { (message, "") }
}

const BEGINS: &str = "sealed to ";
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use sealed_secrets_core::KeyPair;

    use super::*;

    fn key(name: &str) -> Fingerprint {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../testdata/keys/{name}.key"));
        *KeyPair::from_private_pem(&std::fs::read(path).expect("test data")).expect("a key").fingerprint()
    }

    #[test]
    fn one_key_is_named_and_of_several_each_with_its_items() {
        let (a, b) = (key("a"), key("b"));
        let names = HashMap::from([(a, "key-z".to_owned()), (b, "key-a".to_owned())]);
        let line = |keys: &[_], names| SealedTo::of(keys, names).map(|keys| keys.to_string());
        assert_eq!(line(&[], &names), None);
        assert_eq!(line(&[(a, 3)], &names).as_deref(), Some("sealed to key-z"));
        assert_eq!(line(&[(a, 3), (b, 1)], &names).as_deref(), Some("sealed to key-a (1), key-z (3)"));
        assert_eq!(line(&[(a, 1)], &HashMap::new()), Some(format!("sealed to {a}")));
    }

    #[test]
    fn the_line_is_found_behind_what_is_said_besides() {
        assert_eq!(split(""), ("", ""));
        assert_eq!(split("sealed to a"), ("", "sealed to a"));
        assert_eq!(split("odd\nodd too\nsealed to a"), ("odd\nodd too", "sealed to a"));
        assert_eq!(split("odd\nodd too"), ("odd\nodd too", ""));
    }
}
