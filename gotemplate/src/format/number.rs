//! Numbers under their verbs.

use super::value::Printer;
use crate::{error::Failure, strconv, unicode};

/// An integer of any Go type: sign and magnitude.
#[derive(Clone, Copy)]
pub(super) struct Integer {
    pub(super) negative: bool,
    pub(super) magnitude: u64,
    /// Signed types print no `0x` under `%#v`.
    pub(super) signed: bool,
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self { negative: value < 0, magnitude: value.unsigned_abs(), signed: true }
    }
}

impl From<u64> for Integer {
    fn from(value: u64) -> Self {
        Self { negative: false, magnitude: value, signed: false }
    }
}

impl Integer {
    /// The character of that number; Go converts modulo 2^32 below its largest rune.
    fn rune(self) -> char {
        let code = if self.negative { u64::MAX } else { self.magnitude };
        u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(unicode::REPLACEMENT)
    }
}

impl Printer<'_, '_> {
    /// An integer; `None` for verbs that are not for integers.
    pub(super) fn integer(&mut self, value: Integer, verb: char) -> Option<Result<(), Failure>> {
        Some(match verb {
            'v' if self.flags.sharp_v && !value.signed => {
                let sharp = std::mem::replace(&mut self.flags.sharp, true);
                let result = self.digits(value, 16, verb);
                self.flags.sharp = sharp;
                result
            }
            'v' | 'd' => self.digits(value, 10, verb),
            'b' => self.digits(value, 2, verb),
            'o' | 'O' => self.digits(value, 8, verb),
            'x' | 'X' => self.digits(value, 16, verb),
            'c' => self.pad(value.rune().encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => self.pad(&strconv::quote_rune(value.rune(), self.flags.plus)),
            'U' => self.code_point(value),
            _ => return None,
        })
    }

    fn digits(&mut self, value: Integer, base: u64, verb: char) -> Result<(), Failure> {
        let flags = self.flags;
        let mut least = 1;
        if let Some(precision) = flags.precision {
            least = precision;
            if precision == 0 && value.magnitude == 0 {
                let zero = std::mem::replace(&mut self.flags.zero, false);
                let result = self.fill(flags.width.unwrap_or(0));
                self.flags.zero = zero;
                return result;
            }
        } else if let Some(width) = flags.width.filter(|_| flags.zero && !flags.minus) {
            least = width.saturating_sub(usize::from(value.negative || flags.plus || flags.space));
        }
        self.ctx.charge(least)?;
        let mut text = reversed_digits(value.magnitude, base, verb == 'X');
        text.resize(text.len().max(least), b'0');
        if flags.sharp {
            match base {
                2 => text.extend_from_slice(b"b0"),
                8 if text.last() != Some(&b'0') => text.push(b'0'),
                16 => text.extend_from_slice(if verb == 'X' { b"X0" } else { b"x0" }),
                _ => {}
            }
        }
        if verb == 'O' {
            text.extend_from_slice(b"o0");
        }
        match (value.negative, flags.plus, flags.space) {
            (true, _, _) => text.push(b'-'),
            (false, true, _) => text.push(b'+'),
            (false, false, true) => text.push(b' '),
            (false, false, false) => {}
        }
        text.reverse();
        self.pad_blank(&text)
    }

    /// `%U`: `U+0041`, and the character itself with `#`.
    fn code_point(&mut self, value: Integer) -> Result<(), Failure> {
        let code = if value.negative { value.magnitude.wrapping_neg() } else { value.magnitude };
        let least = self.flags.precision.unwrap_or(4).max(4);
        self.ctx.charge(least)?;
        let mut digits = reversed_digits(code, 16, true);
        digits.resize(digits.len().max(least), b'0');
        digits.extend_from_slice(b"+U");
        digits.reverse();
        let rune = u32::try_from(code).ok().and_then(char::from_u32);
        if let Some(rune) = rune.filter(|rune| self.flags.sharp && unicode::is_print(*rune)) {
            digits.extend_from_slice(format!(" '{rune}'").as_bytes());
        }
        self.pad_blank(&digits)
    }

    /// A float; `None` for verbs that are not for floats.
    pub(super) fn float(&mut self, value: f64, verb: char) -> Option<Result<(), Failure>> {
        let (verb, precision) = match verb {
            'v' | 'g' => (b'g', None),
            'b' => (b'b', None),
            'G' => (b'G', None),
            'x' => (b'x', None),
            'X' => (b'X', None),
            'f' | 'F' => (b'f', Some(6)),
            'e' => (b'e', Some(6)),
            'E' => (b'E', Some(6)),
            _ => return None,
        };
        Some(self.float_text(value, verb, self.flags.precision.or(precision)))
    }

    fn float_text(&mut self, value: f64, verb: u8, precision: Option<usize>) -> Result<(), Failure> {
        self.ctx.charge(precision.unwrap_or(0).saturating_add(24))?;
        let mut text = strconv::format_float(value, verb, precision);
        if !matches!(text.first(), Some(b'-' | b'+')) {
            text.insert(0, b'+');
        }
        let flags = self.flags;
        if flags.space && text[0] == b'+' && !flags.plus {
            text[0] = b' ';
        }
        if !value.is_finite() {
            // Compat: an infinity always shows its sign, a NaN only when asked to.
            let start = usize::from(value.is_nan() && !flags.space && !flags.plus);
            return self.pad_blank(&text[start..]);
        }
        if flags.sharp && verb != b'b' {
            text = with_point(&text, verb, precision);
        }
        if !flags.plus && text[0] == b'+' {
            return self.pad(&text[1..]);
        }
        match flags.width {
            Some(width) if flags.zero && !flags.minus && width > text.len() => {
                // The sign comes before the zeros.
                self.write(&text[..1])?;
                self.fill(width - text.len())?;
                self.write(&text[1..])
            }
            _ => self.pad(&text),
        }
    }

    /// A complex number; `None` for verbs that are not for them.
    pub(super) fn complex(&mut self, re: f64, im: f64, verb: char) -> Option<Result<(), Failure>> {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return None;
        }
        let plus = self.flags.plus;
        let result = (|| {
            self.write(b"(")?;
            self.float(re, verb).unwrap_or(Ok(()))?;
            self.flags.plus = true;
            self.float(im, verb).unwrap_or(Ok(()))?;
            self.write(b"i)")
        })();
        self.flags.plus = plus;
        Some(result)
    }
}

