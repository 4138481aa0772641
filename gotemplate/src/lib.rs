//! Go's text/template with Sprig's functions, over byte strings.
//!
//! The engine knows nothing of files, networks, environments or clocks: a render sees its data, the
//! instant and the random source of its [`Env`], and nothing else.
#![allow(clippy::unnecessary_wraps, reason = "functions of one table share one signature")]

mod ast;
mod builtins;
mod context;
mod error;
mod exec;
mod format;
mod function;
mod lexer;
mod limits;
mod parser;
mod sprig;
mod strconv;
mod template;
mod unicode;
mod value;

pub use builtins::function_names;
pub use context::Env;
pub use error::{Error, ErrorKind};
pub use limits::{Limit, Limits};
pub use template::Template;
