//! fix-attrs: owners and modes by a list of lines, `path recurse account fmode dmode`
//! (s6-overlay's README, "Fixing ownership & permissions").
//!
//! A line that does not fit, or that the system refuses, is told and passed over: no
//! list of this kind ever fails a boot.

mod line;

use std::io;
use std::path::Path;

use kernel::accounts::Accounts;

use crate::view::View;
use crate::{Problem, Rule};

pub use line::{Line, NAMES, Owner, parse};

/// What can be wrong with a fix-attrs file.
pub const RULES: &[&Rule] = line::RULES;

/// Largest list that is read of an image that is not running.
const LARGEST: usize = 1 << 20;

/// What a list in an image says, line by line with its number, and what is wrong with
/// it; nothing is changed.
pub fn read_in(view: &View, file: &Path, accounts: &Accounts) -> (Vec<(u32, Line)>, Vec<Problem>) {
    match view.read_start(file, LARGEST) {
        Ok(text) => line::parse(file, &text, accounts),
        Err(error) => (Vec::new(), vec![unread(file, &error)]),
    }
}

/// The problem of a list that cannot be read.
pub fn unread(file: &Path, error: &io::Error) -> Problem {
    let problem = Problem::refused(file, "read it", error, "none of it is applied");
    problem.of(&crate::script::UNREADABLE)
}
