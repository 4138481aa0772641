//! What Go's certificate parser refuses and this parser lets pass. Whatever the reference refuses to seal to
//! is refused here as well: such a certificate is damaged or made by a broken tool.

use golang::der;
use x509_parser::{
    asn1_rs::Any, certificate::X509Certificate, extensions::ParsedExtension, oid_registry, x509::X509Name,
};

const CONTEXT_0: u8 = 0xa0;
const NULL: &[u8] = &[0x05, 0x00];

/// Checks a certificate that parsed; what is wrong with it, if anything.
pub(super) fn check(certificate: &X509Certificate<'_>, whole: &[u8]) -> Result<(), &'static str> {
    let names = [certificate.subject(), certificate.issuer()];
    let checks = [
        (certificate.version().0 <= 2, "its version is unknown"),
        (is_positive_integer(certificate.raw_serial()), "its serial number is no positive number"),
        (same_algorithms(whole) == Some(true), "inner and outer signature algorithms differ"),
        (names.into_iter().all(is_well_formed), "a name in it is no text of its kind"),
        (certificate.extensions_map().is_ok(), "an extension stands in it twice"),
        (extensions_parse(certificate), "an extension in it does not parse"),
    ];
    checks.into_iter().try_for_each(|(holds, fault)| if holds { Ok(()) } else { Err(fault) })
}

/// Whether an RSA `SubjectPublicKeyInfo` has the parameters that RFC 3279 demands.
pub(super) fn has_null_parameters(spki: &[u8]) -> bool {
    let parameters = || {
        let (algorithm, _) = der::element(der::SEQUENCE, der::only(der::SEQUENCE, spki)?)?;
        der::element(der::OBJECT_IDENTIFIER, algorithm).map(|(_, parameters)| parameters)
    };
    parameters() == Some(NULL)
}

/// DER has one form per number, without a needless byte in front; a serial number is not negative.
fn is_positive_integer(octets: &[u8]) -> bool {
    match octets {
        [] => false,
        [0, next, ..] => *next >= 0x80,
        [first, ..] => *first < 0x80,
    }
}

/// Whether the signature's algorithm is the same, byte for byte, inside and outside of the signed part.
fn same_algorithms(whole: &[u8]) -> Option<bool> {
    let (signed, rest) = der::element(der::SEQUENCE, der::only(der::SEQUENCE, whole)?)?;
    let (outer, _) = der::element(der::SEQUENCE, rest)?;
    let rest = der::element(CONTEXT_0, signed).map_or(signed, |(_version, rest)| rest);
    let (_serial, rest) = der::element(der::INTEGER, rest)?;
    let (inner, _) = der::element(der::SEQUENCE, rest)?;
    Some(inner == outer)
}

fn is_well_formed(name: &X509Name<'_>) -> bool {
    name.iter_attributes().all(|attribute| is_text(attribute.attr_value()))
}

/// The kinds of text that Go knows, each with its characters.
fn is_text(value: &Any<'_>) -> bool {
    let bytes = value.data;
    match value.header.tag().0 {
        12 => std::str::from_utf8(bytes).is_ok(),
        18 => bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b' ')),
        19 => bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(byte)),
        20 => true,
        22 => bytes.is_ascii(),
        30 => bytes.len().is_multiple_of(2),
        _ => false,
    }
}

/// Only the one that every sealing certificate has: elsewhere this parser is stricter than Go's.
fn extensions_parse(certificate: &X509Certificate<'_>) -> bool {
    certificate.extensions().iter().all(|extension| {
        let is_basic = extension.oid == oid_registry::OID_X509_EXT_BASIC_CONSTRAINTS;
        !(is_basic && matches!(extension.parsed_extension(), ParsedExtension::ParseError { .. }))
    })
}
