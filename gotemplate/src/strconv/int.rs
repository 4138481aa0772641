//! `ParseInt` and `ParseUint`.

use super::NumError;

/// Go's `ParseInt(text, base, 64)`; base 0 reads prefixes and underscores.
pub(crate) fn parse_int(text: &[u8], base: u32) -> Result<i64, NumError<i64>> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let clamp = if negative { i64::MIN } else { i64::MAX };
    match parse_magnitude(digits, base, text) {
        Err(NumError::Syntax) => Err(NumError::Syntax),
        Err(NumError::Range(_)) => Err(NumError::Range(clamp)),
        Ok(magnitude) if negative => 0_i64.checked_sub_unsigned(magnitude).ok_or(NumError::Range(clamp)),
        Ok(magnitude) => i64::try_from(magnitude).map_err(|_| NumError::Range(clamp)),
    }
}

/// Go's `ParseUint(text, base, 64)`.
pub(crate) fn parse_uint(text: &[u8], base: u32) -> Result<u64, NumError<u64>> {
    parse_magnitude(text, base, text)
}

fn parse_magnitude(digits: &[u8], base: u32, whole: &[u8]) -> Result<u64, NumError<u64>> {
    let (radix, digits) = if base == 0 { prefix(digits) } else { (base, digits) };
    if digits.is_empty() {
        return Err(NumError::Syntax);
    }
    let (mut value, mut underscores, mut overflow) = (0_u64, false, false);
    for byte in digits {
        if *byte == b'_' && base == 0 {
            underscores = true;
            continue;
        }
        let digit = char::from(*byte).to_digit(radix).ok_or(NumError::Syntax)?;
        match value.checked_mul(u64::from(radix)).and_then(|v| v.checked_add(u64::from(digit))) {
            Some(next) => value = next,
            None => overflow = true,
        }
    }
    if underscores && !underscores_ok(whole) {
        return Err(NumError::Syntax);
    }
    if overflow { Err(NumError::Range(u64::MAX)) } else { Ok(value) }
}

/// The base that Go's prefixes name, and the digits after the prefix.
fn prefix(digits: &[u8]) -> (u32, &[u8]) {
    match digits {
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', b'o' | b'O', rest @ ..] | [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, digits),
    }
}

/// Whether underscores stand only between digits, or between a base prefix and a digit.
pub(crate) fn underscores_ok(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    let (mut last, text, hex) = match text {
        [b'0', letter @ (b'b' | b'B' | b'o' | b'O' | b'x' | b'X'), rest @ ..] => {
            (b'0', rest, letter.eq_ignore_ascii_case(&b'x'))
        }
        _ => (b'^', text, false),
    };
    for byte in text {
        let digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        match (last, *byte) {
            (_, _) if digit => last = b'0',
            (b'0', b'_') => last = b'_',
            (b'_', _) | (_, b'_') => return false,
            _ => last = b'!',
        }
    }
    last != b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_zero_reads_gos_literals() {
        for (text, want) in
            [("010", 8), ("0x_1F", 31), ("1_000", 1000), ("0b11", 3), ("-0o17", -15), ("0", 0)]
        {
            assert_eq!(parse_int(text.as_bytes(), 0), Ok(want), "{text}");
        }
        for text in ["08", "0x", "1__0", "_1", "1_", "", "-", "1e3", "0_x1"] {
            assert_eq!(parse_int(text.as_bytes(), 0), Err(NumError::Syntax), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_saturates() {
        assert_eq!(parse_int(b"9223372036854775808", 10), Err(NumError::Range(i64::MAX)));
        assert_eq!(parse_int(b"-9223372036854775808", 10), Ok(i64::MIN));
        assert_eq!(parse_uint(b"18446744073709551616", 10), Err(NumError::Range(u64::MAX)));
    }
}
