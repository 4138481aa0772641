//! Numbers as Go prints them where a field wants text.

/// The shortest text that reads back as the same 32-bit float, in the form of C's `%g`.
///
/// Compat: the reference prints every float this way, so digits beyond seven are lost. Test: the `float` cases.
pub(super) fn shortest_32(number: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the reference's loss of digits")]
    let number = number as f32;
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..21).contains(&exponent) && (exponent < 6 || mantissa.trim_start_matches('-').len() > 99) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
