//! Bytes to text: UTF-8 with or without a byte order mark, and the UTF-16 that Windows shells write.

use std::borrow::Cow;

use super::error::{DecodeError, Problem};

const BOM: char = '\u{feff}';

/// Decodes the input; a byte order mark is taken off.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => Err(whole(Problem::Encoding)),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) if bytes_alternate_with_nul(bytes) => {
                debug_assert!(!text.is_empty());
                Err(whole(Problem::Utf16WithoutMark))
            }
            Ok(text) => Ok(Cow::Borrowed(text.strip_prefix(BOM).unwrap_or(text))),
            Err(_) => Err(whole(Problem::Encoding)),
        },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(whole(Problem::Encoding));
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .collect::<Result<String, _>>()
        .map_err(|_| whole(Problem::Encoding))
}

/// ASCII in UTF-16 has a NUL as every other byte.
fn bytes_alternate_with_nul(bytes: &[u8]) -> bool {
    matches!(bytes, [a, 0, b, 0, ..] if *a != 0 && *b != 0)
        || matches!(bytes, [0, a, 0, b, ..] if *a != 0 && *b != 0)
}

fn whole(problem: Problem) -> DecodeError {
    DecodeError { document: 0, place: None, path: String::new(), problem, templated: false }
}
