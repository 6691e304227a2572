//! Go's text/template with the functions that goss files use: goss's own few
//! and Sprig's, but for certificates and keys.
//!
//! A template comes from a file that somebody wrote, so nothing here trusts it:
//! steps, depth, memory and output have [`Limits`], and what exceeds one is an
//! [`Error`] with its place.
#![forbid(unsafe_code)]

mod call;
mod compare;
mod error;
mod functions;
pub mod go;
mod interpreter;
mod json;
mod lexer;
mod methods;
mod number;
mod output;
mod parser;
mod print;
mod quote;
mod time;
mod tree;
mod types;
mod value;
mod world;

pub use error::Error;
pub use functions::Version;
pub use time::Time;
pub use types::{IntType, ListType, MapType, UintType};
pub use value::{Key, List, Map, Value};
pub use world::{Limits, ReadFile, Resolve, World};

/// What a template became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// For each line of the text (0-based) the line of the template (1-based) that
    /// began it, so that a later reader's error can name the line that a person wrote.
    pub lines: Vec<u32>,
}

/// Renders `text` with `data` as its dot. `name` is the template's name in error messages.
pub fn render(name: &str, text: &str, data: &Value, world: &World) -> Result<Rendered, Error> {
    let set = parser::parse(name, text)?;
    interpreter::execute(&set, data, world)
}

/// A value from JSON, whose numbers are all floats; the error is Go's.
pub fn from_json(text: &str) -> Result<Value, String> {
    json::parse(text)
}

/// The names of all functions that a template can call, sorted.
pub fn functions() -> impl Iterator<Item = &'static str> {
    let mut names: Vec<&'static str> = functions::names().collect();
    names.sort_unstable();
    names.into_iter()
}
