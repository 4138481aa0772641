//! Base64 and base32 with Go's leniency and Go's error positions.

/// Input that is not of the encoding, with the byte that Go names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Illegal(pub(crate) usize);

/// Decodes standard base64 with padding; line ends are skipped, stray low bits are ignored.
pub(crate) fn decode64(text: &[u8]) -> Result<Vec<u8>, Illegal> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut at = 0;
    while at < text.len() {
        let (digits, length, next) = quantum64(text, at)?;
        at = next;
        if length == 0 {
            break;
        }
        let bits = digits.iter().fold(0u32, |bits, digit| bits << 6 | u32::from(*digit));
        out.extend_from_slice(&bits.to_be_bytes()[1..length]);
        if length < 4 {
            break;
        }
    }
    Ok(out)
}

/// Up to four digits from `at`, how many they are, and where the next begin.
fn quantum64(text: &[u8], mut at: usize) -> Result<([u8; 4], usize, usize), Illegal> {
    let mut digits = [0; 4];
    let mut count = 0;
    while count < 4 {
        let Some(&byte) = text.get(at) else {
            return if count == 0 { Ok((digits, 0, at)) } else { Err(Illegal(at - count)) };
        };
        at += 1;
        if let Some(digit) = digit64(byte) {
            digits[count] = digit;
            count += 1;
        } else if byte == b'=' {
            return padding64(text, at, count).map(|at| (digits, count, at));
        } else if !is_line_end(byte) {
            return Err(Illegal(at - 1));
        }
    }
    Ok((digits, 4, at))
}

/// Checks what follows the first `=`, which stands before `at` and after `count` digits.
fn padding64(text: &[u8], at: usize, count: usize) -> Result<usize, Illegal> {
    if count < 2 {
        return Err(Illegal(at - 1));
    }
    let mut at = skip_line_ends(text, at);
    if count == 2 {
        match text.get(at) {
            None => return Err(Illegal(text.len())),
            Some(b'=') => at = skip_line_ends(text, at + 1),
            Some(_) => return Err(Illegal(at - 1)),
        }
    }
    if at < text.len() { Err(Illegal(at)) } else { Ok(at) }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

fn skip_line_ends(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| is_line_end(**byte)).count()
}

fn digit64(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

const ALPHABET32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Encodes standard base32 with padding.
pub(crate) fn encode32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut block = [0u8; 8];
        block[3..3 + chunk.len()].copy_from_slice(chunk);
        let bits = u64::from_be_bytes(block);
        let digits = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = usize::try_from(bits >> (35 - 5 * index) & 31).unwrap_or(0);
            out.push(if index < digits { char::from(ALPHABET32[digit]) } else { '=' });
        }
    }
    out
}

/// Decodes standard base32 with padding; line ends are skipped.
pub(crate) fn decode32(text: &[u8]) -> Result<Vec<u8>, Illegal> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_line_end(*byte)).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut at = 0;
    while at < text.len() {
        let (bits, count, next) = quantum32(&text, at)?;
        at = next;
        out.extend_from_slice(&(bits << 24).to_be_bytes()[..count * 5 / 8]);
        if count < 8 {
            break;
        }
    }
    Ok(out)
}

/// Up to eight digits from `at` as bits of the upper 40, how many they are, and where the next begin.
fn quantum32(text: &[u8], mut at: usize) -> Result<(u64, usize, usize), Illegal> {
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
        let digit = ALPHABET32.iter().position(|digit| *digit == byte).ok_or(Illegal(at - 1))?;
        bits = bits << 5 | digit as u64;
    }
    Ok((bits, 8, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_lenient_as_go() {
        assert_eq!(decode64(b"YWxp\r\nY2U=\n"), Ok(b"alice".to_vec()));
        assert_eq!(decode64(b"YR=="), Ok(b"a".to_vec()));
        assert_eq!(decode64(b"YQ==YQ=="), Err(Illegal(4)));
        assert_eq!(decode64(b"YQ="), Err(Illegal(3)));
        assert_eq!(decode64(b"YQ=x"), Err(Illegal(2)));
        assert_eq!(decode64(b"YWxpY"), Err(Illegal(4)));
        assert_eq!(decode64(b"YW xp"), Err(Illegal(2)));
    }

    #[test]
    fn base32_is_as_lenient_as_go() {
        assert_eq!(decode32(b"MFWGSY3F\n"), Ok(b"alice".to_vec()));
        assert_eq!(decode32(b"ME====="), Err(Illegal(7)));
        assert_eq!(decode32(b"MFWGSY3"), Err(Illegal(0)));
        assert_eq!(decode32(b"mfwgsy3f"), Err(Illegal(0)));
        assert_eq!(decode32(encode32(b"\xff\x00\xfeA!7").as_bytes()), Ok(b"\xff\x00\xfeA!7".to_vec()));
    }
}
