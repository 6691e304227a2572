//! Where something stands in a file.

use std::fmt;
use std::sync::Arc;

/// A file, a line and a column, both from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as it was named; `STDIN` for the standard input.
    pub file: Arc<str>,
    /// The line in the file as its author wrote it, before templates.
    pub line: u32,
    /// The column in the line after templates, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
