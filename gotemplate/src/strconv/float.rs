//! `ParseFloat` and `FormatFloat`.

use super::{NumError, underscores_ok};

/// Go's `ParseFloat(text, 64)`.
pub(crate) fn parse_float(text: &[u8]) -> Result<f64, NumError<f64>> {
    let text = std::str::from_utf8(text).map_err(|_| NumError::Syntax)?;
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let signed = |value: f64| if negative { -value } else { value };
    match body.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Ok(signed(f64::INFINITY)),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    if body.contains('_') && !underscores_ok(text.as_bytes()) {
        return Err(NumError::Syntax);
    }
    let digits = body.replace('_', "");
    let value = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hex) => parse_hex(hex),
        None => parse_decimal(&digits),
    };
    let value = signed(value.ok_or(NumError::Syntax)?);
    if value.is_infinite() { Err(NumError::Range(value)) } else { Ok(value) }
}

fn parse_decimal(digits: &str) -> Option<f64> {
    // Rust reads the same numbers, and a few words that Go has handled already.
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if plain && !digits.starts_with(['+', '-']) { digits.parse().ok() } else { None }
}

/// The number after `0x`: hexadecimal digits and a binary exponent, which Go requires.
fn parse_hex(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 =
        exponent.parse().unwrap_or(if exponent.starts_with('-') { -100_000 } else { 100_000 });
    let mut bits = 0_u64;
    let mut shift = exponent.saturating_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?);
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
        } else {
            // Beyond 60 bits only whether anything follows matters, for rounding.
            bits |= u64::from(digit != 0);
            shift = shift.saturating_add(4);
        }
    }
    Some(scale(bits, shift))
}

/// `bits * 2^shift`, in steps that neither overflow nor vanish too early.
#[expect(clippy::cast_precision_loss, reason = "rounding to the nearest float is what is wanted")]
fn scale(bits: u64, mut shift: i32) -> f64 {
    let mut value = bits as f64;
    while shift > 0 && value != 0.0 && value.is_finite() {
        let step = shift.min(1000);
        value *= 2_f64.powi(step);
        shift -= step;
    }
    while shift < 0 && value != 0.0 {
        let step = (-shift).min(1000);
        value /= 2_f64.powi(step);
        shift += step;
    }
    value
}

/// Go's `FormatFloat(value, verb, precision, 64)`; no precision asks for the shortest exact text.
pub(crate) fn format_float(value: f64, verb: u8, precision: Option<usize>) -> Vec<u8> {
    if value.is_nan() {
        return b"NaN".to_vec();
    }
    if value.is_infinite() {
        return if value > 0.0 { b"+Inf".to_vec() } else { b"-Inf".to_vec() };
    }
    let mut out = Vec::with_capacity(24);
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = value.abs();
    match verb {
        b'b' => push_binary(&mut out, value),
        b'x' | b'X' => push_hex(&mut out, value, verb, precision),
        b'f' | b'F' => push_fixed(&mut out, value, precision),
        b'e' | b'E' => push_exponent(&mut out, &Digits::of(value, precision.map(|p| p + 1)), verb, precision),
        _ => push_general(&mut out, value, verb, precision),
    }
    out
}

/// The significant digits of a number without trailing zeros, and where its decimal point stands.
struct Digits {
    text: Vec<u8>,
    point: i32,
}

/// No float has more significant decimal digits, or more decimal places, than this.
const MOST_DIGITS: usize = 1100;

impl Digits {
    /// The shortest digits that give the number back, or `count` correctly rounded ones.
    fn of(value: f64, count: Option<usize>) -> Self {
        let text = match count {
            None => format!("{value:e}"),
            Some(count) => format!("{value:.*e}", count.clamp(1, MOST_DIGITS) - 1),
        };
        let (mantissa, exponent) = text.split_once('e').expect("this format writes an exponent");
        let mut text: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while text.last() == Some(&b'0') {
            text.pop();
        }
        let exponent: i32 = exponent.parse().expect("the exponent is a small number");
        let point = if text.is_empty() { 0 } else { exponent + 1 };
        Self { text, point }
    }
}

fn push_fixed(out: &mut Vec<u8>, value: f64, precision: Option<usize>) {
    match precision {
        None => out.extend_from_slice(format!("{value}").as_bytes()),
        Some(precision) => {
            let exact = precision.min(MOST_DIGITS);
            out.extend_from_slice(format!("{value:.exact$}").as_bytes());
            out.resize(out.len() + precision - exact, b'0');
        }
    }
}

fn push_exponent(out: &mut Vec<u8>, digits: &Digits, verb: u8, precision: Option<usize>) {
    let places = precision.unwrap_or(digits.text.len().saturating_sub(1));
    out.push(digits.text.first().copied().unwrap_or(b'0'));
    if places > 0 {
        out.push(b'.');
        let rest = digits.text.get(1..).unwrap_or_default();
        let rest = &rest[..rest.len().min(places)];
        out.extend_from_slice(rest);
        out.resize(out.len() + places - rest.len(), b'0');
    }
    let exponent = if digits.text.is_empty() { 0 } else { digits.point - 1 };
    push_signed_exponent(out, verb, exponent);
}

fn push_signed_exponent(out: &mut Vec<u8>, letter: u8, exponent: i32) {
    out.push(letter);
    let sign = if exponent < 0 { '-' } else { '+' };
    out.extend_from_slice(format!("{sign}{:02}", exponent.abs()).as_bytes());
}

