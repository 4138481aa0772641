//! Password hashes and encryption with a password.

use aws_lc_rs::{
    cipher::{AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey},
    iv::FixedLength,
};
use golang::base64;

use super::{
    costs::{Cost, pay},
    master_password,
};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("bcrypt", &[Type::Str], |ctx, args| Ok(hashed(ctx, args.str(0)?)?.into())),
    Function::fixed("decryptAES", &[Type::Str, Type::Str], decrypt),
    Function::fixed("derivePassword", &[Type::Uint32, Type::Str, Type::Str, Type::Str, Type::Str], derive),
    Function::fixed("encryptAES", &[Type::Str, Type::Str], encrypt),
    Function::fixed("htpasswd", &[Type::Str, Type::Str], htpasswd),
];

/// Rounds of bcrypt as a power of two.
const BCRYPT_COST: u32 = 10;
/// bcrypt reads no further.
const BCRYPT_BYTES: usize = 72;

/// Compat: a password that is too long gives a sentence instead of an error.
fn hashed(ctx: &mut Context<'_>, password: &[u8]) -> Result<String, Failure> {
    if password.len() > BCRYPT_BYTES {
        return Ok(
            "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned()
        );
    }
    pay(ctx, Cost::Small)?;
    let mut salt = [0; 16];
    ctx.random(&mut salt);
    let parts = bcrypt::hash_with_salt(password, BCRYPT_COST, salt)
        .map_err(|_| Failure::new("the password cannot be hashed with bcrypt"))?;
    Ok(parts.format_for_version(bcrypt::Version::TwoA))
}

/// Compat: a name with a colon gives a sentence instead of an error.
fn htpasswd(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let name = args.str(0)?;
    ctx.charge(name.len() * 2)?;
    if name.contains(&b':') {
        return Ok([b"invalid username: ", &**name].concat().into());
    }
    let hash = hashed(ctx, args.str(1)?)?;
    Ok([name, &b":"[..], hash.as_bytes()].concat().into())
}

fn derive(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let kind = args.str(1)?;
    let Some(kind) = master_password::Kind::named(kind) else {
        return Ok([b"cannot find password template ", &**kind].concat().into());
    };
    pay(ctx, Cost::Heavy)?;
    // The counter is 32 bits wide: larger numbers wrap, as in the reference.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "wrapping is wanted")]
    let counter = args.int(0)? as u32;
    let password = master_password::derive(counter, kind, args.str(2)?, args.str(3)?, args.str(4)?);
    password.map(Into::into).ok_or(Failure::new("the password cannot be derived"))
}

const BLOCK: usize = 16;

/// A key is the password itself, cut or filled up with zeros.
fn key(password: &[u8]) -> Result<UnboundCipherKey, Failure> {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    UnboundCipherKey::new(&AES_256, &key).map_err(|_| FAILED)
}

const FAILED: Failure = Failure::new("AES failed");

fn encrypt(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = args.str(1)?;
    if text.is_empty() {
        return Ok("".into());
    }
    ctx.charge(text.len().saturating_mul(3).saturating_add(64))?;
    let padding = BLOCK - text.len() % BLOCK;
    let mut content = text.to_vec();
    content.resize(text.len() + padding, u8::try_from(padding).unwrap_or(0));
    let mut iv = [0; BLOCK];
    ctx.random(&mut iv);
    EncryptingKey::cbc(key(args.str(0)?)?)
        .and_then(|key| key.less_safe_encrypt(&mut content, EncryptionContext::Iv128(FixedLength::from(iv))))
        .map_err(|_| FAILED)?;
    Ok(base64::encode(&[&iv[..], &content].concat()).into())
}

fn decrypt(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    const NOT_ENCRYPTED: Failure =
        Failure::new("the text was not encrypted with this password by encryptAES");
    let text = args.str(1)?;
    if text.is_empty() {
        return Ok("".into());
    }
    ctx.charge(text.len().saturating_mul(2))?;
    let sealed = base64::decode(text).map_err(|_| Failure::new("the encrypted text is not base64"))?;
    let (iv, content) = sealed.split_first_chunk::<BLOCK>().ok_or(NOT_ENCRYPTED)?;
    let mut content = content.to_vec();
    if content.is_empty() || content.len() % BLOCK != 0 {
        return Err(NOT_ENCRYPTED);
    }
    DecryptingKey::cbc(key(args.str(0)?)?)
        .and_then(|key| {
            key.decrypt(&mut content, DecryptionContext::Iv128(FixedLength::from(*iv)))?;
            Ok(())
        })
        .map_err(|_| FAILED)?;
    // Compat: only the last byte of the padding is looked at.
    let padding = usize::from(content.last().copied().unwrap_or(0));
    let length = content.len().checked_sub(padding).ok_or(NOT_ENCRYPTED)?;
    content.truncate(length);
    Ok(content.into())
}
