//! Fields: entries of maps, methods and fields of objects.

use super::{At, Exec, Result, boxed_nil, missing::Missing};
use crate::{
    ast::Operand,
    error::Failure,
    value::{Str, Value},
};

impl<'t> Exec<'t, '_> {
    /// `.a.b.c`; only the last name may take arguments, when it is a method.
    pub(super) fn fields(
        &mut self,
        dot: &Value,
        mut receiver: Value,
        path: &'t [Str],
        from: &'t Operand,
        arguments: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        let Some((name, before)) = path.split_last() else { return Ok(receiver) };
        let at = from.pos;
        for name in before {
            self.ctx.work(1 + name.len() / 64).at(at)?;
            receiver = self.field(dot, &receiver, name, from, &[], None)?;
        }
        self.ctx.work(name.len() / 64).at(at)?;
        self.field(dot, &receiver, name, from, arguments, last)
    }

    fn field(
        &mut self,
        dot: &Value,
        receiver: &Value,
        name: &'t Str,
        from: &'t Operand,
        arguments: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        let at = from.pos;
        let has_arguments = !arguments.is_empty() || last.is_some();
        let shown = || String::from_utf8_lossy(name).into_owned();
        // A field of what is not there is not there for the same reason.
        let missing = self.missing.take();
        match receiver {
            Value::Nil => {
                self.missing = missing;
                return Ok(Value::Nil);
            }
            _ if boxed_nil::is_boxed(receiver) => {
                return Err(Failure::with(format!("nil has no field {}", shown()))).at(at);
            }
            Value::Map(_) if has_arguments => {
                return Err(Failure::with(format!("{} is no method and takes no arguments", shown()))).at(at);
            }
            Value::Map(map) => {
                let found = map.get(name);
                self.missing = (found.is_none() && self.is_data(map)).then_some(Missing(from));
                return Ok(found.map_or(Value::Nil, boxed_nil::held));
            }
            Value::Object(object) => {
                let name = std::str::from_utf8(name).unwrap_or_default();
                if let Some(method) = object.method(name) {
                    return self.method(dot, method, receiver.clone(), at, arguments, last);
                }
                let exported = name.starts_with(char::is_uppercase) && !has_arguments;
                if let Some((_, field)) =
                    object.fields().into_iter().find(|(known, _)| exported && *known == name)
                {
                    return Ok(field);
                }
            }
            _ => {}
        }
        let message = format!("a value of type {} has no field {}", receiver.go_type(), shown());
        Err(Failure::with(message)).at(at)
    }
}
