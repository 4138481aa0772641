//! As much DER as key files need: elements with a tag of one byte.
//!
//! Lengths are as strict as in Go's `encoding/asn1`: as short as can be, and below two to the power of 31.

use zeroize::Zeroizing;

/// The tag of a number.
pub const INTEGER: u8 = 0x02;
/// The tag of bits; the first content octet counts those that are not used.
pub const BIT_STRING: u8 = 0x03;
/// The tag of bytes.
pub const OCTET_STRING: u8 = 0x04;
/// The tag of a name that is a path of numbers.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// The tag of elements one after the other.
pub const SEQUENCE: u8 = 0x30;

/// Splits off the first element, which must have this tag: its content and what follows it.
pub fn element(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = input.split_first()?;
    let (length, rest) = length(rest)?;
    (*first == tag).then(|| rest.split_at_checked(length))?
}

/// The content of an element that fills the whole input.
pub fn only(tag: u8, input: &[u8]) -> Option<&[u8]> {
    element(tag, input).and_then(|(content, rest)| rest.is_empty().then_some(content))
}

/// Go's `parseTagAndLength`, from the length on: it and what follows it.
fn length(input: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = input.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), rest));
    }
    let (octets, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
    if octets.len() > 4 || octets.first() == Some(&0) {
        return None;
    }
    let length = octets.iter().fold(0, |sum, octet| (sum << 8) | u32::from(*octet));
    // No octets at all are the length that is not known, which DER does not have.
    (0x80..1 << 31).contains(&length).then_some((usize::try_from(length).ok()?, rest))
}

/// Writes one element made of parts; wiped when dropped, as it may hold a private key.
pub fn write(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(length + 10));
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let octets = length.to_be_bytes();
            let used = octets.iter().skip_while(|octet| **octet == 0).count();
            out.push(0x80 | u8::try_from(used).unwrap_or(8));
            out.extend_from_slice(&octets[octets.len() - used..]);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_of_any_length_reads_back() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            assert_eq!(only(OCTET_STRING, &write(OCTET_STRING, &[&content])), Some(&content[..]));
        }
    }

    #[test]
    fn what_follows_an_element_is_told_apart() {
        let input = [&write(INTEGER, &[&[1], &[2]])[..], &[9]].concat();
        assert_eq!(element(INTEGER, &input), Some((&[1, 2][..], &[9][..])));
        assert_eq!(only(INTEGER, &input), None);
        assert_eq!(element(SEQUENCE, &input), None);
    }

    #[test]
    fn broken_lengths_are_refused() {
        let long: Vec<u8> = [&[4, 0x81, 0x7f][..], &[0; 0x7f]].concat();
        let padded: Vec<u8> = [&[4, 0x82, 0, 0x80][..], &[0; 0x80]].concat();
        for input in
            [&[4][..], &[4, 1], &[4, 0x80], &[4, 0x85, 0, 0, 0, 0, 0], &[4, 0x82, 1], &[2, 0], &long, &padded]
        {
            assert_eq!(element(OCTET_STRING, input), None, "{input:?}");
        }
    }
}
