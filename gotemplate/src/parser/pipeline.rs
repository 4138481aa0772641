//! Pipelines, commands and operands.

use super::{Parser, Result, callee, fail, number, pos, refusal};
use crate::{
    ast::{Command, Number, Operand, Pipe, Term},
    error::Failure,
    lexer::{Kind, Token},
    limits::Limit,
    value::Str,
    volatile,
};

/// Go's own bound on parentheses within parentheses.
const MOST_PARENTHESES: usize = 10_000;

/// A pipeline that is being read. Parentheses make a stack of these rather than of calls, so that
/// their depth is not the depth of the thread's stack.
struct Frame {
    pipe: Pipe,
    /// The words of the command that is being read, once it has begun.
    words: Option<Vec<Operand>>,
    /// Levels of the tallest operand so far.
    height: usize,
    context: &'static str,
    end: Kind,
}

/// An operand and how many levels it has.
struct Tall {
    operand: Operand,
    height: usize,
}

impl<'t> Parser<'t> {
    /// `declarations? command ("|" command)*`, up to and with the token `end`.
    pub(super) fn pipeline(&mut self, context: &'static str, end: Kind) -> Result<Pipe> {
        let mut outer: Vec<Frame> = Vec::new();
        let mut frame = self.open(context, end)?;
        loop {
            let token = self.tokens.peek_word();
            if frame.words.is_none() {
                if token.kind == frame.end {
                    self.tokens.next();
                    self.check(&frame.pipe, frame.context, token)?;
                    let Some(parent) = outer.pop() else { return Ok(frame.pipe) };
                    let inner = std::mem::replace(&mut frame, parent);
                    self.close(inner, &mut frame)?;
                    continue;
                }
                if !begins_operand(token.kind) {
                    return self.unexpected(token, frame.context);
                }
                frame.words = Some(Vec::new());
            }
            if token.kind == Kind::LeftParen {
                self.tokens.next();
                if outer.len() >= MOST_PARENTHESES {
                    return fail(token.start, "parentheses are nested too deeply");
                }
                let inner = self.open("parentheses", Kind::RightParen)?;
                outer.push(std::mem::replace(&mut frame, inner));
                continue;
            }
            let operand = self.term()?;
            self.after_term(operand, &mut frame)?;
        }
    }

