//! Pipelines, commands and operands.

use super::{Parser, Result, callee, fail, number, pos, refusal};
use crate::{
    ast::{Number, Operand, Pipe, Pos, Term, Variables},
    costly,
    error::Failure,
    lexer::{Kind, Token},
    limits::Limit,
    value::Str,
    volatile,
};

/// Go's own bound on parentheses within parentheses.
const MOST_PARENTHESES: usize = 10_000;

/// What the scope takes for a variable that is declared.
const DECLARATION_BYTES: usize = 64;

/// A pipeline that is being read. Parentheses make a stack of these rather than of calls, so that
/// their depth is not the depth of the thread's stack.
struct Frame {
    pipe: Pipe,
    /// Where in the parser's words those of the pipeline begin.
    words: usize,
    /// Where those of the command begin that is being read, once it has begun.
    command: Option<usize>,
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
            if frame.command.is_none() {
                if token.kind == frame.end {
                    self.tokens.next();
                    frame.pipe.words = taken(&mut self.words, frame.words);
                    self.check(&frame.pipe, frame.context, token)?;
                    let Some(parent) = outer.pop() else { return Ok(frame.pipe) };
                    let inner = std::mem::replace(&mut frame, parent);
                    self.close(inner, &mut frame)?;
                    continue;
                }
                if !begins_operand(token.kind) {
                    return self.unexpected(token, frame.context);
                }
                frame.command = Some(self.words.len());
            }
            if token.kind == Kind::LeftParen {
                self.tokens.next();
                if outer.len() >= MOST_PARENTHESES {
                    return fail(token.start, "parentheses are nested too deeply");
                }
                // For the frame, and for the box that the pipeline may end in.
                self.pay(2 * size_of::<Frame>(), token.start)?;
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
            variables: Variables::default(),
            assign: false,
            words: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        Ok(Frame { pipe, words: self.words.len(), command: None, height: 0, context, end })
    }

    /// Makes an operand of a finished pair of parentheses.
    fn close(&mut self, frame: Frame, parent: &mut Frame) -> Result<()> {
        let at = frame.pipe.pos;
        let (operand, height) = match sole_parentheses(frame.pipe) {
            Ok(inner) => (inner, frame.height),
            Err(pipe) => (operand(at, Term::Pipe(Box::new(pipe))), frame.height + 1),
        };
        self.after_term(Some(Tall { operand, height }), parent)
    }

    /// Adds the fields behind a term, files it, and sees whether the command goes on.
    fn after_term(&mut self, term: Option<Tall>, frame: &mut Frame) -> Result<()> {
        if let Some(term) = term {
            let term = self.with_fields(term)?;
            if term.height > self.most_depth {
                return Err(refusal(term.operand.pos as usize, Failure::Limit(Limit::Depth)));
            }
            frame.height = frame.height.max(term.height);
            self.add_word(Operand { ends: false, ..term.operand })?;
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
        let words = self.words.len();
        match (frame.command.take(), self.words.last_mut()) {
            (Some(start), Some(last)) if start < words => {
                last.ends = true;
                Ok(())
            }
            _ => fail(token.start, "empty command"),
        }
    }

    /// Adds a word to the pipeline that is being read, which takes it over at its end.
    fn add_word(&mut self, word: Operand) -> Result<()> {
        let grown = if self.words.len() == self.words.capacity() { self.words.len().max(4) } else { 0 };
        self.pay((grown + 1).saturating_mul(size_of::<Operand>()), word.pos as usize)?;
        self.words.push(word);
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
            let name = self.number_of(self.source(variable), variable.start)?;
            pipe.variables.push(name);
            // The scope counts it.
            self.pay(DECLARATION_BYTES, variable.start)?;
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
        if pipe.words.is_empty() {
            return self.unexpected(end, &format!("{context}: a value is missing"));
        }
        for command in pipe.commands().skip(1) {
            if let [
                Operand {
                    pos,
                    what: Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Str(_),
                    ..
                },
                ..,
            ] = command
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
        match &mut term.operand.what {
            Term::Field(path) | Term::Variable(_, path) => self.more_fields(path)?,
            Term::Bool(_) | Term::Str(_) | Term::Number(_) | Term::Nil | Term::Dot => {
                return fail(next.start, "a literal has no fields");
            }
            Term::Function(_) | Term::Pipe(_) | Term::Chain(..) => {
                let mut path = Vec::new();
                self.more_fields(&mut path)?;
                self.pay(size_of::<Operand>(), next.start)?;
                let what = Term::Chain(Box::new(term.operand), path);
                term = Tall { operand: operand(pos(next.start), what), height: term.height + 1 };
            }
        }
        Ok(term)
    }

    fn more_fields(&mut self, path: &mut Vec<Str>) -> Result<()> {
        while self.tokens.peek().kind == Kind::Field {
            let token = self.tokens.next();
            let name = self.field(&self.source(token)[1..], token.start)?;
            self.push(path, name, token.start)?;
        }
        Ok(())
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
                self.costly |= costly::is_costly(source);
                Term::Function(callee(source, token.start)?)
            }
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Bool => Term::Bool(source == "true"),
            Kind::Field => {
                let name = self.field(&source[1..], token.start)?;
                let mut path = Vec::new();
                self.push(&mut path, name, token.start)?;
                Term::Field(path)
            }
            Kind::Variable => self.variable(source, token)?,
            Kind::CharConstant => self.literal(number::character(source), token)?,
            Kind::Complex => self.literal(number::complex(source), token)?,
            Kind::Number => self.literal(number::number(source), token)?,
            _ => Term::Str(self.string(token)?),
        };
        Ok(Some(Tall { operand: operand(pos(token.start), what), height: 0 }))
    }

    fn variable(&mut self, source: &'t str, token: Token) -> Result<Term> {
        let name = self.number_of(source, token.start)?;
        if self.scope.is_visible(name) {
            Ok(Term::Variable(name, Vec::new()))
        } else {
            fail(token.start, "this variable is not declared")
        }
    }

    fn literal(&mut self, number: Result<Number, &'static str>, token: Token) -> Result<Term> {
        self.pay(size_of::<Number>(), token.start)?;
        match number {
            Ok(number) => Ok(Term::Number(Box::new(number))),
            Err(message) => fail(token.start, message),
        }
    }

    fn source(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }
}

/// The inner parentheses when a pipeline is nothing but these: `((x))` is `(x)`.
fn sole_parentheses(mut pipe: Pipe) -> Result<Operand, Pipe> {
    let sole = matches!(pipe.words.as_slice(), [Operand { what: Term::Pipe(_), .. }]);
    if !sole || !pipe.variables.is_empty() {
        return Err(pipe);
    }
    pipe.words.pop().ok_or(pipe)
}

fn operand(pos: Pos, what: Term) -> Operand {
    Operand { pos, ends: false, what }
}

/// Takes what is pending from a place on. Most often that is one item, which needs no loop.
fn taken<T>(pending: &mut Vec<T>, from: usize) -> Vec<T> {
    if pending.len() == from + 1 {
        return pending.pop().map_or_else(Vec::new, |item| vec![item]);
    }
    let mut taken = Vec::with_capacity(pending.len() - from);
    taken.extend(pending.drain(from..));
    taken
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
