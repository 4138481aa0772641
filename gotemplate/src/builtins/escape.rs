//! `html`, `js` and `urlquery`.

use crate::{
    context::Context,
    error::Failure,
    format,
    function::{Args, Outcome},
    unicode,
    value::Value,
};

/// The text of the arguments: one string as it is, anything else as `print` gives it, except that a
/// missing value reads as it does in a template.
fn text(ctx: &mut Context<'_>, args: Args<'_>) -> Result<Vec<u8>, Failure> {
    let shown: Vec<Value> = args
        .rest(0)
        .iter()
        .map(|value| if matches!(value, Value::Nil) { Value::from("<no value>") } else { value.clone() })
        .collect();
    format::sprint(ctx, &shown)
}

pub(super) fn html(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = text(ctx, args)?;
    ctx.charge(text.len().saturating_mul(5))?;
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'\0' => unicode::push(&mut out, unicode::REPLACEMENT),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    Ok(out.into())
}

pub(super) fn js(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = text(ctx, args)?;
    ctx.charge(text.len().saturating_mul(6))?;
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (rune, len) = unicode::decode(&text[at..]);
        let rune = rune.unwrap_or(unicode::REPLACEMENT);
        match rune {
            '\\' | '\'' | '"' => {
                out.push(b'\\');
                unicode::push(&mut out, rune);
            }
            '<' | '>' | '&' | '=' | '\0'..' ' => push_code(&mut out, rune),
            // Compat: Go copies the bytes of what it can print, stray ones (U+FFFD) included.
            _ if rune.is_ascii() || unicode::is_print(rune) => out.extend_from_slice(&text[at..at + len]),
            _ => push_code(&mut out, rune),
        }
        at += len;
    }
    Ok(out.into())
}

fn push_code(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes());
}

pub(super) fn urlquery(ctx: &mut Context<'_>, args: Args<'_>) -> Outcome {
    let text = text(ctx, args)?;
    ctx.charge(text.len().saturating_mul(3))?;
    Ok(query_escape(&text).into())
}

/// Go's `url.QueryEscape`.
pub(crate) fn query_escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 2);
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}