    fn open(&mut self, context: &'static str, end: Kind) -> Result<Frame> {
        let mut pipe = Pipe {
            pos: pos(self.tokens.peek_word().start),
            variables: Vec::new(),
            assign: false,
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        Ok(Frame { pipe, words: None, height: 0, context, end })
    }

    /// Makes an operand of a finished pair of parentheses.
    fn close(&mut self, frame: Frame, parent: &mut Frame) -> Result<()> {
        let at = frame.pipe.pos;
        let (operand, height) = match sole_parentheses(frame.pipe) {
            Ok(inner) => (inner, frame.height),
            Err(pipe) => (Operand { pos: at, what: Term::Pipe(Box::new(pipe)) }, frame.height + 1),
        };
        self.after_term(Some(Tall { operand, height }), parent)
    }

    /// Adds the fields behind a term, files it, and sees whether the command goes on.
    fn after_term(&mut self, term: Option<Tall>, frame: &mut Frame) -> Result<()> {
        let words = frame.words.get_or_insert_default();
        if let Some(term) = term {
            let term = self.with_fields(term)?;
            if term.height > self.most_depth {
                return Err(refusal(term.operand.pos as usize, Failure::Limit(Limit::Depth)));
            }
            frame.height = frame.height.max(term.height);
            words.push(term.operand);
        }
        let token = self.tokens.peek();
        match token.kind {
            Kind::Space => return Ok(()),
            Kind::RightDelim | Kind::RightParen => {}
            Kind::Pipe => {
                self.tokens.next();
            }
            _ => return self.unexpected(token, "operand"),
        }
        match frame.words.take() {
            Some(words) if !words.is_empty() => frame.pipe.commands.push(Command { words }),
            _ => return fail(token.start, "empty command"),
        }
        Ok(())
    }

    fn declarations(&mut self, pipe: &mut Pipe, context: &'static str) -> Result<()> {
        while self.tokens.peek_word().kind == Kind::Variable {
            let next = self.tokens.second_word();
            let comma = next.kind == Kind::Char && self.source(next) == ",";
            if !comma && !matches!(next.kind, Kind::Assign | Kind::Declare) {
                return Ok(());
            }
            let variable = self.tokens.next();
            self.tokens.next_word();
            let name = self.number_of(self.source(variable));
            pipe.variables.push(name);
            self.scope.declare(name);
            if !comma {
                pipe.assign = next.kind == Kind::Assign;
                return Ok(());
            }
            if context != "range" || pipe.variables.len() > 1 {
                return fail(next.start, "too many variables: only range takes two");
            }
            let after = self.tokens.peek_word();
            if !matches!(after.kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                return fail(after.start, "range can only set variables");
            }
        }
        Ok(())
    }

    fn check(&self, pipe: &Pipe, context: &'static str, end: Token) -> Result<()> {
        if pipe.commands.is_empty() {
            return self.unexpected(end, &format!("{context}: a value is missing"));
        }
        for command in &pipe.commands[1..] {
            if let Operand {
                pos,
                what: Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Str(_),
            } = &command.words[0]
            {
                return fail(*pos as usize, "only a function or a field can follow \"|\"");
            }
        }
        Ok(())
    }

    /// Adds the fields that follow a term at once.
    fn with_fields(&mut self, mut term: Tall) -> Result<Tall> {
        let next = self.tokens.peek();
        if next.kind != Kind::Field {
            return Ok(term);
        }
        let mut fields = Vec::new();
        while self.tokens.peek().kind == Kind::Field {
            let field = self.tokens.next();
            fields.push(Str::from(&self.source(field)[1..]));
        }
        match &mut term.operand.what {
            Term::Field(path) | Term::Variable(_, path) => path.append(&mut fields),
            Term::Bool(_) | Term::Str(_) | Term::Number(_) | Term::Nil | Term::Dot => {
                return fail(next.start, "a literal has no fields");
            }
            Term::Function(_) | Term::Pipe(_) | Term::Chain(..) => {
                let what = Term::Chain(Box::new(term.operand), fields);
                term = Tall { operand: Operand { pos: pos(next.start), what }, height: term.height + 1 };
            }
        }
        Ok(term)
    }

    /// A term other than parentheses; `None` when something else comes.
    fn term(&mut self) -> Result<Option<Tall>> {
        let token = self.tokens.peek_word();
        if !begins_operand(token.kind) {
            return Ok(None);
        }
        self.tokens.next();
        let source = self.source(token);
        let what = match token.kind {
            Kind::Identifier => {
                self.volatile |= volatile::is_volatile(source);
                Term::Function(callee(source, token.start)?)
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Bool => Term::Bool(source == "true"),
            Kind::Field => Term::Field(vec![Str::from(&source[1..])]),
            Kind::Variable => self.variable(source, token)?,
            Kind::CharConstant => literal(number::character(source), token)?,
            Kind::Complex => literal(number::complex(source), token)?,
            Kind::Number => literal(number::number(source), token)?,
            _ => Term::Str(self.string(token)?),
        };
        let operand = Operand { pos: pos(token.start), what };
        Ok(Some(Tall { operand, height: 0 }))
    }

    fn variable(&mut self, source: &'t str, token: Token) -> Result<Term> {
        let name = self.number_of(source);
        if self.scope.is_visible(name) {
            Ok(Term::Variable(name, Vec::new()))
        } else {
            fail(token.start, "this variable is not declared")
        }
    }

    fn source(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }
}

fn literal(number: Result<Number, &'static str>, token: Token) -> Result<Term> {
    match number {
        Ok(number) => Ok(Term::Number(Box::new(number))),
        Err(message) => fail(token.start, message),
    }
}

/// The inner parentheses when a pipeline is nothing but these: `((x))` is `(x)`.
fn sole_parentheses(mut pipe: Pipe) -> Result<Operand, Pipe> {
    let sole = match pipe.commands.as_slice() {
        [Command { words }] => matches!(words.as_slice(), [Operand { what: Term::Pipe(_), .. }]),
        _ => false,
    };
    if !sole || !pipe.variables.is_empty() {
        return Err(pipe);
    }
    let operand = pipe.commands.pop().and_then(|mut command| command.words.pop());
    operand.ok_or(pipe)
}

fn begins_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::CharConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParen
    )
}
