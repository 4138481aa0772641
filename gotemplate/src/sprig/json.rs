//! JSON written as Go writes it: sorted keys, HTML characters escaped, its own form of floats.

use golang::base64;

use super::{json_read, objects, packages::unicode};
use crate::{
    context::Context,
    error::Failure,
    function::{Args, Function, Outcome, Type},
    strconv,
    value::{Elem, List, Map, Value},
};

/// The functions of this family.
pub(super) const TABLE: &[Function] = &[
    Function::fixed("fromJson", &[Type::Str], |ctx, args| Ok(json_read::read(ctx, args.str(0)?)?.lenient())),
    Function::fixed("mustFromJson", &[Type::Str], |ctx, args| json_read::read(ctx, args.str(0)?)?.strict()),
    Function::fixed("mustToJson", &[Type::Any], |ctx, args| written(ctx, args, COMPACT)),
    Function::fixed("mustToPrettyJson", &[Type::Any], |ctx, args| written(ctx, args, PRETTY)),
    Function::fixed("mustToRawJson", &[Type::Any], |ctx, args| written(ctx, args, RAW)),
    Function::fixed("toJson", &[Type::Any], |ctx, args| lenient(ctx, args, COMPACT)),
    Function::fixed("toPrettyJson", &[Type::Any], |ctx, args| lenient(ctx, args, PRETTY)),
    Function::fixed("toRawJson", &[Type::Any], |ctx, args| written(ctx, args, RAW)),
];

#[derive(Clone, Copy)]
struct Style {
    escape_html: bool,
    indent: bool,
}

const COMPACT: Style = Style { escape_html: true, indent: false };
const PRETTY: Style = Style { escape_html: true, indent: true };
const RAW: Style = Style { escape_html: false, indent: false };

fn written(ctx: &mut Context<'_>, args: Args<'_>, style: Style) -> Outcome {
    let mut writer = Writer { out: Vec::new(), style, level: 0 };
    writer.value(ctx, args.any(0))?;
    Ok(writer.out.into())
}

/// Compat: what JSON cannot hold is an empty text; limits stay errors.
fn lenient(ctx: &mut Context<'_>, args: Args<'_>, style: Style) -> Outcome {
    match written(ctx, args, style) {
        Err(Failure::Message(_)) => Ok("".into()),
        outcome => outcome,
    }
}

struct Writer {
    out: Vec<u8>,
    style: Style,
    level: usize,
}

