//! Random text and numbers, all from the render's own source.

use golang::base64;

use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    value::Value,
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("randAlpha", &[Type::Int], |ctx, args| letters(ctx, args, u8::is_ascii_alphabetic)),
    Function::fixed("randAlphaNum", &[Type::Int], |ctx, args| letters(ctx, args, u8::is_ascii_alphanumeric)),
    Function::fixed("randAscii", &[Type::Int], |ctx, args| {
        letters(ctx, args, |byte| matches!(byte, b' '..=b'~'))
    }),
    Function::fixed("randBytes", &[Type::Int], bytes),
    Function::fixed("randInt", &[Type::Int, Type::Int], int),
    Function::fixed("randNumeric", &[Type::Int], |ctx, args| letters(ctx, args, u8::is_ascii_digit)),
    Function::fixed("uuidv4", &[], uuid),
];

/// A number below `bound`, each as likely as any other.
pub(super) fn below(ctx: &Context<'_>, bound: u64) -> u64 {
    // Numbers from the uneven top of the range are drawn again.
    let even = u64::MAX - u64::MAX % bound.max(1);
    loop {
        let mut buffer = [0; 8];
        ctx.random(&mut buffer);
        let number = u64::from_ne_bytes(buffer);
        if number < even {
            return number % bound.max(1);
        }
    }
}

fn letters(ctx: &mut Context<'_>, args: Args<'_>, wanted: fn(&u8) -> bool) -> Outcome {
    // Compat: a negative length is an empty text.
    let length = usize::try_from(args.int(0)?).unwrap_or(0);
    ctx.charge(length)?;
    ctx.work(length)?;
    let alphabet: Vec<u8> = (0..=u8::MAX).filter(wanted).collect();
    let bound = alphabet.len() as u64;
    let text: Vec<u8> =
        (0..length).map(|_| alphabet[usize::try_from(below(ctx, bound)).unwrap_or(0)]).collect();
    Ok(text.into())
}

fn bytes(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let length =
        usize::try_from(args.int(0)?).map_err(|_| Failure::new("the number of bytes is negative"))?;
    ctx.charge(length.saturating_mul(3))?;
    let mut buffer = vec![0; length];
    ctx.random(&mut buffer);
    Ok(base64::encode(&buffer).into())
}

fn int(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let (low, high) = (args.int(0)?, args.int(1)?);
    let width = high.wrapping_sub(low);
    if width <= 0 {
        return Err(Failure::new("the upper bound must be larger than the lower one"));
    }
    let offset = below(ctx, width.unsigned_abs());
    Ok(Value::Int(low.wrapping_add_unsigned(offset)))
}

fn uuid(ctx: &mut Context<'_>, _: Args<'_>) -> Outcome {
    let mut bytes = [0; 16];
    ctx.random(&mut bytes);
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let digits = super::encoding::hexadecimal(&bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(parts.join("-").into())
}
