//! Walking the tree: nodes print, pipelines give values.
//!
//! ```text
//! walk (nodes) ▶ pipeline (commands, operands) ▶ call (functions, arguments)
//!                                              ▶ field (maps, methods)
//! ```

mod boxed_nil;
mod call;
mod field;
mod missing;
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
    value::{Map, Value},
};
use missing::Missing;
use walk::Flow;

pub use missing::Became;
pub(crate) use missing::Unset;

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
    let root = Value::Map(data.map().clone());
    let most_output = budget.meter.output;
    let mut exec = Exec {
        ctx: Context::new(env, budget.clone()),
        trees,
        data: data.map(),
        text: text.as_bytes(),
        out: Vec::with_capacity(text.len().min(most_output)),
        unset: Vec::new(),
        most_output,
        missing: None,
        missing_dot: None,
        asking: false,
        variables: vec![Variable { name: ast::ROOT, value: root.clone(), missing: None }],
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

/// A variable of a template.
struct Variable<'t> {
    name: Name,
    /// May be a [`boxed_nil`].
    value: Value,
    /// What was read, if its value is not there.
    missing: Option<Missing<'t>>,
}

struct Exec<'t, 'e> {
    ctx: Context<'e>,
    trees: &'t Trees,
    data: &'t Map,
    text: &'t [u8],
    out: Vec<u8>,
    /// The first few readings of what is not there, each once.
    unset: Vec<Unset>,
    /// What was read, if the value that was found last is not there. Whoever finds a value sets it.
    missing: Option<Missing<'t>>,
    /// The same of what a `template` got as its dot.
    missing_dot: Option<Missing<'t>>,
    /// Whether a condition is being found: it may ask for what is not there.
    asking: bool,
    /// How long `out` may become.
    most_output: usize,
    /// Innermost last.
    variables: Vec<Variable<'t>>,
    /// Where the variables of the running template begin: it sees none of its caller's.
    base: usize,
    /// Arguments of the calls that are being prepared, innermost last.
    arguments: Vec<Value>,
    /// For how many of them memory was paid.
    arguments_paid: usize,
}

impl Exec<'_, '_> {
    /// Whether a map is the data of the render.
    fn is_data(&self, map: &Map) -> bool {
        map.same(self.data)
    }
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
