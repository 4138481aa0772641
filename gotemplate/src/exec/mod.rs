//! Walking the tree: nodes print, pipelines give values.
//!
//! ```text
//! walk (nodes) ▶ pipeline (commands, operands) ▶ call (functions, arguments)
//!                                              ▶ field (maps, methods)
//! ```

mod boxed_nil;
mod call;
mod field;
mod pipeline;
mod walk;

use std::borrow::Cow;

use crate::{
    ast::{self, Name, Pos},
    budget::Budget,
    context::{Context, Env},
    data::Data,
    error::Failure,
    parser::Trees,
    value::Value,
};
use walk::Flow;

/// Where a render stopped, and why.
#[derive(Debug)]
pub(crate) struct Abort {
    pub(crate) at: Pos,
    /// The function whose call failed.
    pub(crate) function: Option<Cow<'static, str>>,
    pub(crate) failure: Failure,
}

/// Boxed, so that the many levels of a walk return little.
type Result<T, E = Box<Abort>> = std::result::Result<T, E>;

/// Renders the tree `name` with `data` as `.`.
pub(crate) fn render(
    trees: &Trees,
    name: &str,
    text: &str,
    data: &Data,
    env: &Env<'_>,
    budget: &mut Budget<'_>,
) -> Result<Output> {
    let root = data.root();
    let most_output = budget.meter.output;
    let mut exec = Exec {
        ctx: Context::new(env, budget.clone()),
        trees,
        text: text.as_bytes(),
        out: Vec::with_capacity(text.len().min(most_output)),
        unset: Vec::new(),
        most_output,
        variables: vec![(ast::ROOT, root.clone())],
        base: 0,
        arguments: Vec::new(),
        arguments_paid: 0,
    };
    let done = trees.by_name.get(name.as_bytes()).map_or(Ok(Flow::Next), |list| exec.list(&root, list));
    budget.meter.clone_from(exec.ctx.meter());
    budget.meter.surface(&budget.limits);
    done?;
    budget.meter.output -= exec.out.len();
    Ok(Output { text: exec.out, unset: exec.unset })
}

/// What a render came to.
pub(crate) struct Output {
    pub(crate) text: Vec<u8>,
    pub(crate) unset: Vec<Unset>,
}

/// An action that printed `<no value>`.
pub(crate) struct Unset {
    pub(crate) at: Pos,
    /// What the action names, as `.a.b`, where it names anything by fields alone.
    pub(crate) name: Option<String>,
}

struct Exec<'t, 'e> {
    ctx: Context<'e>,
    trees: &'t Trees,
    text: &'t [u8],
    out: Vec<u8>,
    /// The first few actions that printed `<no value>`, each once.
    unset: Vec<Unset>,
    /// How long `out` may become.
    most_output: usize,
    /// Innermost last; a value may be a [`boxed_nil`].
    variables: Vec<(Name, Value)>,
    /// Where the variables of the running template begin: it sees none of its caller's.
    base: usize,
    /// Arguments of the calls that are being prepared, innermost last.
    arguments: Vec<Value>,
    /// For how many of them memory was paid.
    arguments_paid: usize,
}

/// Adds the place to a failure.
trait At<T> {
    fn at(self, pos: Pos) -> Result<T>;
}

impl<T> At<T> for Result<T, Failure> {
    fn at(self, pos: Pos) -> Result<T> {
        self.map_err(|failure| Box::new(Abort { at: pos, function: None, failure }))
    }
}

fn fail<T>(pos: Pos, message: &'static str) -> Result<T> {
    Err(Failure::new(message)).at(pos)
}
