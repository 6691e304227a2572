//! JSON as Go's encoding/json reads and writes it.

mod read;
mod write;

pub(crate) use read::parse;
pub use write::float;
pub(crate) use write::{Style, write};

/// How deep JSON may nest.
const DEEPEST: usize = 100;
