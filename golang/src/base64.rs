//! Go's `base64.StdEncoding`: the standard alphabet with padding.
//!
//! The `base64` crate reads and writes. It accepts what Go accepts once line breaks are gone, and only what it refuses is
//! looked at again, for the place that Go names.

use std::{fmt, mem};

use base64::{
    Engine as _,
    alphabet::STANDARD,
    display::Base64Display,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig},
    },
};
use zeroize::Zeroizing;

/// Go ignores bits after the last whole byte; padding must be there and right.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// A text that is not base64: Go's `CorruptInputError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {at}")]
pub struct BadBase64 {
    /// The byte of the text that Go names, from 0: mostly the first that does not belong.
    pub at: usize,
}

/// Reads base64 as Go's `DecodeString`: CR and LF are passed over, bits after the last byte may be set, all else is
/// strict.
///
/// The bytes are the caller's to wipe. Beside them it takes a kibibyte, however long the text is.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, BadBase64> {
    let bytes =
        if text.iter().copied().any(is_line_break) { decode_lines(text) } else { ENGINE.decode(text).ok() };
    bytes.ok_or_else(|| BadBase64 { at: fault(text) })
}

/// Reads a text with line breaks, which the crate does not pass over.
fn decode_lines(text: &[u8]) -> Option<Vec<u8>> {
    let mut dense = text.iter().copied().filter(|byte| !is_line_break(*byte)).peekable();
    let mut out = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(4) * 3));
    // A multiple of four, so that no four digits are torn apart.
    let mut piece = Zeroizing::new([0; 1024]);
    while dense.peek().is_some() {
        let mut length = 0;
        for (place, byte) in piece.iter_mut().zip(&mut dense) {
            *place = byte;
            length += 1;
        }
        ENGINE.decode_vec(&piece[..length], &mut out).ok()?;
        if piece[..length].ends_with(b"=") && dense.peek().is_some() {
            return None;
        }
    }
    Some(mem::take(&mut *out))
}

/// Writes padded base64, as Go's `EncodeToString`.
pub fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Bytes that show as padded base64, piece by piece and without a text of their own.
pub fn displayed(bytes: &[u8]) -> impl fmt::Display {
    Base64Display::new(bytes, &ENGINE)
}

/// Where Go's `decodeQuantum` stops in a text that it refuses.
fn fault(text: &[u8]) -> usize {
    let mut count = 0;
    for (at, byte) in text.iter().copied().enumerate() {
        match byte {
            b'=' => return padding_fault(text, at, count),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => count = (count + 1) % 4,
            _ if is_line_break(byte) => {}
            _ => return at,
        }
    }
    text.len() - count
}

/// The fault of a text whose first `=` stands at `at`, after `count` digits of their four.
fn padding_fault(text: &[u8], at: usize, count: usize) -> usize {
    let skip = |at: usize| at + text[at..].iter().take_while(|byte| is_line_break(**byte)).count();
    let next = skip(at + 1);
    match count {
        0 | 1 => at,
        2 => match text.get(next) {
            None => text.len(),
            Some(b'=') => skip(next + 1),
            Some(_) => next - 1,
        },
        _ => next,
    }
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn line_breaks_and_trailing_bits_pass() {
        for (text, bytes) in [
            ("Zm\r\n9v\n", "foo"),
            ("YWxp\r\nY2U=\n", "alice"),
            ("Zh==", "f"),
            ("YR=\n=\r", "a"),
            ("", ""),
            ("\n", ""),
        ] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Ok(bytes.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn all_else_is_refused_with_the_place_that_go_names() {
        for (text, at) in [
            ("Zm9v Zm9v", 4),
            ("Zm\n9*", 4),
            ("YW xp", 2),
            ("Z-9v", 1),
            ("=", 0),
            ("Z===", 1),
            // Four digits that are begun and not ended: as many bytes before the end, line breaks or not.
            ("Zm8", 0),
            ("YWxpY", 4),
            ("YWxp\nY\n", 6),
            ("Zm8==", 4),
            ("YQ==YQ==", 4),
            ("YQ=", 3),
            ("YQ=\n", 4),
            ("YQ=x", 2),
            ("YQ=\nx", 3),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(BadBase64 { at }), "{text:?}");
        }
    }

    #[test]
    fn padding_ends_a_text_wherever_it_stands() {
        for digits in [1022, 1023] {
            let text = format!("{}{}\n", "A".repeat(digits), "=".repeat(1024 - digits));
            assert_eq!(decode(text.as_bytes()).map(|bytes| bytes.len()), Ok(digits * 3 / 4));
            assert_eq!(decode(format!("{text}AAAA").as_bytes()), Err(BadBase64 { at: 1025 }));
        }
    }

    proptest! {
        #[test]
        fn line_breaks_anywhere_change_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..3000), width in 1_usize..200) {
            let lines: Vec<u8> = encode(&bytes).into_bytes().chunks(width).flat_map(|line| [line, b"\r\n"].concat()).collect();
            prop_assert_eq!(decode(&lines), Ok(bytes));
        }

        #[test]
        fn what_is_written_reads_back(bytes: Vec<u8>) {
            prop_assert_eq!(encode(&bytes), displayed(&bytes).to_string());
            prop_assert_eq!(decode(encode(&bytes).as_bytes()), Ok(bytes));
        }
    }
}
