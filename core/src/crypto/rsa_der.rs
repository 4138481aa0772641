//! The structures that RSA keys stand in: PKCS#1, PKCS#8 and `SubjectPublicKeyInfo`, in DER.

use golang::der::{BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, element, only, write};
use zeroize::Zeroizing;

/// Content octets of the OID `rsaEncryption` (RFC 8017).
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// `AlgorithmIdentifier` of RSA: the OID above and NULL.
const RSA_ALGORITHM: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// PKCS#8 (version 0) around a PKCS#1 `RSAPrivateKey`.
pub(crate) fn pkcs8_of_pkcs1(pkcs1: &[u8]) -> Zeroizing<Vec<u8>> {
    let key = write(OCTET_STRING, &[pkcs1]);
    write(SEQUENCE, &[&[INTEGER, 1, 0], RSA_ALGORITHM, &key])
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
    use super::*;

    #[test]
    fn bits_count_from_the_highest_set_bit() {
        assert_eq!([bits(&[]), bits(&[0]), bits(&[1]), bits(&[0, 0x80]), bits(&[1, 0])], [0, 0, 1, 8, 9]);
    }
}
