//! As much DER as key files need: elements with a one-byte tag.

use zeroize::Zeroizing;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// Content octets of the OID `rsaEncryption` (RFC 8017).
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `AlgorithmIdentifier` of RSA: the OID above and NULL.
const RSA_ALGORITHM: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// Splits off the first element, which must have this tag: its content and what follows it.
pub(crate) fn element(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = input.split_first()?;
    let (length, rest) = length(rest)?;
    (*first == tag).then(|| rest.split_at_checked(length))?
}

/// The content of an element that fills the whole input.
pub(crate) fn only(tag: u8, input: &[u8]) -> Option<&[u8]> {
    element(tag, input).and_then(|(content, rest)| rest.is_empty().then_some(content))
}

fn length(input: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = input.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), rest));
    }
    let (octets, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
    let fits = (1..=4).contains(&octets.len());
    fits.then(|| (octets.iter().fold(0, |sum, octet| (sum << 8) | usize::from(*octet)), rest))
}

/// One element made of parts; wiped when dropped, as it may hold a private key.
fn wrapped(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(length + 6));
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

/// PKCS#8 (version 0) around a PKCS#1 `RSAPrivateKey`.
pub(crate) fn pkcs8_of_pkcs1(pkcs1: &[u8]) -> Zeroizing<Vec<u8>> {
    let key = wrapped(OCTET_STRING, &[pkcs1]);
    wrapped(SEQUENCE, &[&[INTEGER, 1, 0], RSA_ALGORITHM, &key])
}

/// The algorithm's OID and the private key octets of a PKCS#8 structure. Go passes over what follows the
/// structure, so we do.
pub(crate) fn pkcs8_parts(pkcs8: &[u8]) -> Option<(&[u8], &[u8])> {
    let (structure, _) = element(SEQUENCE, pkcs8)?;
    let (_version, rest) = element(INTEGER, structure)?;
    let (algorithm, rest) = element(SEQUENCE, rest)?;
    let (oid, _parameters) = element(OBJECT_IDENTIFIER, algorithm)?;
    let (key, _attributes) = element(OCTET_STRING, rest)?;
    Some((oid, key))
}

/// Modulus and exponent of an RSA `SubjectPublicKeyInfo`, as DER writes integers.
pub(crate) fn rsa_numbers_of_spki(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let (algorithm, rest) = element(SEQUENCE, only(SEQUENCE, spki)?)?;
    let (oid, _parameters) = element(OBJECT_IDENTIFIER, algorithm)?;
    let key = element(BIT_STRING, rest)?.0.strip_prefix(&[0])?;
    let (modulus, rest) = element(INTEGER, only(SEQUENCE, key)?)?;
    let (exponent, _) = element(INTEGER, rest)?;
    (oid == RSA_ENCRYPTION).then_some((modulus, exponent))
}

/// Bits of a DER integer that is not negative.
pub(crate) fn bits(integer: &[u8]) -> u32 {
    let significant: &[u8] = match integer.iter().position(|octet| *octet != 0) {
        Some(at) => &integer[at..],
        None => return 0,
    };
    u32::try_from(significant.len() * 8).unwrap_or(u32::MAX) - significant[0].leading_zeros()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn an_element_of_any_length_reads_back() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            assert_eq!(only(OCTET_STRING, &wrapped(OCTET_STRING, &[&content])).unwrap(), content);
        }
    }

    #[test]
    fn broken_lengths_are_refused() {
        for input in [&[4][..], &[4, 1], &[4, 0x80], &[4, 0x85, 0, 0, 0, 0, 0], &[4, 0x82, 1], &[2, 0]] {
            assert_eq!(element(OCTET_STRING, input), None, "{input:?}");
        }
    }

    #[test]
    fn bits_count_from_the_highest_set_bit() {
        assert_eq!([bits(&[]), bits(&[0]), bits(&[1]), bits(&[0, 0x80]), bits(&[1, 0])], [0, 0, 1, 8, 9]);
    }
}
