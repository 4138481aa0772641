//! Go's string: shared bytes of any kind.

use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

use zeroize::Zeroize as _;

/// Immutable bytes, cheap to clone. `Debug` prints the length alone, since the bytes may be secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Str(Arc<[u8]>);

impl Str {
    /// Overwrites the bytes with zeros, unless somebody else still holds them.
    pub(crate) fn wipe(&mut self) {
        if let Some(bytes) = Arc::get_mut(&mut self.0) {
            bytes.zeroize();
        }
    }

    /// Whether nobody else holds the bytes: they were just made.
    pub(crate) fn is_unshared(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl Deref for Str {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}
impl Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}
impl From<&[u8]> for Str {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}
impl From<&str> for Str {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}
impl From<Vec<u8>> for Str {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}
impl From<String> for Str {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}
impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Str({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Str;

    #[test]
    fn only_bytes_that_nobody_else_holds_are_wiped() {
        let mut text = Str::from("secret");
        let other = text.clone();
        text.wipe();
        assert_eq!(*other, *b"secret");
        drop(other);
        text.wipe();
        assert_eq!(*text, [0; 6]);
    }
}
