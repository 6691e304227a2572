//! fix-attrs: owners and modes by a list of lines, `path recurse account fmode dmode`
//! (s6-overlay's README, "Fixing ownership & permissions").
//!
//! A line that does not fit, or that the system refuses, is told and passed over: no
//! list of this kind ever fails a boot.

mod apply;
pub(crate) mod line;

use std::io;
use std::path::Path;

use kernel::accounts::Accounts;

use crate::view::View;
use crate::{Problem, Rule};

pub use line::{Line, Owner};

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

fn unread(file: &Path, error: &io::Error) -> Problem {
    let problem = Problem::refused(file, "read it", error, "none of it is applied");
    problem.of(&super::scripts::UNREADABLE)
}

/// Applies a list: `text` is its content, `file` its name for messages. Paths in it
/// are absolute, or relative to the current directory; users and groups are those of
/// `accounts`. With `hidden` (`S6_FIX_ATTRS_HIDDEN`), entries below a directory whose
/// names begin with a dot are changed too.
pub fn run(file: &Path, text: &[u8], accounts: &Accounts, hidden: bool) -> Vec<Problem> {
    let (lines, mut problems) = line::parse(file, text, accounts);
    for (number, line) in lines {
        problems.extend(apply::apply(&line, file, number, hidden));
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// Applies the list in `file`; a file that cannot be read is a problem. Users and
/// groups are those of `/etc`.
pub fn run_file(file: &Path, hidden: bool) -> Vec<Problem> {
    let read = || -> io::Result<(Vec<u8>, Accounts)> {
        let mut text = Vec::new();
        let mut list = kernel::fs::open_regular_target(file)?;
        io::Read::read_to_end(&mut list, &mut text)?;
        Ok((text, Accounts::read(Path::new("/"))?))
    };
    match read() {
        Ok((text, accounts)) => run(file, &text, &accounts, hidden),
        Err(error) => vec![unread(file, &error)],
    }
}
