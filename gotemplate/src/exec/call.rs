//! Calls: arguments are checked against the signature before a function sees them.

use super::{Abort, At, Exec, Result, boxed_nil, missing::is_nothing, pipeline::constant};
use crate::{
    ast::{Callee, Number, Operand, Pos, Term},
    error::Failure,
    function::{Args, Function, Type},
    value::{Elem, List, Map, Value},
};

impl<'t> Exec<'t, '_> {
    pub(super) fn call(
        &mut self,
        dot: &Value,
        callee: Callee,
        at: Pos,
        arguments: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        match callee {
            Callee::Function(function) => self.function(dot, function, None, at, arguments, last),
            Callee::And => self.logic(dot, false, at, arguments, last),
            Callee::Or => self.logic(dot, true, at, arguments, last),
        }
    }

    /// `and` and `or`: the first argument whose truth decides, or the last one.
    fn logic(
        &mut self,
        dot: &Value,
        decisive: bool,
        at: Pos,
        arguments: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        if arguments.is_empty() && last.is_none() {
            return Err(Failure::new("it needs at least one argument")).at(at);
        }
        let piped = self.missing.take();
        let mut value = Value::Nil;
        for argument in arguments {
            value = self.argument(dot, argument, Type::Any)?;
            if value.truth() == decisive {
                return Ok(value);
            }
        }
        if last.is_some() {
            self.missing = piped;
        }
        Ok(last.unwrap_or(value))
    }

    pub(super) fn method(
        &mut self,
        dot: &Value,
        method: &'static Function,
        receiver: Value,
        at: Pos,
        arguments: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        self.function(dot, method, Some(receiver), at, arguments, last)
    }

    fn function(
        &mut self,
        dot: &Value,
        function: &'static Function,
        receiver: Option<Value>,
        at: Pos,
        arguments: &'t [Operand],
        last: Option<Value>,
    ) -> Result<Value> {
        self.ctx.work(1).at(at)?;
        check_count(function, arguments.len() + usize::from(last.is_some()))
            .map_err(|e| of(function, at, e))?;
        let from = self.arguments.len();
        let (piped, mut carried) = (self.missing.take(), None);
        self.arguments.extend(receiver);
        for (index, argument) in arguments.iter().enumerate() {
            let wanted = function.param(index).unwrap_or(Type::Any);
            let value = self.argument(dot, argument, wanted)?;
            self.arguments.push(value);
            self.taken_by(function, &mut carried);
        }
        let literal = last.is_none() && arguments.iter().all(is_literal);
        if let Some(last) = last {
            let wanted = function.param(arguments.len()).unwrap_or(Type::Any);
            let value = accept(last, wanted).map_err(|e| of(function, at, e))?;
            self.arguments.push(value);
            self.missing = piped;
            self.taken_by(function, &mut carried);
        }
        if self.arguments.capacity() > self.arguments_paid {
            self.ctx.charge((self.arguments.capacity() - self.arguments_paid) * size_of::<Value>()).at(at)?;
            self.arguments_paid = self.arguments.capacity();
        }
        let bytes = self.arguments[from..].iter().map(text_len).fold(0, usize::saturating_add);
        self.ctx.work(bytes / BYTES_PER_STEP).at(at)?;
        self.ctx.set_literal_call(literal);
        let result = (function.run)(&mut self.ctx, Args(&self.arguments[from..]));
        let made = match &result {
            Ok(Value::Str(text)) if text.is_unshared() => SHARED_BYTES + text.len(),
            Ok(Value::Object(_)) => OBJECT_BYTES,
            _ => 0,
        };
        self.missing = match &result {
            Ok(Value::Nil) => carried,
            Ok(value) if is_nothing(value) => self.missed_key(function, &self.arguments[from..], arguments),
            Ok(_) | Err(_) => None,
        };
        self.arguments.truncate(from);
        if made > 0 {
            self.ctx.charge(made).map_err(|failure| of(function, at, failure))?;
        }
        result.map_err(|failure| of(function, at, failure))
    }

    /// An argument for a parameter of the type `wanted`.
    pub(super) fn argument(&mut self, dot: &Value, argument: &'t Operand, wanted: Type) -> Result<Value> {
        self.missing = None;
        match &argument.what {
            Term::Nil => nil(wanted).at(argument.pos),
            Term::Bool(truth) if matches!(wanted, Type::Any | Type::Bool) => Ok(Value::Bool(*truth)),
            Term::Str(text) if matches!(wanted, Type::Any | Type::Str) => Ok(Value::Str(text.clone())),
            Term::Number(number) => literal(number, wanted).at(argument.pos),
            Term::Bool(_) => Err(unfit("a truth value", wanted)).at(argument.pos),
            Term::Str(_) => Err(unfit("a string", wanted)).at(argument.pos),
            _ => {
                let value = self.operand(dot, argument)?;
                accept(value, wanted).at(argument.pos)
            }
        }
    }
}

