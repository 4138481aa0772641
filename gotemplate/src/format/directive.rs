//! The format string of `printf`: flags, widths, argument indexes, verbs.

use super::{pad::Flags, value::Printer};
use crate::{
    error::Failure,
    unicode,
    value::{Kind, Value},
};

/// Prints `values` as `format` says.
pub(super) fn run(printer: &mut Printer<'_, '_>, format: &[u8], values: &[Value]) -> Result<(), Failure> {
    let mut reader =
        Reader { format, at: 0, values, next: 0, reordered: false, good_index: true, close: None };
    while reader.at < format.len() {
        let text = &format[reader.at..];
        let plain = text.iter().position(|byte| *byte == b'%').unwrap_or(text.len());
        printer.write(&text[..plain])?;
        reader.at += plain;
        if reader.at < format.len() {
            reader.at += 1;
            reader.directive(printer)?;
        }
    }
    printer.flags = Flags::default();
    if !reader.reordered && reader.next < values.len() {
        report_extra(printer, &values[reader.next..])?;
    }
    Ok(())
}

/// Widths, precisions and argument numbers beyond this are refused, as in Go.
const LARGEST: i64 = 1_000_000;

struct Reader<'a> {
    format: &'a [u8],
    at: usize,
    values: &'a [Value],
    /// Which argument comes next.
    next: usize,
    /// An index such as `[2]` was used: then unused arguments are not reported.
    reordered: bool,
    good_index: bool,
    /// The last `]` that was looked for: its place, or the end when there is none. Remembered, so that
    /// many `[` without one are not searched again and again.
    close: Option<usize>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// One directive; the `%` is past.
    fn directive(&mut self, printer: &mut Printer<'_, '_>) -> Result<(), Failure> {
        self.good_index = true;
        printer.flags = self.flags();
        // Compat: Go looks no further once a lower-case verb follows the flags at once.
        if let Some(verb @ b'a'..=b'z') = self.peek().filter(|_| self.next < self.values.len()) {
            self.at += 1;
            return self.print(printer, char::from(verb));
        }
        let mut after_index = self.index();
        self.width(printer, &mut after_index)?;
        self.precision(printer, &mut after_index)?;
        if !after_index {
            self.index();
        }
        if self.at >= self.format.len() {
            return printer.write(b"%!(NOVERB)");
        }
        let (verb, len) = unicode::decode(&self.format[self.at..]);
        let verb = verb.unwrap_or(unicode::REPLACEMENT);
        self.at += len;
        match verb {
            '%' => printer.write(b"%"),
            _ if !self.good_index => printer.write(format!("%!{verb}(BADINDEX)").as_bytes()),
            _ if self.next >= self.values.len() => printer.write(format!("%!{verb}(MISSING)").as_bytes()),
            _ => self.print(printer, verb),
        }
    }

    fn print(&mut self, printer: &mut Printer<'_, '_>, verb: char) -> Result<(), Failure> {
        let flags = &mut printer.flags;
        if matches!(verb, 'v' | 'w') {
            flags.sharp_v = std::mem::replace(&mut flags.sharp, false);
            flags.plus_v = std::mem::replace(&mut flags.plus, false);
        }
        let value = &self.values[self.next];
        self.next += 1;
        printer.argument(value, verb)
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                Some(b'#') => flags.sharp = true,
                Some(b'0') => flags.zero = true,
                Some(b'+') => flags.plus = true,
                Some(b'-') => flags.minus = true,
                Some(b' ') => flags.space = true,
                _ => return flags,
            }
            self.at += 1;
        }
    }

    fn width(&mut self, printer: &mut Printer<'_, '_>, after_index: &mut bool) -> Result<(), Failure> {
        if self.peek() == Some(b'*') {
            self.at += 1;
            *after_index = false;
            let Some(width) = self.integer_argument() else { return printer.write(b"%!(BADWIDTH)") };
            if width < 0 {
                printer.flags.minus = true;
                printer.flags.zero = false;
            }
            printer.flags.width = usize::try_from(width.unsigned_abs()).ok();
        } else {
            printer.flags.width = self.number(self.format.len());
            if *after_index && printer.flags.width.is_some() {
                self.good_index = false;
            }
        }
        Ok(())
    }

    fn precision(&mut self, printer: &mut Printer<'_, '_>, after_index: &mut bool) -> Result<(), Failure> {
        // Compat: a point at the very end is taken for the verb.
        if self.peek() != Some(b'.') || self.at + 1 >= self.format.len() {
            return Ok(());
        }
        self.at += 1;
        if *after_index {
            self.good_index = false;
        }
        *after_index = self.index();
        if self.peek() == Some(b'*') {
            self.at += 1;
            *after_index = false;
            printer.flags.precision = self.integer_argument().and_then(|p| usize::try_from(p).ok());
            if printer.flags.precision.is_none() {
                return printer.write(b"%!(BADPREC)");
            }
        } else {
            printer.flags.precision = Some(self.number(self.format.len()).unwrap_or(0));
        }
        Ok(())
    }

    /// A decimal number before `end`; a crazily long one counts as none and swallows the format.
    fn number(&mut self, end: usize) -> Option<usize> {
        let mut number: Option<i64> = None;
        while let Some(digit @ b'0'..=b'9') = self.peek().filter(|_| self.at < end) {
            let so_far = number.unwrap_or(0);
            if so_far > LARGEST {
                self.at = end;
                return None;
            }
            number = Some(so_far * 10 + i64::from(digit - b'0'));
            self.at += 1;
        }
        number.and_then(|number| usize::try_from(number).ok())
    }

    /// The argument of a `*`.
    fn integer_argument(&mut self) -> Option<i64> {
        let value = self.values.get(self.next)?;
        self.next += 1;
        let number = match value {
            Value::Int(number) | Value::Int64(number) => Some(*number),
            Value::Uint8(number) => Some(i64::from(*number)),
            Value::Uint64(number) => i64::try_from(*number).ok(),
            Value::Object(object) if matches!(object.kind(), Kind::Int | Kind::Int64) => object.integer(),
            _ => None,
        };
        number.filter(|number| (-LARGEST..=LARGEST).contains(number))
    }

    fn next_close(&mut self) -> usize {
        if let Some(close) = self.close.filter(|close| *close >= self.at) {
            return close;
        }
        let rest = &self.format[self.at..];
        let close = self.at + rest.iter().position(|byte| *byte == b']').unwrap_or(rest.len());
        self.close = Some(close);
        close
    }

    /// An argument index such as `[3]`; whether there was one.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let (open, close) = (self.at, self.next_close());
        if close == self.format.len() || self.format.len() - open < 3 {
            self.at += 1;
            self.good_index = false;
            return false;
        }
        self.at += 1;
        let number = self.number(close);
        let whole = self.at == close && number.is_some() && close > open + 1;
        self.at = close + 1;
        if !whole {
            self.good_index = false;
            return false;
        }
        match number.and_then(|number| number.checked_sub(1)).filter(|index| *index < self.values.len()) {
            Some(index) => self.next = index,
            None => self.good_index = false,
        }
        true
    }
}

fn report_extra(printer: &mut Printer<'_, '_>, extra: &[Value]) -> Result<(), Failure> {
    printer.write(b"%!(EXTRA ")?;
    for (index, value) in extra.iter().enumerate() {
        if index > 0 {
            printer.write(b", ")?;
        }
        if !matches!(value, Value::Nil) {
            printer.write(value.go_type().as_bytes())?;
            printer.write(b"=")?;
        }
        printer.argument(value, 'v')?;
    }
    printer.write(b")")
}
