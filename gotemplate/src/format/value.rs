//! One value under one verb.

use std::rc::Rc;

use super::{number::Integer, pad::Flags};
use crate::{
    context::Context,
    error::Failure,
    value::{Elem, Kind, List, Map, Object, Value},
};

/// Prints values into a buffer, with the flags of the current directive.
pub(super) struct Printer<'p, 'e> {
    pub(super) ctx: &'p mut Context<'e>,
    pub(super) out: &'p mut Vec<u8>,
    pub(super) flags: Flags,
    /// Inside the report of a bad verb, where Go calls no methods.
    erroring: bool,
}

impl<'p, 'e> Printer<'p, 'e> {
    pub(super) fn new(ctx: &'p mut Context<'e>, out: &'p mut Vec<u8>) -> Self {
        Self { ctx, out, flags: Flags::default(), erroring: false }
    }

    /// An argument of a print function.
    pub(super) fn argument(&mut self, value: &Value, verb: char) -> Result<(), Failure> {
        match (value, verb) {
            (Value::Nil, 'v' | 'T') => self.pad(b"<nil>"),
            (_, 'T') => self.text(value.go_type().as_bytes(), 's').unwrap_or(Ok(())),
            // Only errors may be wrapped, and no value is an error.
            (_, 'w') | (Value::Nil, _) => self.bad_verb(value, verb),
            _ => self.value(value, verb, true),
        }
    }

    /// A value at the top (`outermost`) or inside another.
    fn value(&mut self, value: &Value, verb: char, outermost: bool) -> Result<(), Failure> {
        self.ctx.work(1)?;
        let done = match value {
            Value::Nil if self.flags.sharp_v => Some(self.write(b"interface {}(nil)")),
            Value::Nil => Some(self.write(b"<nil>")),
            Value::Bool(truth) if matches!(verb, 't' | 'v') => {
                Some(self.pad(if *truth { b"true" } else { b"false" }))
            }
            Value::Bool(_) => None,
            Value::Int(number) | Value::Int64(number) => self.integer((*number).into(), verb),
            Value::Uint8(number) => self.integer(u64::from(*number).into(), verb),
            Value::Uint64(number) => self.integer((*number).into(), verb),
            Value::Float(number) => self.float(*number, verb),
            Value::Complex(re, im) => self.complex(*re, *im, verb),
            Value::Str(text) => self.text(text, verb),
            // Addresses differ from run to run; a render shall not.
            Value::List(_) | Value::Map(_) if verb == 'p' => None,
            Value::List(list) => return self.list(list, verb, outermost),
            Value::Map(map) => return self.map(map, verb),
            Value::Object(object) => return self.object(object, value, verb, outermost),
        };
        done.unwrap_or_else(|| self.bad_verb(value, verb))
    }

    fn list(&mut self, list: &List, verb: char, outermost: bool) -> Result<(), Failure> {
        if let (Some(bytes), 's' | 'q' | 'x' | 'X') = (list.as_bytes(), verb) {
            return self.text(&bytes, verb).unwrap_or(Ok(()));
        }
        let go_syntax = self.flags.sharp_v;
        if go_syntax {
            let name = if list.elem() == Elem::Byte && outermost { "[]byte" } else { list.go_type() };
            self.write(name.as_bytes())?;
            if list.is_nil() {
                return self.write(b"(nil)");
            }
        }
        self.ctx.enter()?;
        self.write(if go_syntax { b"{" } else { b"[" })?;
        for index in 0..list.len() {
            if index > 0 {
                self.write(if go_syntax { b", " } else { b" " })?;
            }
            let item = list.get(index).unwrap_or(Value::Nil);
            self.value(&item, verb, false)?;
        }
        self.ctx.leave();
        self.write(if go_syntax { b"}" } else { b"]" })
    }

    fn map(&mut self, map: &Map, verb: char) -> Result<(), Failure> {
        let go_syntax = self.flags.sharp_v;
        if go_syntax {
            self.write(map.go_type().as_bytes())?;
            if map.is_nil() {
                return self.write(b"(nil)");
            }
        }
        self.ctx.enter()?;
        self.write(if go_syntax { b"{" } else { b"map[" })?;
        for (index, (key, item)) in map.entries().iter().enumerate() {
            if index > 0 {
                self.write(if go_syntax { b", " } else { b" " })?;
            }
            self.value(&Value::Str(key.clone()), verb, false)?;
            self.write(b":")?;
            self.value(item, verb, false)?;
        }
        self.ctx.leave();
        self.write(if go_syntax { b"}" } else { b"]" })
    }

    fn object(
        &mut self,
        object: &Rc<dyn Object>,
        value: &Value,
        verb: char,
        outermost: bool,
    ) -> Result<(), Failure> {
        let by_method = !self.erroring && !self.flags.sharp_v && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q');
        if let Some(text) = object.text().filter(|_| by_method) {
            return self.text(&text, verb).unwrap_or(Ok(()));
        }
        if let Some(number) = object.integer() {
            return match self.integer(Integer::from(number), verb) {
                Some(done) => done,
                None => self.bad_verb(value, verb),
            };
        }
        let go_type = object.go_type();
        if object.kind() == Kind::Ptr && outermost {
            self.write(b"&")?;
        }
        if self.flags.sharp_v {
            self.write(go_type.trim_start_matches('*').as_bytes())?;
        }
        self.ctx.enter()?;
        self.write(b"{")?;
        for (index, (name, field)) in object.fields().iter().enumerate() {
            if index > 0 {
                self.write(if self.flags.sharp_v { b", " } else { b" " })?;
            }
            if self.flags.sharp_v || self.flags.plus_v {
                self.write(name.as_bytes())?;
                self.write(b":")?;
            }
            self.value(field, verb, false)?;
        }
        self.ctx.leave();
        self.write(b"}")
    }

    /// Go's report of a verb that does not suit the value: `%!d(string=x)`.
    fn bad_verb(&mut self, value: &Value, verb: char) -> Result<(), Failure> {
        let erroring = std::mem::replace(&mut self.erroring, true);
        self.write(format!("%!{verb}(").as_bytes())?;
        if matches!(value, Value::Nil) {
            self.write(b"<nil>")?;
        } else {
            self.write(value.go_type().as_bytes())?;
            self.write(b"=")?;
            self.value(value, 'v', true)?;
        }
        self.erroring = erroring;
        self.write(b")")
    }
}
