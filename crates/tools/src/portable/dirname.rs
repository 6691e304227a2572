//! s6-dirname: prints a path without its last component.

use chain::{Call, Outcome, Program, Result};

use super::{files, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-dirname",
    usage: "[ -n ] path",
    summary: "print a path without its last component",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let bare = !call.options("n")?.is_empty();
    let path = call.operand()?;
    output::line(files::dir(&path), !bare)?;
    Ok(Outcome::Exit(0))
}
