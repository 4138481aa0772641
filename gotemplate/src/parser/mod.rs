//! Text to tree.
//!
//! ```text
//! template ▶ control (if, with, range, define, block, template) ▶ pipeline ▶ command ▶ operand
//! ```

mod control;
mod number;
mod pipeline;
mod tokens;

use std::collections::HashMap;

use crate::{
    ast::{self, List, Name, Node},
    builtins,
    error::Failure,
    limits::{Limit, Limits},
    value::Str,
};
use tokens::Tokens;

/// Everything that one text defines.
#[derive(Debug)]
pub(crate) struct Trees {
    pub(crate) by_name: HashMap<Str, List>,
    /// Names of variables, by number.
    pub(crate) names: Vec<String>,
    /// Whether a function is named whose result may be another one each time.
    pub(crate) volatile: bool,
}

/// Why a text is no template, and where.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) at: usize,
    pub(crate) failure: Failure,
}

/// Parses `text`, whose own tree gets the name `name`.
pub(crate) fn parse(name: &str, text: &str, limits: &Limits) -> Result<Trees, Refusal> {
    if text.len() > limits.template_bytes || u32::try_from(text.len()).is_err() {
        return Err(Refusal { at: 0, failure: Failure::Limit(Limit::TemplateBytes) });
    }
    let mut parser = Parser::new(text, limits.depth);
    let root = parser.nodes()?;
    parser.add(name.into(), root, 0)?;
    Ok(Trees { by_name: parser.trees, names: parser.names, volatile: parser.volatile })
}

type Result<T, E = Refusal> = std::result::Result<T, E>;

struct Parser<'t> {
    text: &'t str,
    tokens: Tokens<'t>,
    trees: HashMap<Str, List>,
    names: Vec<String>,
    numbers: HashMap<&'t str, Name>,
    scope: Scope,
    /// Levels of blocks that are left.
    depth: usize,
    /// Most levels that an operand may have.
    most_depth: usize,
    volatile: bool,
}

/// What is visible inside one definition.
#[derive(Debug, Default)]
struct Scope {
    declared: Vec<Name>,
    /// How often each variable is declared, by its number.
    visible: HashMap<Name, usize>,
    /// How many `range` surround the place.
    ranges: usize,
}

impl Scope {
    fn new() -> Self {
        let mut scope = Self::default();
        scope.declare(ast::ROOT);
        scope
    }

    fn declare(&mut self, name: Name) {
        self.declared.push(name);
        *self.visible.entry(name).or_default() += 1;
    }

    fn is_visible(&self, name: Name) -> bool {
        self.visible.get(&name).is_some_and(|count| *count > 0)
    }

    /// Forgets what was declared after there were `len` declarations.
    fn truncate(&mut self, len: usize) {
        for name in self.declared.drain(len..) {
            self.visible.entry(name).and_modify(|count| *count -= 1);
        }
    }
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, depth: usize) -> Self {
        Self {
            text,
            tokens: Tokens::new(text),
            trees: HashMap::new(),
            names: vec!["$".to_owned()],
            numbers: HashMap::from([("$", ast::ROOT)]),
            scope: Scope::new(),
            depth,
            most_depth: depth,
            volatile: false,
        }
    }

    /// Files a definition; of two, one must be blank.
    fn add(&mut self, name: Str, list: List, at: usize) -> Result<()> {
        let blank = list.iter().all(|node| self.is_blank(node));
        match self.trees.get(&name) {
            Some(known) if !known.iter().all(|node| self.is_blank(node)) => {
                if blank {
                    Ok(())
                } else {
                    fail(at, "this template is defined twice")
                }
            }
            _ => {
                self.trees.insert(name, list);
                Ok(())
            }
        }
    }

    fn is_blank(&self, node: &Node) -> bool {
        match node {
            Node::Text(start, end) => self.text[*start as usize..*end as usize].trim().is_empty(),
            _ => false,
        }
    }

    /// The number of a variable's name.
    fn number_of(&mut self, name: &'t str) -> Name {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = Name::try_from(self.names.len()).expect("a text of 32-bit length has fewer names");
        self.names.push(name.to_owned());
        self.numbers.insert(name, number);
        number
    }

    /// Goes one level deeper; the caller comes back by [`Self::leave`].
    fn enter(&mut self, at: usize) -> Result<()> {
        self.depth = self.depth.checked_sub(1).ok_or_else(|| refusal(at, Failure::Limit(Limit::Depth)))?;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth += 1;
    }
}

fn callee(name: &str, at: usize) -> Result<ast::Callee> {
    builtins::lookup(name).ok_or_else(|| {
        let hint = match name {
            "required" | "include" | "tpl" | "lookup" | "toYaml" | "fromYaml" | "toToml" => {
                ": it belongs to Helm, not to templates in general"
            }
            "env" | "expandenv" | "getHostByName" => ": templates see no environment and no network",
            _ => "",
        };
        refusal(at, Failure::with(format!("function {name:?} not defined{hint}")))
    })
}

fn fail<T>(at: usize, message: &'static str) -> Result<T> {
    Err(refusal(at, Failure::new(message)))
}

fn refusal(at: usize, failure: Failure) -> Refusal {
    Refusal { at, failure }
}

/// A position, which fits because the length of the text was checked.
fn pos(at: usize) -> ast::Pos {
    ast::Pos::try_from(at).unwrap_or(ast::Pos::MAX)
}
