//! Scalars: where their text is, and what else is known of them.

use zeroize::{Zeroize, Zeroizing};

/// A scalar's text: a range of the source or of what was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::manifest) struct Text {
    pub(in crate::manifest) start: u32,
    pub(in crate::manifest) len: u32,
    pub(in crate::manifest) decoded: bool,
}

impl Text {
    /// Offsets have 32 bits.
    pub(in crate::manifest) const LONGEST: usize = u32::MAX as usize;

    /// A range of the source; `None` past 4 GiB.
    pub(in crate::manifest) fn of_source(start: usize, end: usize) -> Option<Self> {
        let len = u32::try_from(end - start).ok()?;
        Some(Self { start: u32::try_from(start).ok()?, len, decoded: false })
    }
}

/// A scalar with a tag, with a text that is decoded, or whose text begins elsewhere than the node.
#[derive(Clone, Copy, Debug)]
pub(in crate::manifest) struct Special {
    pub(in crate::manifest) text: Text,
    pub(in crate::manifest) tag: Tag,
    /// Whether the type is to be guessed from the text.
    pub(in crate::manifest) implicit: bool,
}

/// A tag, as far as it says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::manifest) enum Tag {
    None,
    Null,
    Bool,
    Int,
    Float,
    Binary,
    Timestamp,
    Merge,
    /// Text.
    Other,
}

/// Texts that do not stand in the source as they are meant, one behind the other.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Decoded(Zeroizing<String>);

impl Decoded {
    pub(in crate::manifest) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(in crate::manifest) fn push_str(&mut self, text: &str) {
        self.make_room(text.len());
        self.0.push_str(text);
    }

    pub(in crate::manifest) fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }

    /// What has been pushed since `start` as a text; `None` past 4 GiB.
    pub(in crate::manifest) fn since(&self, start: usize) -> Option<Text> {
        let len = u32::try_from(self.len() - start).ok()?;
        Some(Text { start: u32::try_from(start).ok()?, len, decoded: true })
    }

    /// Wipes what a plain `reserve` would leave behind.
    fn make_room(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() < more {
            let mut bigger = String::with_capacity((self.0.len() + more).max(self.0.capacity() * 2));
            bigger.push_str(&self.0);
            let mut old = std::mem::replace(&mut *self.0, bigger);
            old.zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn decoded_texts_keep_their_places_while_the_buffer_grows() {
        let mut decoded = Decoded::default();
        let texts: Vec<_> = (0..100)
            .map(|number| {
                let start = decoded.len();
                decoded.push_str(&"a".repeat(number));
                decoded.push('é');
                decoded.since(start).unwrap()
            })
            .collect();
        for (number, text) in texts.iter().enumerate() {
            let start = text.start as usize;
            assert_eq!(
                decoded.as_str()[start..start + text.len as usize],
                format!("{}é", "a".repeat(number))
            );
        }
        assert!(decoded.0.capacity() < 4 * decoded.len());
    }
}
