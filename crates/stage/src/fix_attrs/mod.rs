//! Applying a fix-attrs list, as [`layouts::fix_attrs`] reads it.

mod apply;
mod later;

use std::io;
use std::path::Path;

use kernel::accounts::Accounts;
use layouts::Problem;
use layouts::fix_attrs::{Line, parse, unread};

pub use later::Later;

/// Applies a list: `text` is its content, `file` its name for messages. Paths in it
/// are absolute, or relative to the current directory; users and groups are those of
/// `accounts`. With `hidden` (`S6_FIX_ATTRS_HIDDEN`), entries below a directory whose
/// names begin with a dot are changed too.
pub fn run(file: &Path, text: &[u8], accounts: &Accounts, hidden: bool) -> Vec<Problem> {
    let (lines, problems) = parse(file, text, accounts);
    apply_all(file, lines, problems, hidden)
}

fn apply_all(
    file: &Path,
    lines: Vec<(u32, Line)>,
    mut problems: Vec<Problem>,
    hidden: bool,
) -> Vec<Problem> {
    for (number, line) in lines {
        problems.extend(apply::apply(&line, file, number, hidden));
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

/// Applies the list in `file`; a file that cannot be read is a problem. Users and
/// groups are those of `/etc`.
pub fn run_file(file: &Path, hidden: bool) -> Vec<Problem> {
    match read(file) {
        Ok((text, accounts)) => run(file, &text, &accounts, hidden),
        Err(error) => vec![unread(file, &error)],
    }
}

/// The same, but for what can be applied to each directory of `services` as it is copied.
pub fn begin_file(file: &Path, hidden: bool, services: &Path) -> (Vec<Problem>, Later) {
    let (text, accounts) = match read(file) {
        Ok(read) => read,
        Err(error) => return (vec![unread(file, &error)], Later::default()),
    };
    let (mut lines, problems) = parse(file, &text, &accounts);
    let later = Later::take(file, &mut lines, hidden, services);
    (apply_all(file, lines, problems, hidden), later)
}

fn read(file: &Path) -> io::Result<(Vec<u8>, Accounts)> {
    let mut text = Vec::new();
    let mut list = kernel::fs::open_regular_target(file)?;
    io::Read::read_to_end(&mut list, &mut text)?;
    Ok((text, Accounts::read(Path::new("/"))?))
}
