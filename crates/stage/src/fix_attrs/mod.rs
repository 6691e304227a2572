//! Applying a fix-attrs list, as [`layouts::fix_attrs`] reads it.

mod apply;

use std::io;
use std::path::Path;

use kernel::accounts::Accounts;
use layouts::Problem;
use layouts::fix_attrs::{parse, unread};

/// Applies a list: `text` is its content, `file` its name for messages. Paths in it
/// are absolute, or relative to the current directory; users and groups are those of
/// `accounts`. With `hidden` (`S6_FIX_ATTRS_HIDDEN`), entries below a directory whose
/// names begin with a dot are changed too.
pub fn run(file: &Path, text: &[u8], accounts: &Accounts, hidden: bool) -> Vec<Problem> {
    let (lines, mut problems) = parse(file, text, accounts);
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
