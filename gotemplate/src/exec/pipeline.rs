//! Pipelines, commands, operands and variables.

use super::{
    At, Exec, Result, Variable, boxed_nil, fail,
    missing::{self, Missing},
};
use crate::{
    ast::{Name, Number, Operand, Pipe, Pos, Term},
    error::Failure,
    value::Value,
};

/// This many variables are searched in one step.
const VARIABLES_PER_STEP: usize = 16;

impl<'t> Exec<'t, '_> {
    /// The value of a pipeline, after its variables are set.
    pub(super) fn pipeline(&mut self, dot: &Value, pipe: &'t Pipe) -> Result<Value> {
        self.ctx.work(1).at(pipe.pos)?;
        let mut value = None;
        for command in pipe.commands() {
            // Each value is the last argument of the next command.
            value = Some(boxed_nil::unboxed(self.command(dot, command, value)?));
        }
        let (value, missing) = (value.unwrap_or(Value::Nil), self.missing);
        for name in pipe.variables.iter() {
            if pipe.assign {
                self.set(*name, value.clone(), missing, pipe.pos)?;
            } else {
                self.declare(*name, value.clone(), missing, pipe.pos)?;
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Value, command: &'t [Operand], last: Option<Value>) -> Result<Value> {
        let [word, arguments @ ..] = command else { return Ok(Value::Nil) };
        match &word.what {
            Term::Function(callee) => self.call(dot, *callee, word.pos, arguments, last),
            Term::Field(path) => {
                let value = self.dot(dot);
                self.fields(dot, value, path, word, arguments, last)
            }
            Term::Variable(name, path) if !path.is_empty() => {
                let value = self.get(*name, word.pos)?;
                self.fields(dot, value, path, word, arguments, last)
            }
            Term::Chain(operand, path) => {
                let value = self.operand(dot, operand)?;
                self.fields(dot, value, path, word, arguments, last)
            }
            Term::Nil => fail(word.pos, "nil is not a command"),
            _ if !arguments.is_empty() || last.is_some() => {
                fail(word.pos, "only functions and methods take arguments")
            }
            _ => self.operand(dot, word),
        }
    }

    /// The value of an operand that is given no arguments.
    pub(super) fn operand(&mut self, dot: &Value, operand: &'t Operand) -> Result<Value> {
        self.missing = None;
        match &operand.what {
            Term::Dot => Ok(self.dot(dot)),
            Term::Nil => fail(operand.pos, "nil has no fields"),
            Term::Bool(truth) => Ok(Value::Bool(*truth)),
            Term::Str(text) => Ok(Value::Str(text.clone())),
            Term::Number(number) => constant(number).at(operand.pos),
            Term::Variable(name, path) if path.is_empty() => self.get(*name, operand.pos),
            Term::Variable(name, path) => {
                let value = self.get(*name, operand.pos)?;
                self.fields(dot, value, path, operand, &[], None)
            }
            Term::Field(path) => {
                let value = self.dot(dot);
                self.fields(dot, value, path, operand, &[], None)
            }
            // A nil that a function gives is one that it holds as its result, until a pipeline ends.
            Term::Function(callee) => Ok(boxed_nil::held(self.call(dot, *callee, operand.pos, &[], None)?)),
            Term::Pipe(pipe) => self.parenthesized(dot, pipe),
            Term::Chain(inner, path) => {
                self.ctx.enter().at(operand.pos)?;
                let value = self.operand(dot, inner)?;
                self.ctx.leave();
                self.fields(dot, value, path, operand, &[], None)
            }
        }
    }

    fn parenthesized(&mut self, dot: &Value, pipe: &'t Pipe) -> Result<Value> {
        // Two levels: a call in parentheses takes twice the stack of a block.
        self.ctx.enter().at(pipe.pos)?;
        self.ctx.enter().at(pipe.pos)?;
        let value = self.pipeline(dot, pipe)?;
        self.ctx.leave();
        self.ctx.leave();
        Ok(value)
    }

    fn dot(&mut self, dot: &Value) -> Value {
        self.missing = self.missing_dot.filter(|_| missing::is_nothing(dot));
        dot.clone()
    }

    fn get(&mut self, name: Name, at: Pos) -> Result<Value> {
        let index = self.find(name, at)?;
        let variable = &self.variables[index];
        self.missing = variable.missing;
        Ok(variable.value.clone())
    }

    /// Declares a variable up to the end of the block.
    pub(super) fn declare(
        &mut self,
        name: Name,
        value: Value,
        missing: Option<Missing<'t>>,
        at: Pos,
    ) -> Result<()> {
        if self.variables.len() == self.variables.capacity() {
            self.ctx.charge(self.variables.len() * size_of::<Variable<'_>>()).at(at)?;
        }
        self.variables.push(Variable { name, value, missing });
        Ok(())
    }

    /// Assigns to the innermost variable of that name.
    pub(super) fn set(
        &mut self,
        name: Name,
        value: Value,
        missing: Option<Missing<'t>>,
        at: Pos,
    ) -> Result<()> {
        let index = self.find(name, at)?;
        self.variables[index] = Variable { name, value, missing };
        Ok(())
    }

    fn find(&mut self, name: Name, at: Pos) -> Result<usize> {
        let visible = &self.variables[self.base..];
        let found = visible.iter().rposition(|variable| variable.name == name);
        self.ctx.work((visible.len() - found.unwrap_or(0)) / VARIABLES_PER_STEP).at(at)?;
        found
            .map(|index| self.base + index)
            .ok_or_else(|| {
                let shown = self.trees.names.get(name as usize).map_or("", String::as_str);
                Failure::with(format!("variable {shown} is not set here"))
            })
            .at(at)
    }
}

/// The value of a literal number where nothing says of which type it should be.
pub(super) fn constant(number: &Number) -> Result<Value, Failure> {
    match *number {
        Number { complex: Some((re, im)), .. } => Ok(Value::Complex(re, im)),
        Number { float: Some(float), looks_like_float: true, .. } => Ok(Value::Float(float)),
        Number { int: Some(int), .. } => Ok(Value::Int(int)),
        _ => Err(Failure::new("the number is too large for an int")),
    }
}
