//! Go's `fmt`: how values print.

use crate::{context::Context, error::Failure, value::Value};

/// Appends what `fmt.Sprint` gives for one value (its `%v`).
pub(crate) fn append_value(ctx: &mut Context<'_>, out: &mut Vec<u8>, value: &Value) -> Result<(), Failure> {
    ctx.work(1)?;
    match value {
        Value::Str(s) => {
            ctx.charge(s.len())?;
            out.extend_from_slice(s);
            Ok(())
        }
        _ => Err(Failure::new("not written yet")),
    }
}
