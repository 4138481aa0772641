//! Text to tree.
//!
//! ```text
//! template ▶ control (if, with, range, define, block, template) ▶ pipeline ▶ command ▶ operand
//! ```

mod control;
mod number;
mod pipeline;
mod suggest;
mod tokens;

use std::collections::HashMap;

use crate::{
    ast::{self, List, Name, Node, Operand},
    budget::Budget,
    builtins,
    error::Failure,
    limits::Limit,
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
    /// Whether a function is named that takes long by design.
    pub(crate) costly: bool,
    /// What was paid for the trees, at least as much as they take.
    pub(crate) bytes: usize,
}

/// Why a text is no template, and where.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) at: usize,
    pub(crate) failure: Failure,
}

/// Parses `text`, whose own tree gets the name `name`.
pub(crate) fn parse(name: &str, text: &str, budget: &mut Budget<'_>) -> Result<Trees, Refusal> {
    let left = budget.meter.template_bytes.checked_sub(text.len());
    let Some(left) = left.filter(|_| u32::try_from(text.len()).is_ok()) else {
        return Err(Refusal { at: 0, failure: Failure::Limit(Limit::TemplateBytes) });
    };
    budget.meter.template_bytes = left;
    let mut parser = Parser::new(text, budget.limits.depth, budget.meter.tree_bytes);
    let parsed = parser.nodes().and_then(|root| parser.add(name.into(), root, 0));
    let bytes = budget.meter.tree_bytes - parser.bytes_left;
    budget.meter.tree_bytes = parser.bytes_left;
    parsed?;
    let Parser { trees, names, volatile, costly, .. } = parser;
    Ok(Trees { by_name: trees, names, volatile, costly, bytes })
}

/// What the allocator adds to each piece of memory, about.
const ALLOCATION_BYTES: usize = 16;
/// What a shared string takes beside its bytes.
const SHARED_BYTES: usize = 16;
/// What an entry of a hash map takes, with the room that the map keeps free.
const ENTRY_BYTES: usize = 112;

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
    costly: bool,
    /// Bytes that the trees may still take, see [`crate::Limits::nodes`].
    bytes_left: usize,
    /// The last name of a field: it often comes again.
    field: Option<Str>,
    /// Words of the pipelines that are being read, innermost last; each pipeline takes its own when it ends.
    words: Vec<Operand>,
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
    fn new(text: &'t str, depth: usize, bytes: usize) -> Self {
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
            costly: false,
            bytes_left: bytes,
            field: None,
            words: Vec::new(),
        }
    }

    /// Pays for a piece of memory of so many bytes, before it is taken.
    fn pay(&mut self, bytes: usize, at: usize) -> Result<()> {
        let left = self.bytes_left.checked_sub(bytes.saturating_add(ALLOCATION_BYTES));
        self.bytes_left = left.ok_or_else(|| refusal(at, Failure::Limit(Limit::Nodes)))?;
        Ok(())
    }

    /// Adds an item to a list of the tree, and pays when that has to grow.
    fn push<T>(&mut self, list: &mut Vec<T>, item: T, at: usize) -> Result<()> {
        if list.len() == list.capacity() {
            // Most lists of a tree stay at one item, for which the usual growth would take room for four.
            let more = if list.len() == 1 { 3 } else { list.len().max(1) };
            self.pay(more.saturating_mul(size_of::<T>()), at)?;
            list.reserve_exact(more);
        }
        list.push(item);
        Ok(())
    }

    /// A string that the tree keeps.
    fn kept(&mut self, text: &[u8], at: usize) -> Result<Str> {
        self.pay(text.len().saturating_add(SHARED_BYTES), at)?;
        Ok(text.into())
    }

    /// The name of a field.
    fn field(&mut self, name: &str, at: usize) -> Result<Str> {
        if let Some(known) = self.field.as_ref().filter(|known| ***known == *name.as_bytes()) {
            return Ok(known.clone());
        }
        let kept = self.kept(name.as_bytes(), at)?;
        self.field = Some(kept.clone());
        Ok(kept)
    }

    /// Files a definition; of two, one must be blank.
    fn add(&mut self, name: Str, list: List, at: usize) -> Result<()> {
        self.pay(ENTRY_BYTES + name.len(), at)?;
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
    fn number_of(&mut self, name: &'t str, at: usize) -> Result<Name> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        self.pay(2 * ENTRY_BYTES + name.len(), at)?;
        let number = Name::try_from(self.names.len()).expect("a text of 32-bit length has fewer names");
        self.names.push(name.to_owned());
        self.numbers.insert(name, number);
        Ok(number)
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
        let hint = suggest::hint(name);
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
