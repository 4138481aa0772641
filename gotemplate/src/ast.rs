//! The tree that a template's text becomes. It holds no value of a render and may cross threads.

use crate::{function::Function, value::Str};

/// A sequence of nodes.
pub(crate) type List = Vec<Node>;

/// Where something stands in the text, in bytes.
pub(crate) type Pos = u32;

/// A variable's name, by number.
pub(crate) type Name = u32;

/// `$`, which every template has.
pub(crate) const ROOT: Name = 0;

#[derive(Debug)]
pub(crate) enum Node {
    /// The bytes of the text from one position to another.
    Text(Pos, Pos),
    /// `{{ pipeline }}`
    Action(Pipe),
    If(Branches),
    With(Branches),
    Range(Box<Range>),
    Template(Box<Call>),
    Break,
    Continue,
}

/// `if` or `with` and all of its `else if` or `else with`.
#[derive(Debug)]
pub(crate) struct Branches {
    pub(crate) branches: Vec<(Pipe, List)>,
    pub(crate) otherwise: List,
}

impl Branches {
    /// Where the block begins.
    pub(crate) fn pos(&self) -> Pos {
        self.branches.first().map_or(0, |(pipe, _)| pipe.pos)
    }
}

#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) pipe: Pipe,
    pub(crate) body: List,
    pub(crate) otherwise: List,
}

/// `{{ template "name" pipeline }}`
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) pos: Pos,
    pub(crate) name: Str,
    pub(crate) pipe: Option<Pipe>,
}

#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) pos: Pos,
    /// Variables that take the value; two only in `range`.
    pub(crate) variables: Variables,
    /// `=` rather than `:=`
    pub(crate) assign: bool,
    /// The words of all commands; never empty.
    pub(crate) words: Vec<Operand>,
}

impl Pipe {
    /// Each command: a word and its arguments.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &[Operand]> {
        self.words.chunk_by(|word, _| !word.ends)
    }
}

/// At most two names of variables, in place: most pipelines have none.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    names: [Name; 2],
    len: u8,
}

impl Variables {
    /// Adds a name; a third one is left out, and the parser refuses it before.
    pub(crate) fn push(&mut self, name: Name) {
        if let Some(free) = self.names.get_mut(usize::from(self.len)) {
            *free = name;
            self.len += 1;
        }
    }
}

impl std::ops::Deref for Variables {
    type Target = [Name];
    fn deref(&self) -> &[Name] {
        &self.names[..usize::from(self.len)]
    }
}

#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) pos: Pos,
    /// Whether it is the last word of its command.
    pub(crate) ends: bool,
    pub(crate) what: Term,
}

#[derive(Debug)]
pub(crate) enum Term {
    Nil,
    Dot,
    Bool(bool),
    Number(Box<Number>),
    Str(Str),
    /// `.a.b`
    Field(Vec<Str>),
    /// `$x.a.b`
    Variable(Name, Vec<Str>),
    /// A function and, when it stands first in a command, its arguments behind it.
    Function(Callee),
    /// `( … )`
    Pipe(Box<Pipe>),
    /// Fields of a parenthesized pipeline or a function's result.
    Chain(Box<Operand>, Vec<Str>),
}

/// What a name of a function stands for.
#[derive(Clone, Copy)]
pub(crate) enum Callee {
    /// Evaluates no argument after the first false one.
    And,
    /// Evaluates no argument after the first true one.
    Or,
    Function(&'static Function),
}

impl Callee {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Function(function) => function.name,
        }
    }
}

impl std::fmt::Debug for Callee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A literal number, as every type that can hold it: where it is used decides.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Number {
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) complex: Option<(f64, f64)>,
    /// Written with a point or an exponent.
    pub(crate) looks_like_float: bool,
}
