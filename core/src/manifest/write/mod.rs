//! Objects to text: JSON to the byte as the reference prints it, YAML that Go reads back exactly.

mod json;
mod node;
mod shape;
mod text;
mod yaml;

pub(super) use json::json;
pub(super) use node::{Node, Tree, Value, from_text, is_same};
pub(super) use shape::{sealed_secret, secret};
pub(super) use text::quoted;
pub(super) use yaml::{document, scalar};
