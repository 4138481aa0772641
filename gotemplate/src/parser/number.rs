//! Literal numbers: Go's ideal constants.

use crate::{
    ast::Number,
    strconv::{self, Unit},
};

/// Reads a character constant, quotes included.
pub(super) fn character(text: &str) -> Result<Number, &'static str> {
    let Some((unit, "'")) = strconv::unquote_char(&text[1..], '\'') else {
        return Err("malformed character constant");
    };
    let code = match unit {
        Unit::Rune(rune) => u32::from(rune),
        Unit::Byte(byte) => u32::from(byte),
    };
    Ok(Number {
        int: Some(i64::from(code)),
        uint: Some(u64::from(code)),
        float: Some(f64::from(code)),
        ..Number::default()
    })
}

/// Reads a sum such as `1.5-2i`.
pub(super) fn complex(text: &str) -> Result<Number, &'static str> {
    // The sign between the parts is the last one that is not an exponent's.
    let bytes = text.as_bytes();
    let split = (1..bytes.len())
        .rev()
        .find(|at| matches!(bytes[*at], b'+' | b'-') && !matches!(bytes[at - 1], b'e' | b'E' | b'p' | b'P'));
    let parts = split.and_then(|at| {
        let real = strconv::parse_float(&bytes[..at]).ok()?;
        let imaginary = strconv::parse_float(bytes[at..].strip_suffix(b"i")?).ok()?;
        Some((real, imaginary))
    });
    parts.map(|(real, imaginary)| simplified(real, imaginary)).ok_or("malformed complex number")
}

/// Reads an integer, a float or an imaginary number.
#[expect(clippy::cast_precision_loss, reason = "Go's constants become floats with the same loss")]
pub(super) fn number(text: &str) -> Result<Number, &'static str> {
    let imaginary = text.strip_suffix('i').map(|imaginary| strconv::parse_float(imaginary.as_bytes()));
    if let Some(Ok(imaginary)) = imaginary {
        return Ok(simplified(0.0, imaginary));
    }
    // As in Go, a hexadecimal number counts as a float only with its exponent.
    let hex = text.starts_with("0x") || text.starts_with("0X");
    let looks_like_float =
        if hex { text.contains(['p', 'P']) } else { text.contains(['.', 'e', 'E', 'p', 'P']) };
    let mut number = Number {
        int: strconv::parse_int(text.as_bytes(), 0).ok(),
        uint: strconv::parse_uint(text.as_bytes(), 0).ok(),
        looks_like_float,
        ..Number::default()
    };
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    number.float = match (number.int, number.uint) {
        (Some(int), _) => Some(int as f64),
        (None, Some(uint)) => Some(uint as f64),
        (None, None) => {
            let float = strconv::parse_float(text.as_bytes()).map_err(|_| "malformed number")?;
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err("the number is too large for an integer");
            }
            (number.int, number.uint) = integers(float);
            Some(float)
        }
    };
    Ok(number)
}

fn simplified(real: f64, imaginary: f64) -> Number {
    let mut number = Number { complex: Some((real, imaginary)), ..Number::default() };
    if imaginary == 0.0 {
        number.float = Some(real);
        (number.int, number.uint) = integers(real);
    }
    number
}

/// The integers that are exactly the float.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "both ranges are checked")]
fn integers(float: f64) -> (Option<i64>, Option<u64>) {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    let whole = float.fract() == 0.0;
    let int = (whole && (-TWO_63..TWO_63).contains(&float)).then_some(float as i64);
    let uint = (whole && (0.0..2.0 * TWO_63).contains(&float)).then_some(float as u64);
    (int, uint)
}