impl Writer {
    fn put(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) -> Result<(), Failure> {
        ctx.charge_growth(&mut self.out, bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn value(&mut self, ctx: &mut Context<'_>, value: &Value) -> Result<(), Failure> {
        ctx.work(1)?;
        match value {
            Value::Nil => self.put(ctx, b"null"),
            Value::Bool(yes) => self.put(ctx, if *yes { b"true" } else { b"false" }),
            Value::Int(number) | Value::Int64(number) => self.put(ctx, number.to_string().as_bytes()),
            Value::Uint8(number) => self.put(ctx, number.to_string().as_bytes()),
            Value::Uint64(number) => self.put(ctx, number.to_string().as_bytes()),
            Value::Float(number) => self.put(ctx, &float(*number)?),
            Value::Complex(..) => Err(Failure::new("JSON has no complex numbers")),
            Value::Str(text) => self.text(ctx, text),
            Value::List(list) => self.list(ctx, list),
            Value::Map(map) => self.map(ctx, map),
            Value::Object(object) => match objects::to_json(object) {
                objects::Json::Text(text) => self.text(ctx, &text),
                objects::Json::Number(number) => self.put(ctx, number.to_string().as_bytes()),
                objects::Json::Fields(fields) => {
                    let fields: Vec<_> =
                        fields.iter().map(|(name, value)| (name.as_bytes(), value.clone())).collect();
                    self.entries(ctx, &fields)
                }
                objects::Json::Unsupported => Err(Failure::new("JSON cannot hold this value")),
            },
        }
    }

    fn list(&mut self, ctx: &mut Context<'_>, list: &List) -> Result<(), Failure> {
        if list.is_nil() {
            return self.put(ctx, b"null");
        }
        if list.elem() == Elem::Byte {
            let text = base64::encode(&list.as_bytes().unwrap_or_default());
            return self.text(ctx, text.as_bytes());
        }
        if list.len() == 0 {
            return self.put(ctx, b"[]");
        }
        ctx.deeper(|ctx| {
            self.put(ctx, b"[")?;
            self.level += 1;
            for (index, item) in list.items().iter().enumerate() {
                self.separate(ctx, index)?;
                self.value(ctx, item)?;
            }
            self.level -= 1;
            self.new_line(ctx)?;
            self.put(ctx, b"]")
        })
    }

    fn map(&mut self, ctx: &mut Context<'_>, map: &Map) -> Result<(), Failure> {
        if map.is_nil() {
            return self.put(ctx, b"null");
        }
        ctx.deeper(|ctx| {
            let entries = map.entries();
            let fields: Vec<(&[u8], Value)> =
                entries.iter().map(|(key, value)| (&**key, value.clone())).collect();
            self.entries(ctx, &fields)
        })
    }

    fn entries(&mut self, ctx: &mut Context<'_>, entries: &[(&[u8], Value)]) -> Result<(), Failure> {
        if entries.is_empty() {
            return self.put(ctx, b"{}");
        }
        self.put(ctx, b"{")?;
        self.level += 1;
        for (index, (key, value)) in entries.iter().enumerate() {
            self.separate(ctx, index)?;
            self.text(ctx, key)?;
            self.put(ctx, if self.style.indent { b": " } else { b":" })?;
            self.value(ctx, value)?;
        }
        self.level -= 1;
        self.new_line(ctx)?;
        self.put(ctx, b"}")
    }

    fn separate(&mut self, ctx: &mut Context<'_>, index: usize) -> Result<(), Failure> {
        if index > 0 {
            self.put(ctx, b",")?;
        }
        self.new_line(ctx)
    }

    fn new_line(&mut self, ctx: &mut Context<'_>) -> Result<(), Failure> {
        if !self.style.indent {
            return Ok(());
        }
        ctx.charge_growth(&mut self.out, 1 + 2 * self.level)?;
        self.out.push(b'\n');
        self.out.resize(self.out.len() + 2 * self.level, b' ');
        Ok(())
    }

    fn text(&mut self, ctx: &mut Context<'_>, text: &[u8]) -> Result<(), Failure> {
        ctx.charge_growth(&mut self.out, text.len() + 2)?;
        self.out.push(b'"');
        let mut rest = text;
        while let Some((rune, width)) = unicode::decode(rest) {
            self.rune(ctx, rune, &rest[..width])?;
            rest = &rest[width..];
        }
        self.out.push(b'"');
        Ok(())
    }

    /// Appends a rune of a text; what it takes beside its own bytes is still to be paid for.
    fn rune(&mut self, ctx: &mut Context<'_>, rune: char, bytes: &[u8]) -> Result<(), Failure> {
        let short = match rune {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{C}' => "\\f",
            char::REPLACEMENT_CHARACTER if bytes.len() == 1 => "\\ufffd",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            '<' | '>' | '&' if self.style.escape_html => match rune {
                '<' => "\\u003c",
                '>' => "\\u003e",
                _ => "\\u0026",
            },
            '\0'..='\u{1F}' => {
                let code = format!("\\u{:04x}", u32::from(rune));
                return self.put(ctx, code.as_bytes());
            }
            _ => {
                self.out.extend_from_slice(bytes);
                return Ok(());
            }
        };
        self.put(ctx, short.as_bytes())
    }
}

fn float(number: f64) -> Result<Vec<u8>, Failure> {
    if !number.is_finite() {
        return Err(Failure::new("JSON has neither infinities nor NaN"));
    }
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return Ok(strconv::format_float(number, b'f', None));
    }
    let mut text = strconv::format_float(number, b'e', None);
    // A one-digit negative exponent goes without its zero.
    if let [.., b'e', b'-', b'0', _] = text[..] {
        text.remove(text.len() - 2);
    }
    Ok(text)
}
