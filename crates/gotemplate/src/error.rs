//! Why a template was not rendered, in Go's words.

use std::fmt;

/// Why a template was not rendered. `Display` is the line that Go prints, which
/// people and scripts already know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The template's name.
    pub name: String,
    /// The 1-based line.
    pub line: u32,
    /// The column as Go counts it: bytes from 0. An error of the syntax has a line only.
    pub column: u32,
    /// What was being executed, if it came to that: the template's name and the piece of it.
    pub executing: Option<(String, String)>,
    /// What went wrong.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.executing {
            None => write!(
                out,
                "template: {}:{}: {}",
                self.name, self.line, self.message
            ),
            Some((template, piece)) => write!(
                out,
                "template: {}:{}:{}: executing {} at <{}>: {}",
                self.name,
                self.line,
                self.column,
                crate::quote::quote(template),
                piece,
                self.message
            ),
        }
    }
}

impl std::error::Error for Error {}
