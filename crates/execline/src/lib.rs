//! The execline language: a script's words and blocks, variable substitution, and the
//! stack of positional parameters. Pure: bytes in, words out.
//!
//! Rules follow the manual pages of execline (execlineb, el_semicolon, el_substitute,
//! el_transform, el_pushenv); what they leave open was settled by running 2.9.
#![forbid(unsafe_code)]

pub mod assignments;
pub mod block;
pub mod frame;
pub mod glob;
mod lexer;
pub mod netstring;
pub mod number;
pub mod script;
pub mod substitution;
pub mod transform;
mod trouble;

/// A word: any bytes but NUL.
pub type Word = Vec<u8>;