fn push_general(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>) {
    let precision = precision.map(|p| p.max(1));
    let digits = Digits::of(value, precision);
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= general_threshold(&digits, precision) {
        let letter = if verb == b'G' { b'E' } else { b'e' };
        return push_exponent(out, &digits, letter, None);
    }
    push_digits_fixed(out, &digits);
}

/// From which exponent on `%g` writes one. The shortest form decides as six digits would.
fn general_threshold(digits: &Digits, precision: Option<usize>) -> i32 {
    let Some(precision) = precision else { return 6 };
    let precision = i32::try_from(precision).unwrap_or(i32::MAX);
    let count = i32::try_from(digits.text.len()).unwrap_or(i32::MAX);
    if precision > count && count >= digits.point { count } else { precision }
}

/// The digits with their decimal point in place and no exponent.
fn push_digits_fixed(out: &mut Vec<u8>, digits: &Digits) {
    let point = usize::try_from(digits.point).unwrap_or(0);
    let leading = usize::try_from(-digits.point).unwrap_or(0);
    let text = &digits.text;
    if point == 0 {
        out.push(b'0');
    }
    out.extend_from_slice(&text[..point.min(text.len())]);
    out.resize(out.len() + point.saturating_sub(text.len()), b'0');
    if text.len() > point {
        out.push(b'.');
        out.resize(out.len() + leading, b'0');
        out.extend_from_slice(&text[point..]);
    }
}

/// The mantissa and the exponent of a float as integers.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let exponent = i32::try_from(bits >> 52 & 0x7FF).expect("eleven bits fit");
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

fn push_binary(out: &mut Vec<u8>, value: f64) {
    let (mantissa, exponent) = parts(value);
    out.extend_from_slice(format!("{mantissa}p{exponent:+}").as_bytes());
}

fn push_hex(out: &mut Vec<u8>, value: f64, verb: u8, precision: Option<usize>) {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    } else {
        // The leading one goes to bit 60, so that each nibble below is a digit.
        let shift = i32::try_from(mantissa.leading_zeros()).expect("at most 64") - 3;
        mantissa <<= shift;
        exponent += 60 - shift;
    }
    if let Some(places) = precision.filter(|p| *p < 15) {
        let cut = 60 - places * 4;
        let extra = (mantissa << (places * 4)) & ((1 << 60) - 1);
        mantissa >>= cut;
        // Half to even: the lowest kept bit breaks the tie.
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= cut;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let upper = verb == b'X';
    let hex = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    out.extend_from_slice(if upper { b"0X" } else { b"0x" });
    let digit = |mantissa: u64| hex[usize::try_from(mantissa >> 60 & 15).expect("four bits fit")];
    out.push(digit(mantissa));
    mantissa <<= 4;
    let mut left = precision.unwrap_or(usize::MAX);
    if left > 0 && (precision.is_some() || mantissa != 0) {
        out.push(b'.');
    }
    while left > 0 && (precision.is_some() || mantissa != 0) {
        out.push(digit(mantissa));
        mantissa <<= 4;
        left -= 1;
    }
    push_signed_exponent(out, if upper { b'P' } else { b'p' }, exponent);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, verb: u8, precision: Option<usize>, want: &str) {
        let got = String::from_utf8(format_float(value, verb, precision));
        assert_eq!(got.as_deref(), Ok(want));
    }

    #[test]
    fn the_shortest_general_form_switches_at_six_digits() {
        check(100_000.0, b'g', None, "100000");
        check(1e6, b'g', None, "1e+06");
        check(33_333_333.33, b'g', None, "3.333333333e+07");
        check(0.0001, b'g', None, "0.0001");
        check(0.00001, b'g', None, "1e-05");
        check(-0.0, b'g', None, "-0");
        check(5e-324, b'g', None, "5e-324");
    }

    #[test]
    fn precisions_round_the_exact_value() {
        check(123_456.0, b'g', Some(3), "1.23e+05");
        check(100_000.0, b'g', Some(8), "100000");
        check(0.35, b'f', Some(1), "0.3");
        check(2.5, b'f', Some(0), "2");
        check(0.0, b'e', Some(6), "0.000000e+00");
        check(1e21, b'f', None, "1000000000000000000000");
        assert_eq!(format_float(1e-10, b'f', Some(100_000)).len(), 100_002);
    }

    #[test]
    fn binary_and_hexadecimal_forms() {
        check(1.0, b'b', None, "4503599627370496p-52");
        check(0.1, b'x', None, "0x1.999999999999ap-04");
        check(3.5, b'x', Some(3), "0x1.c00p+01");
        check(5e-324, b'x', None, "0x1p-1074");
        check(1.999, b'X', Some(0), "0X1P+01");
        check(0.0, b'x', None, "0x0p+00");
    }

    #[test]
    fn literals_are_read_as_go_reads_them() {
        for (text, want) in [
            ("1_0.5_0", 10.5),
            ("0x1p4", 16.0),
            ("0x_1p-2", 0.25),
            (".5", 0.5),
            ("5.", 5.0),
            ("-Inf", f64::NEG_INFINITY),
            ("0x1p-1074", 5e-324),
            ("09.5", 9.5),
        ] {
            assert_eq!(parse_float(text.as_bytes()), Ok(want), "{text}");
        }
        for text in ["", ".", "0x1", "1__0", "1e", "infinite", "0x.p1", "--1", "+-1", "1 "] {
            assert_eq!(parse_float(text.as_bytes()), Err(NumError::Syntax), "{text}");
        }
        assert_eq!(parse_float(b"1e400"), Err(NumError::Range(f64::INFINITY)));
    }
}
