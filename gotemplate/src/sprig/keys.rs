//! Private keys: made, read from PEM, and written as the reference writes them.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{self, KeySize},
    signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _},
};
use golang::{
    der::{self, BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE},
    pem,
};
use zeroize::Zeroizing;

use super::costs::{Cost, pay};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[Function::fixed("genPrivateKey", &[Type::Str], generate)];

/// A private key in the form that it is written in.
pub(super) struct PrivateKey {
    label: &'static str,
    der: Zeroizing<Vec<u8>>,
    usable: bool,
}

const NO_PEM: Failure = Failure::new("the private key is not in PEM");
const BROKEN: Failure =
    Failure::new("the private key cannot be read; RSA (2048 to 8192 bits), EC and Ed25519 keys can");
const NOT_MADE: Failure = Failure::new("a private key cannot be made");

const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

/// A curve: its name in ASN.1, the bytes of a number on it, and how it signs.
struct Curve {
    oid: &'static [u8],
    bytes: usize,
    algorithm: &'static EcdsaSigningAlgorithm,
}

static CURVES: [Curve; 3] = [
    Curve {
        oid: &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07],
        bytes: 32,
        algorithm: &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
    },
    Curve {
        oid: &[0x2B, 0x81, 0x04, 0x00, 0x22],
        bytes: 48,
        algorithm: &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
    },
    Curve {
        oid: &[0x2B, 0x81, 0x04, 0x00, 0x23],
        bytes: 66,
        algorithm: &signature::ECDSA_P521_SHA512_ASN1_SIGNING,
    },
];

impl PrivateKey {
    /// Reads the first PEM block of a text.
    pub(super) fn parse(ctx: &mut Context<'_>, text: &[u8]) -> Result<Self, Failure> {
        // Its numbers are checked against each other, which takes the longer the larger they are.
        ctx.work(text.len())?;
        let block = pem::blocks(text).next().ok_or(NO_PEM)?;
        match block.label {
            b"PRIVATE KEY" => Self::from_pkcs8(&block.bytes),
            b"RSA PRIVATE KEY" => Self::from_pkcs1(&block.bytes),
            b"EC PRIVATE KEY" => Self::from_sec1(&block.bytes, None),
            b"DSA PRIVATE KEY" => Self::from_dsa(block.bytes),
            _ => Err(Failure::new("the PEM block is no private key of a known kind")),
        }
    }

