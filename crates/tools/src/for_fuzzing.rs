//! What the fuzz targets reach of this crate's insides. Nobody else is to use it.

use chain::{Environment, Word};

use crate::expression;

/// Whether the words of s6-test and eltest are true.
///
/// # Errors
/// The line that the program says.
pub fn test_expression(words: &[Word], env: &Environment) -> Result<bool, String> {
    expression::evaluate(words, env).map_err(|failure| failure.line("s6-test"))
}
