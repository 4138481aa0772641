//! Go's `fmt`: how values print.
//!
//! ```text
//! sprint, sprintln, sprintf ▶ directive (the format string) ▶ value (one argument) ▶ pad (width, sign, zeros)
//! ```

mod directive;
mod number;
mod pad;
mod value;

use crate::{context::Context, error::Failure, value::Value};
use value::Printer;

/// Appends what `fmt.Sprint` gives for one value (its `%v`).
pub(crate) fn append_value(ctx: &mut Context<'_>, out: &mut Vec<u8>, value: &Value) -> Result<(), Failure> {
    match value {
        Value::Str(text) => {
            ctx.charge_growth(out, text.len())?;
            out.extend_from_slice(text);
            Ok(())
        }
        _ => Printer::new(ctx, out).argument(value, 'v'),
    }
}

/// Go's `fmt.Sprint`: a space between two operands when neither is a string.
pub(crate) fn sprint(ctx: &mut Context<'_>, values: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let mut after_text = true;
    for value in values {
        let text = matches!(value, Value::Str(_));
        if !text && !after_text {
            out.push(b' ');
        }
        append_value(ctx, &mut out, value)?;
        after_text = text;
    }
    Ok(out)
}

/// Go's `fmt.Sprintln`: a space between operands and a final newline.
pub(crate) fn sprintln(ctx: &mut Context<'_>, values: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        append_value(ctx, &mut out, value)?;
    }
    out.push(b'\n');
    Ok(out)
}

/// Go's `fmt.Sprintf`; mistakes in the format print as Go prints them.
pub(crate) fn sprintf(ctx: &mut Context<'_>, format: &[u8], values: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::with_capacity(format.len());
    directive::run(&mut Printer::new(ctx, &mut out), format, values)?;
    Ok(out)
}