    /// A new RSA key.
    pub(super) fn generate_rsa(ctx: &mut Context<'_>, size: KeySize) -> Result<Self, Failure> {
        pay(ctx, if matches!(size, KeySize::Rsa2048) { Cost::Medium } else { Cost::Large })?;
        let pair = rsa::KeyPair::generate(size).map_err(|_| NOT_MADE)?;
        let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| NOT_MADE)?;
        Self::from_pkcs8(pkcs8.as_ref())
    }

    fn generate_ec(ctx: &mut Context<'_>) -> Result<Self, Failure> {
        pay(ctx, Cost::Small)?;
        let pair = EcdsaKeyPair::generate(CURVES[0].algorithm).map_err(|_| NOT_MADE)?;
        Self::from_pkcs8(pair.to_pkcs8v1().map_err(|_| NOT_MADE)?.as_ref())
    }

    fn generate_ed25519(ctx: &mut Context<'_>) -> Result<Self, Failure> {
        pay(ctx, Cost::Small)?;
        let mut seed = [0; 32];
        ctx.random(&mut seed);
        Ok(Self::from_seed(&seed))
    }

    fn from_pkcs8(input: &[u8]) -> Result<Self, Failure> {
        let parts = || {
            let (_, rest) = der::element(INTEGER, der::element(SEQUENCE, input)?.0)?;
            let (algorithm, rest) = der::element(SEQUENCE, rest)?;
            let (oid, parameters) = der::element(OBJECT_IDENTIFIER, algorithm)?;
            Some((oid, parameters, der::element(OCTET_STRING, rest)?.0))
        };
        let (oid, parameters, key) = parts().ok_or(BROKEN)?;
        match oid {
            RSA_ENCRYPTION => Self::from_pkcs1(key),
            EC_PUBLIC_KEY => {
                Self::from_sec1(key, der::element(OBJECT_IDENTIFIER, parameters).map(|(curve, _)| curve))
            }
            ED25519 => {
                let seed = der::only(OCTET_STRING, key).filter(|seed| seed.len() == 32).ok_or(BROKEN)?;
                Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| BROKEN)?;
                Ok(Self::from_seed(seed))
            }
            _ => Err(BROKEN),
        }
    }

    fn from_pkcs1(input: &[u8]) -> Result<Self, Failure> {
        der::only(SEQUENCE, input).ok_or(BROKEN)?;
        rsa::KeyPair::from_der(input).map_err(|_| BROKEN)?;
        Ok(Self { label: "RSA PRIVATE KEY", der: Zeroizing::new(input.to_vec()), usable: true })
    }

    fn from_seed(seed: &[u8]) -> Self {
        let algorithm = der::write(SEQUENCE, &[&der::write(OBJECT_IDENTIFIER, &[ED25519])]);
        let key = der::write(OCTET_STRING, &[&der::write(OCTET_STRING, &[seed])]);
        let der = der::write(SEQUENCE, &[&der::write(INTEGER, &[&[0]]), &algorithm, &key]);
        Self { label: "PRIVATE KEY", der, usable: true }
    }

    /// `outer` is the curve that a surrounding PKCS#8 names.
    fn from_sec1(input: &[u8], outer: Option<&[u8]>) -> Result<Self, Failure> {
        let parts = || {
            let (_, rest) = der::element(INTEGER, der::only(SEQUENCE, input)?)?;
            let (scalar, rest) = der::element(OCTET_STRING, rest)?;
            let named = der::element(0xA0, rest).and_then(|(named, _)| der::only(OBJECT_IDENTIFIER, named));
            Some((scalar, outer.or(named)?))
        };
        let (scalar, oid) = parts().ok_or(BROKEN)?;
        let curve = CURVES.iter().find(|curve| curve.oid == oid).ok_or(BROKEN)?;
        let padded = fit(scalar, curve.bytes).ok_or(BROKEN)?;
        let version = der::write(INTEGER, &[&[1]]);
        let scalar = der::write(OCTET_STRING, &[&padded]);
        let named = der::write(0xA0, &[&der::write(OBJECT_IDENTIFIER, &[oid])]);
        let bare = der::write(SEQUENCE, &[&version, &scalar, &named]);
        let pair = EcdsaKeyPair::from_private_key_der(curve.algorithm, &bare).map_err(|_| BROKEN)?;
        let public = der::write(0xA1, &[&der::write(BIT_STRING, &[&[0], pair.public_key().as_ref()])]);
        let der = der::write(SEQUENCE, &[&version, &scalar, &named, &public]);
        Ok(Self { label: "EC PRIVATE KEY", der, usable: true })
    }

    /// DSA keys are read, and cannot be used for anything.
    fn from_dsa(input: Zeroizing<Vec<u8>>) -> Result<Self, Failure> {
        let mut rest = der::only(SEQUENCE, &input).ok_or(BROKEN)?;
        for _ in 0..6 {
            (_, rest) = der::element(INTEGER, rest).ok_or(BROKEN)?;
        }
        Ok(Self { label: "DSA PRIVATE KEY", der: input, usable: false })
    }

    /// The key in PEM.
    pub(super) fn to_pem(&self) -> String {
        std::mem::take(&mut *pem::encode(self.label, &self.der))
    }

    /// The key for signing and being signed.
    pub(super) fn pair(&self) -> Result<rcgen::KeyPair, Failure> {
        if !self.usable {
            return Err(Failure::new(
                "certificates cannot be made with DSA keys; use an RSA, EC or Ed25519 key",
            ));
        }
        rcgen::KeyPair::try_from(self.der.as_slice()).map_err(|_| BROKEN)
    }
}

/// A big-endian number in exactly so many bytes.
fn fit(number: &[u8], bytes: usize) -> Option<Vec<u8>> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let significant = &number[zeros..];
    let missing = bytes.checked_sub(significant.len())?;
    Some([&vec![0; missing], significant].concat())
}

/// Compat: an unknown kind gives a sentence instead of an error.
fn generate(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let kind = args.str(0)?;
    let key = match &**kind {
        b"" | b"rsa" => PrivateKey::generate_rsa(ctx, KeySize::Rsa4096)?,
        b"ecdsa" => PrivateKey::generate_ec(ctx)?,
        b"ed25519" => PrivateKey::generate_ed25519(ctx)?,
        b"dsa" => {
            return Err(Failure::new("DSA keys are obsolete and not made here; use rsa, ecdsa or ed25519"));
        }
        _ => {
            ctx.charge(kind.len() * 2)?;
            return Ok([b"Unknown type ", &**kind].concat().into());
        }
    };
    Ok(key.to_pem().into())
}
