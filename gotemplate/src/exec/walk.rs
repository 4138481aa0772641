//! Nodes: text, actions, and the blocks that steer them.

use super::{At, Exec, Result, boxed_nil, fail, missing::Became};
use crate::{
    ast::{self, Branches, Call, List, Node, Pos, Range},
    error::Failure,
    format,
    limits::Limit,
    value::Value,
};

/// How a node ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

impl<'t> Exec<'t, '_> {
    /// Runs nodes in order, up to the first `break` or `continue`.
    pub(super) fn list(&mut self, dot: &Value, list: &'t List) -> Result<Flow> {
        for node in list {
            let flow = match node {
                Node::Text(start, end) => self.write(*start, &self.text[*start as usize..*end as usize])?,
                Node::Action(pipe) => self.action(dot, pipe)?,
                Node::If(branches) => self.branches(dot, branches, false)?,
                Node::With(branches) => self.branches(dot, branches, true)?,
                Node::Range(range) => self.range(dot, range)?,
                Node::Template(call) => self.template(dot, call)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    fn write(&mut self, at: Pos, bytes: &[u8]) -> Result<Flow> {
        self.ctx.work(1 + bytes.len() / 64).at(at)?;
        if bytes.len() > self.most_output.saturating_sub(self.out.len()) {
            return Err(Failure::Limit(Limit::OutputBytes)).at(at);
        }
        self.out.extend_from_slice(bytes);
        Ok(Flow::Next)
    }

    fn action(&mut self, dot: &Value, pipe: &'t ast::Pipe) -> Result<Flow> {
        let value = self.pipeline(dot, pipe)?;
        if pipe.variables.is_empty() { self.print(pipe, &value) } else { Ok(Flow::Next) }
    }

    #[inline(never)]
    fn print(&mut self, pipe: &'t ast::Pipe, value: &Value) -> Result<Flow> {
        let at = pipe.pos;
        match value {
            Value::Str(text) => {
                if text.is_empty() && self.missing.is_some() {
                    self.tell_printed(pipe, Became::Nothing);
                }
                self.write(at, text)
            }
            Value::Nil => {
                self.tell_printed(pipe, Became::NoValue);
                self.write(at, b"<no value>")
            }
            _ => {
                format::append_value(&mut self.ctx, &mut self.out, value).at(at)?;
                self.write(at, b"")
            }
        }
    }

    fn branches(&mut self, dot: &Value, branches: &'t Branches, with: bool) -> Result<Flow> {
        let declared = self.variables.len();
        let mut chosen = None;
        for (pipe, list) in &branches.branches {
            let told = self.unset.len();
            self.asking = !with;
            let value = self.pipeline(dot, pipe)?;
            self.asking = false;
            if value.truth() {
                chosen = Some((value, list));
                break;
            }
            // What `with` made of nothing goes nowhere.
            self.unset.truncate(told);
        }
        let flow = match &chosen {
            Some((value, list)) => self.block(if with { value } else { dot }, list, branches.pos())?,
            None => self.block(dot, &branches.otherwise, branches.pos())?,
        };
        self.variables.truncate(declared);
        Ok(flow)
    }

    /// Runs nodes one level deeper.
    fn block(&mut self, dot: &Value, list: &'t List, at: Pos) -> Result<Flow> {
        self.ctx.enter().at(at)?;
        let flow = self.list(dot, list)?;
        self.ctx.leave();
        Ok(flow)
    }

    fn range(&mut self, dot: &Value, range: &'t Range) -> Result<Flow> {
        let declared = self.variables.len();
        let missing_dot = self.missing_dot;
        let value = self.pipeline(dot, &range.pipe)?;
        self.ctx.enter().at(range.pipe.pos)?;
        self.missing_dot = None;
        let visited = self.iterate(&value, range)?;
        self.missing_dot = missing_dot;
        let flow = if visited { Flow::Next } else { self.list(dot, &range.otherwise)? };
        // As in Go: a `break` behind `else` ends this range, a `continue` the turn of the one around it.
        let flow = if flow == Flow::Break { Flow::Next } else { flow };
        self.ctx.leave();
        self.variables.truncate(declared);
        Ok(flow)
    }

    /// Runs the body for each item; whether there was one.
    fn iterate(&mut self, value: &Value, range: &'t Range) -> Result<bool> {
        let at = range.pipe.pos;
        match value {
            Value::Nil => Ok(false),
            Value::Int(count) => self.count(*count, range, Value::Int),
            Value::Int64(count) => self.count(*count, range, Value::Int64),
            Value::Uint8(count) => self.count(i64::from(*count), range, |i| {
                // Counting stops below a number that is a byte itself.
                Value::Uint8(u8::try_from(i).unwrap_or(u8::MAX))
            }),
            Value::Uint64(count) => self
                .count(i64::try_from(*count).unwrap_or(i64::MAX), range, |i| Value::Uint64(i.unsigned_abs())),
            Value::List(list) => {
                for index in 0..list.len() {
                    let item = list.get(index).unwrap_or(Value::Nil);
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    if self.iteration(Value::Int(index), &boxed_nil::held(item), range)? == Flow::Break {
                        break;
                    }
                }
                Ok(list.len() > 0)
            }
            Value::Map(map) => {
                // The body may write the map; as in Go, the visit goes by what it held before.
                self.ctx.charge_list(map.len().saturating_mul(2)).at(at)?;
                let entries: Vec<_> = map.entries().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                let visited = !entries.is_empty();
                for (key, item) in entries {
                    if self.iteration(Value::Str(key), &boxed_nil::held(item), range)? == Flow::Break {
                        break;
                    }
                }
                Ok(visited)
            }
            Value::Object(object) if object.integer().is_some() => {
                self.count(object.integer().unwrap_or_default(), range, |i| object.with_integer(i))
            }
            Value::Bool(_) | Value::Float(_) | Value::Complex(..) | Value::Str(_) | Value::Object(_) => {
                Err(Failure::with(format!("range cannot visit a value of type {}", value.go_type()))).at(at)
            }
        }
    }

    fn count(&mut self, count: i64, range: &'t Range, make: impl Fn(i64) -> Value) -> Result<bool> {
        if range.pipe.variables.len() > 1 {
            return fail(range.pipe.pos, "range over a number sets one variable, not two");
        }
        for number in 0..count {
            if self.iteration(Value::Nil, &make(number), range)? == Flow::Break {
                break;
            }
        }
        Ok(count > 0)
    }

    fn iteration(&mut self, index: Value, item: &Value, range: &'t Range) -> Result<Flow> {
        self.ctx.work(1).at(range.pipe.pos)?;
        let mark = self.variables.len();
        match &*range.pipe.variables {
            [] => {}
            [name] => self.set_range_variable(*name, 1, item.clone(), range)?,
            [first, second, ..] => {
                self.set_range_variable(*first, 2, index, range)?;
                self.set_range_variable(*second, 1, item.clone(), range)?;
            }
        }
        let flow = self.list(item, &range.body)?;
        self.variables.truncate(mark);
        Ok(flow)
    }

    /// Sets a variable of `range`: by name when it assigns, else by its place from the top.
    fn set_range_variable(
        &mut self,
        name: ast::Name,
        from_top: usize,
        value: Value,
        range: &Range,
    ) -> Result<()> {
        if range.pipe.assign {
            return self.set(name, value, None, range.pipe.pos);
        }
        let at = self.variables.len() - from_top;
        self.variables[at].value = value;
        self.variables[at].missing = None;
        Ok(())
    }

    fn template(&mut self, dot: &Value, call: &'t Call) -> Result<Flow> {
        self.ctx.work(1 + call.name.len() / 64).at(call.pos)?;
        let Some(list) = self.trees.by_name.get(&call.name) else {
            return fail(call.pos, "no template of this name is defined");
        };
        self.missing = None;
        let argument = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::Nil,
        };
        self.ctx.enter().at(call.pos)?;
        let base = std::mem::replace(&mut self.base, self.variables.len());
        let missing = self.missing;
        let missing_dot = std::mem::replace(&mut self.missing_dot, missing);
        self.declare(ast::ROOT, argument.clone(), missing, call.pos)?;
        self.list(&argument, list)?;
        self.missing_dot = missing_dot;
        self.variables.truncate(self.base);
        self.base = base;
        self.ctx.leave();
        Ok(Flow::Next)
    }
}
