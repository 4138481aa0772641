//! Flags, width and precision, and the texts that they apply to.

use super::value::Printer;
use crate::{error::Failure, strconv, unicode};

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one flag character of Go's format")]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`, which names the fields of structs
    pub(super) plus_v: bool,
    /// `%#v`, which prints Go syntax
    pub(super) sharp_v: bool,
}

impl Printer<'_, '_> {
    /// Appends bytes as they are.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.ctx.charge_growth(self.out, bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends the fill of a width.
    pub(super) fn fill(&mut self, count: usize) -> Result<(), Failure> {
        self.ctx.charge_growth(self.out, count)?;
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.resize(self.out.len() + count, byte);
        Ok(())
    }

    /// Appends a text, filled up to the width in characters.
    pub(super) fn pad(&mut self, text: &[u8]) -> Result<(), Failure> {
        let Some(width) = self.flags.width.filter(|width| *width > 0) else { return self.write(text) };
        let missing = width.saturating_sub(unicode::rune_count(text));
        if self.flags.minus {
            self.write(text)?;
            self.fill(missing)
        } else {
            self.fill(missing)?;
            self.write(text)
        }
    }

    /// [`Self::pad`], but never with zeros: they are part of the number already, or make no sense.
    pub(super) fn pad_blank(&mut self, text: &[u8]) -> Result<(), Failure> {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        let result = self.pad(text);
        self.flags.zero = zero;
        result
    }

    /// The characters that the precision leaves of a text.
    fn truncate<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        match self.flags.precision {
            Some(precision) if precision < text.len() => {
                unicode::runes(text).nth(precision).map_or(text, |(at, _)| &text[..at])
            }
            _ => text,
        }
    }

    /// A string or `[]byte` under a verb for text; `None` for other verbs.
    pub(super) fn text(&mut self, text: &[u8], verb: char) -> Option<Result<(), Failure>> {
        Some(match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => self.pad(self.truncate(text)),
            'x' => self.hex(text, b"0123456789abcdefx"),
            'X' => self.hex(text, b"0123456789ABCDEFX"),
            'q' => self.quoted(text),
            _ => return None,
        })
    }

    fn quoted(&mut self, text: &[u8]) -> Result<(), Failure> {
        let text = self.truncate(text);
        // Quoting may make four bytes of one.
        self.ctx.charge(text.len().saturating_mul(4))?;
        if self.flags.sharp && can_backquote(text) {
            return self.pad(&[b"`", text, b"`"].concat());
        }
        self.pad(&strconv::quote(text, self.flags.plus))
    }

    fn hex(&mut self, text: &[u8], digits: &[u8; 17]) -> Result<(), Failure> {
        let text = &text[..self.flags.precision.unwrap_or(text.len()).min(text.len())];
        if text.is_empty() {
            return self.fill(self.flags.width.unwrap_or(0));
        }
        let each = if self.flags.space && self.flags.sharp { 5 } else { 2 + usize::from(self.flags.space) };
        self.ctx.charge(text.len().saturating_mul(each))?;
        let mut hex = Vec::with_capacity(text.len() * each + 2);
        for (index, byte) in text.iter().enumerate() {
            if self.flags.space && index > 0 {
                hex.push(b' ');
            }
            if self.flags.sharp && (self.flags.space || index == 0) {
                hex.extend_from_slice(&[b'0', digits[16]]);
            }
            hex.extend_from_slice(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
        self.pad(&hex)
    }
}

/// Whether a raw string literal can hold the text on one line.
fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| {
        text.chars().all(|c| !matches!(c, '\u{FEFF}' | '`' | '\x7f') && (c >= ' ' || c == '\t'))
    })
}