fn reversed_digits(mut value: u64, base: u64, upper: bool) -> Vec<u8> {
    let alphabet = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let mut text = Vec::with_capacity(24);
    loop {
        text.push(alphabet[usize::try_from(value % base).expect("a digit is small")]);
        value /= base;
        if value == 0 {
            return text;
        }
    }
}

/// The `#` flag: a decimal point always, and for `%g` the trailing zeros.
fn with_point(text: &[u8], verb: u8, precision: Option<usize>) -> Vec<u8> {
    let mut digits = match verb {
        b'g' | b'G' | b'x' => precision.unwrap_or(6),
        _ => 0,
    };
    let hex = matches!(verb, b'x' | b'X');
    let is_tail = |byte: &u8| matches!(byte, b'p' | b'P') || !hex && matches!(byte, b'e' | b'E');
    let tail_at = text.iter().position(is_tail).unwrap_or(text.len());
    let (number, tail) = text.split_at(tail_at);
    let mut significant = false;
    for byte in &number[1..] {
        if *byte != b'.' {
            significant |= *byte != b'0';
            digits = digits.saturating_sub(usize::from(significant));
        }
    }
    let mut text = number.to_vec();
    if !number.contains(&b'.') {
        if number.len() == 2 && number[1] == b'0' {
            digits = digits.saturating_sub(1);
        }
        text.push(b'.');
    }
    text.resize(text.len() + digits, b'0');
    text.extend_from_slice(tail);
    text
}