/// Reading this much of its text arguments counts as one step of a call.
const BYTES_PER_STEP: usize = 1024;

/// What a string takes beside its bytes.
const SHARED_BYTES: usize = 32;
/// What a time, a version or a certificate takes beside its texts.
const OBJECT_BYTES: usize = 96;

fn text_len(value: &Value) -> usize {
    if let Value::Str(text) = value { text.len() } else { 0 }
}

fn is_literal(operand: &Operand) -> bool {
    matches!(operand.what, Term::Nil | Term::Bool(_) | Term::Str(_) | Term::Number(_))
}

fn check_count(function: &Function, given: usize) -> Result<(), Failure> {
    let fixed = function.params.len();
    let wanted = match function.rest {
        Some(_) if given < fixed => format!("at least {fixed}"),
        None if given != fixed => fixed.to_string(),
        _ => return Ok(()),
    };
    let plural = if fixed == 1 { "" } else { "s" };
    Err(Failure::with(format!("it takes {wanted} argument{plural}, not {given}")))
}

/// Adds the function and the place to a failure.
#[expect(clippy::unnecessary_box_returns, reason = "the walk's results hold a box")]
fn of(function: &Function, at: Pos, failure: Failure) -> Box<Abort> {
    Box::new(Abort { at, function: Some(function.name.into()), failure })
}

/// A computed value as an argument.
fn accept(value: Value, wanted: Type) -> Result<Value, Failure> {
    if boxed_nil::is_boxed(&value) {
        return if wanted == Type::Any { Ok(Value::Nil) } else { Err(unfit("nil", wanted)) };
    }
    let go_type = value.go_type();
    let missing = matches!(value, Value::Nil);
    wanted.accept(value).ok_or_else(|| {
        if missing {
            Failure::with(format!(
                "there is no value here (is the key missing?), and a {} is needed",
                wanted.name()
            ))
        } else {
            unfit(&format!("a value of type {go_type}"), wanted)
        }
    })
}

fn unfit(what: &str, wanted: Type) -> Failure {
    Failure::with(format!("{what} does not serve as {}", wanted.name()))
}

/// The literal `nil` as an argument.
fn nil(wanted: Type) -> Result<Value, Failure> {
    match wanted {
        Type::Any => Ok(Value::Nil),
        Type::Map => Ok(Value::Map(Map::nil())),
        Type::List => Ok(Value::List(List::nil(Elem::Any))),
        _ => Err(unfit("nil", wanted)),
    }
}

/// Go's name of the only named integer that methods take.
const DURATION: &str = "time.Duration";

/// A literal number as an argument: `3.0` is a fine int, `2.5` is not.
fn literal(number: &Number, wanted: Type) -> Result<Value, Failure> {
    let value = match wanted {
        Type::Any => return constant(number),
        Type::Int => number.int.map(Value::Int),
        // Go cuts off what does not fit.
        Type::Uint32 => number.uint.map(|uint| Value::Int((uint & u64::from(u32::MAX)).cast_signed())),
        Type::Float64 => number.float.map(Value::Float),
        // A named integer type takes literals as well.
        Type::Object(DURATION) => number.int.map(Value::Int64),
        Type::Bool | Type::Str | Type::Map | Type::List | Type::Object(_) => None,
    };
    value.ok_or_else(|| unfit("a number", wanted))
}
