//! How a text is written in YAML so that every reader of YAML 1.1 and 1.2 reads it back.

use std::fmt::Write as _;

use crate::manifest::yaml::reads_as_text;

/// The notation of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Plain,
    Single,
    Double,
    /// `|` and what follows it: nothing, or `-` where the text does not end in a line break.
    Block(&'static str),
}

/// The notation that reads best and is safe; blocks are not possible for keys.
pub(super) fn notation(text: &str, block_allowed: bool) -> Notation {
    if text.chars().any(must_be_escaped) {
        Notation::Double
    } else if text.contains('\n') {
        match block(text) {
            Some(chomp) if block_allowed => Notation::Block(chomp),
            _ => Notation::Double,
        }
    } else if text.contains('\t') || text.is_empty() {
        Notation::Double
    } else if is_plain(text) {
        Notation::Plain
    } else {
        Notation::Single
    }
}

/// Writes a text in one line.
pub(super) fn inline(text: &str, notation: Notation, out: &mut String) {
    match notation {
        Notation::Plain => out.push_str(text),
        Notation::Single => {
            out.push('\'');
            out.push_str(&text.replace('\'', "''"));
            out.push('\'');
        }
        Notation::Double | Notation::Block(_) => double(text, out),
    }
}

/// Whether a literal block keeps this text; the indentation of the first line must be no part of it.
fn block(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let clean = |line: &str| !line.ends_with([' ', '\t']);
    let fits = !body.starts_with([' ', '\t', '\n']) && !body.is_empty() && !body.ends_with('\n');
    let fits = fits && body.lines().all(clean);
    fits.then_some(if text.ends_with('\n') { "" } else { "-" })
}

/// Whether a text needs no quotes as a value or key in block style.
fn is_plain(text: &str) -> bool {
    let first_fits = text.starts_with(|c: char| {
        c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '+' | '\\' | '^' | '$' | '(')
    });
    first_fits
        && reads_as_text(text)
        && !looks_numeric(text)
        && !text.starts_with("...")
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
}

/// Dates, base-60 numbers and the like, which other readers take for more than text.
fn looks_numeric(text: &str) -> bool {
    let numeric = |c: char| {
        c.is_ascii_hexdigit()
            || matches!(c, '_' | ':' | '.' | '+' | '-' | 'x' | 'X' | 'o' | 'O' | ' ' | 'T' | 't' | 'Z')
    };
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '.')) && text.chars().all(numeric)
}

/// What Go's reader refuses raw or takes for a line break, and what no one can see.
fn must_be_escaped(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\0'..' '
        | '\u{7f}'..='\u{a0}'
        | '\u{ad}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}'
        | '\u{205f}'..='\u{206f}'
        | '\u{3000}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{ffff}' => true,
        _ => false,
    }
}

/// Writes a text in double quotes, which are safe everywhere.
pub(in crate::manifest) fn quoted(text: &str, out: &mut String) {
    double(text, out);
}

fn double(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            _ if must_be_escaped(character) => {
                let code = u32::from(character);
                let written = match code {
                    0..0x100 => write!(out, "\\x{code:02X}"),
                    0x100..0x10000 => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
                written.expect("writing to a String does not fail");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
