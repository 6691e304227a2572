//! What can be wrong with a script.

use std::fmt;

/// Why a script has no argument vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Line of the script, from 1: where the quote or brace was opened, else where
    /// the trouble stands.
    pub line: usize,
    /// What is wrong there.
    pub what: Trouble,
}

/// What is wrong with a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `"` without its partner.
    OpenQuote,
    /// `{` without its partner.
    OpenBrace,
    /// `}` without its partner.
    ClosingBrace,
    /// A word ends in a backslash at the end of the script.
    LoneBackslash,
    /// A numeric escape that is not 1 to 255.
    NumberRange,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Trouble::OpenQuote => "unmatched \": this quote is never closed",
            Trouble::OpenBrace => "unmatched {: this block is never closed",
            Trouble::ClosingBrace => "unmatched }: no block is open here",
            Trouble::LoneBackslash => "a backslash with nothing after it to escape",
            Trouble::NumberRange => {
                "a numeric escape must be from 1 to 255: \\0xHH, \\0OOO or \\DDD"
            }
        })
    }
}
