//! Go's text/template with Sprig's functions, over byte strings.
//!
//! The engine knows nothing of files, networks, environments or clocks: a render sees its data, the
//! instant and the random source of its [`Env`], and nothing else.
//!
//! ```
//! use std::collections::BTreeMap;
//! use gotemplate::{Env, Limits, Template};
//!
//! let template = Template::parse("url", "postgres://{{ .user }}:{{ .password | urlquery }}@db/app")?;
//! let data = BTreeMap::from([
//!     ("user".to_owned(), b"alice".to_vec()),
//!     ("password".to_owned(), b"p@ss".to_vec()),
//! ]);
//! let random = |buffer: &mut [u8]| buffer.fill(0); // a real caller asks the system
//! let env = Env { now: jiff::Timestamp::UNIX_EPOCH, random: &random, limits: Limits::default() };
//! assert_eq!(template.render(&data, &env)?, b"postgres://alice:p%40ss@db/app");
//! # Ok::<(), gotemplate::Error>(())
//! ```
//!
//! The [`guide`] teaches the language, lists the functions and says what differs from Go.
//!
//! ```text
//! text ▶ lexer ▶ parser ▶ ast (Template: parsed once, shared between threads)
//! data, Env ▶ exec ▶ builtins, sprig (functions behind Go's signatures) ▶ format ▶ output
//!                └── context, budget: every step, byte and level is paid for before it is taken
//! ```
#![allow(clippy::unnecessary_wraps, reason = "functions of one table share one signature")]

mod ast;
mod budget;
mod builtins;
mod context;
mod costly;
mod data;
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
mod volatile;

/// The language, its functions, and what differs from Go.
pub mod guide {
    #[doc = include_str!("../docs/language.md")]
    pub mod language {}
    #[doc = include_str!("../docs/functions.md")]
    pub mod functions {}
    #[doc = include_str!("../docs/differences.md")]
    pub mod differences {}
}

pub use budget::Budget;
pub use builtins::function_names;
pub use context::Env;
pub use data::Data;
pub use error::{Error, ErrorKind};
pub use exec::Became;
pub use limits::{Limit, Limits, NODE_BYTES};
pub use template::{Rendered, Template, Unset};
