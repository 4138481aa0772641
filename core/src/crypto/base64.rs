//! Base64 as Go's standard encoding reads and writes it.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig},
    },
};

/// Go ignores bits after the last whole byte; padding must be there and right.
const GO: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// A text that is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {at}")]
pub struct BadBase64 {
    /// Offset of the first byte that does not belong, counted in the text as given.
    pub at: usize,
}

/// Reads base64: CR and LF are passed over, bits after the last byte may be set, all else is strict.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, BadBase64> {
    let kept;
    let dense = if text.iter().copied().any(is_line_break) {
        kept = text.iter().copied().filter(|byte| !is_line_break(*byte)).collect::<Vec<_>>();
        &kept
    } else {
        text
    };
    GO.decode(dense).map_err(|error| BadBase64 { at: original_offset(text, offset(&error, dense)) })
}

/// Writes padded base64.
pub fn encode(bytes: &[u8]) -> String {
    GO.encode(bytes)
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn offset(error: &base64::DecodeError, dense: &[u8]) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        base64::DecodeError::InvalidLength(_) | base64::DecodeError::InvalidPadding => {
            dense.iter().position(|byte| *byte == b'=').unwrap_or(dense.len())
        }
    }
}

/// Where the byte number `dense` of the text without line breaks stands in the text.
fn original_offset(text: &[u8], dense: usize) -> usize {
    text.iter()
        .enumerate()
        .filter(|(_, byte)| !is_line_break(**byte))
        .nth(dense)
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn line_breaks_and_trailing_bits_pass() {
        assert_eq!(decode(b"Zm\r\n9v\n").unwrap(), b"foo");
        assert_eq!(decode(b"Zh==").unwrap(), b"f");
        assert_eq!(decode(b"").unwrap(), b"");
    }

    #[test]
    fn all_else_is_refused_with_its_place() {
        for (text, at) in [("Zm9v Zm9v", 4), ("Zm\n9*", 4), ("Zm8", 3), ("Zm8==", 3), ("Z-9v", 1), ("=", 0)] {
            assert_eq!(decode(text.as_bytes()), Err(BadBase64 { at }), "{text:?}");
        }
    }
}
