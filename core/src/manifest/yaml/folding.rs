//! The text of a scalar while it is read: a range of the source as long as it stands there as it is meant.

use super::{
    scanner::Scanner,
    token::{Kind, Style},
};
use crate::manifest::{
    bounds::Bound,
    error::{Fault, Problem},
    tree::Text,
};

/// What has been read of a scalar.
pub(super) struct Taken {
    /// What stands in the source as it is meant, and is not among the decoded texts yet.
    start: usize,
    end: usize,
    /// Where its text begins among the decoded ones, once it differs from the source.
    decoded: Option<usize>,
}

impl Taken {
    /// Nothing yet; what will be taken begins at `at`.
    pub(super) fn new(at: usize) -> Self {
        Self { start: at, end: at, decoded: None }
    }

    /// A text that was decoded from its beginning.
    pub(super) fn decoded(start: usize) -> Self {
        Self { start: 0, end: 0, decoded: Some(start) }
    }
}

/// Line breaks since the last character, which the next one turns into text or not.
#[derive(Default)]
pub(super) struct Gap {
    first_break: &'static str,
    more_breaks: String,
    pub(super) broken: bool,
}

impl Gap {
    pub(super) fn break_line(&mut self, meaning: &'static str) {
        if self.broken {
            self.more_breaks.push_str(meaning);
        } else {
            self.first_break = meaning;
            self.broken = true;
        }
    }
}

impl<'t> Scanner<'t> {
    /// Takes the source up to here as it stands.
    pub(super) fn take(&self, text: &mut Taken) {
        text.end = self.cursor.mark.at;
    }

    /// Takes a character for what was passed since the last one.
    pub(super) fn put(&mut self, character: char, text: &mut Taken) {
        self.decode(text);
        self.decoded.push(character);
    }

    /// Takes a gap: blanks as they stand, one break as a blank, more as one less.
    pub(super) fn fold(&mut self, gap: &mut Gap, text: &mut Taken) {
        if !gap.broken {
            self.take(text);
            return;
        }
        self.decode(text);
        if gap.first_break != "\n" {
            self.decoded.push_str(gap.first_break);
        } else if gap.more_breaks.is_empty() {
            self.decoded.push(' ');
        }
        self.decoded.push_str(&gap.more_breaks);
        gap.more_breaks.clear();
        gap.broken = false;
        gap.first_break = "";
    }

    /// What was taken is decoded; what follows begins here.
    fn decode(&mut self, text: &mut Taken) {
        text.decoded.get_or_insert(self.decoded.len());
        self.decoded.push_str(&self.cursor.text[text.start..text.end]);
        text.start = self.cursor.mark.at;
        text.end = text.start;
    }

    pub(super) fn scalar(&mut self, text: &Taken, style: Style) -> Result<Kind<'t>, Fault> {
        let found = match text.decoded {
            Some(start) => {
                self.decoded.push_str(&self.cursor.text[text.start..text.end]);
                self.decoded.since(start)
            }
            None => Text::of_source(text.start, text.end),
        };
        let too_long =
            || Fault::new(self.cursor.mark.at, Problem::Bound { bound: Bound::Bytes, most: Text::LONGEST });
        found.map(|text| Kind::Scalar { text, style }).ok_or_else(too_long)
    }
}
