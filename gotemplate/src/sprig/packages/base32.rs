//! Base32 with Go's leniency and Go's error positions.

/// Input that is not of the encoding, with the byte that Go names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Illegal(pub(crate) usize);

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Encodes standard base32 with padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut block = [0u8; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(block);
        let digits = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or(0);
            out.push(if index < digits { char::from(ALPHABET[digit]) } else { '=' });
        }
    }
    out
}

/// Decodes standard base32 with padding; line ends are skipped.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Illegal> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_line_end(*byte)).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut at = 0;
    while at < text.len() {
        let (bits, count, next) = quantum(&text, at)?;
        at = next;
        out.extend_from_slice(&(bits << 24).to_be_bytes()[..count * 5 / 8]);
        if count < 8 {
            break;
        }
    }
    Ok(out)
}

/// Up to eight digits from `at` as bits of the upper 40, how many they are, and where the next begin.
fn quantum(text: &[u8], mut at: usize) -> Result<(u64, usize, usize), Illegal> {
    let mut bits = 0u64;
    for count in 0..8 {
        let Some(&byte) = text.get(at) else {
            return Err(Illegal(text.len() - count));
        };
        at += 1;
        let left = text.len() - at;
        if byte == b'=' && count >= 2 && left < 8 {
            if left + count < 7 {
                return Err(Illegal(text.len()));
            }
            if let Some(wrong) = text[at..].iter().take(7 - count).position(|byte| *byte != b'=') {
                return Err(Illegal((at + wrong).saturating_sub(1)));
            }
            // So many digits cannot end on a byte.
            if matches!(count, 3 | 6) {
                return Err(Illegal(at - 1));
            }
            return Ok((bits << (5 * (8 - count)), count, at));
        }
        let digit = ALPHABET.iter().position(|digit| *digit == byte).ok_or(Illegal(at - 1))?;
        bits = bits << 5 | digit as u64;
    }
    Ok((bits, 8, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_as_lenient_as_go() {
        assert_eq!(decode(b"MFWGSY3F\n"), Ok(b"alice".to_vec()));
        assert_eq!(decode(b"ME====="), Err(Illegal(7)));
        assert_eq!(decode(b"MFWGSY3"), Err(Illegal(0)));
        assert_eq!(decode(b"mfwgsy3f"), Err(Illegal(0)));
        assert_eq!(decode(encode(b"\xff\x00\xfeA!7").as_bytes()), Ok(b"\xff\x00\xfeA!7".to_vec()));
    }
}
