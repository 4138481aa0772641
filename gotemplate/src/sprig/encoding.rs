//! Base64, base32 and checksums.

use aws_lc_rs::digest;
use golang::base64;

use super::packages::base32;
use crate::{
    context::Context,
    function::{Args, Function, Outcome, Type},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("adler32sum", &[Type::Str], adler32),
    Function::fixed("b32dec", &[Type::Str], b32dec),
    Function::fixed("b32enc", &[Type::Str], b32enc),
    Function::fixed("b64dec", &[Type::Str], b64dec),
    Function::fixed("b64enc", &[Type::Str], b64enc),
    Function::fixed("sha1sum", &[Type::Str], |ctx, args| sum(ctx, args, &digest::SHA1_FOR_LEGACY_USE_ONLY)),
    Function::fixed("sha256sum", &[Type::Str], |ctx, args| sum(ctx, args, &digest::SHA256)),
    Function::fixed("sha512sum", &[Type::Str], |ctx, args| sum(ctx, args, &digest::SHA512)),
];

fn b64enc(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len() / 3 * 4 + 4)?;
    Ok(base64::encode(text).into())
}

/// Compat: what is no base64 gives a sentence instead of an error.
fn b64dec(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len())?;
    Ok(match base64::decode(text) {
        Ok(bytes) => bytes.into(),
        Err(bad) => bad.to_string().into(),
    })
}

fn b32enc(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len() * 8 / 5 + 8)?;
    Ok(base32::encode(text).into())
}

fn b32dec(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(0)?;
    ctx.charge(text.len().saturating_mul(2))?;
    Ok(match base32::decode(text) {
        Ok(bytes) => bytes.into(),
        Err(base32::Illegal(at)) => format!("illegal base32 data at input byte {at}").into(),
    })
}

/// Bytes as small hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn sum(ctx: &mut Context<'_>, args: Args<'_>, algorithm: &'static digest::Algorithm) -> Outcome {
    let text = args.str(0)?;
    ctx.work(text.len() / 64)?;
    ctx.charge(128)?;
    Ok(hexadecimal(digest::digest(algorithm, text).as_ref()).into())
}

fn adler32(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    const MODULUS: u32 = 65_521;
    let text = args.str(0)?;
    ctx.work(text.len() / 16)?;
    let (low, high) = text.iter().fold((1u32, 0u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % MODULUS;
        (low, (high + low) % MODULUS)
    });
    Ok((high << 16 | low).to_string().into())
}
