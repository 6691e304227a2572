//! s6-basename: prints the last component of a path.

use chain::{Call, Outcome, Program, Result};

use super::{files, output};

pub(super) const PROGRAM: Program = Program {
    name: "s6-basename",
    usage: "[ -n ] path [ suffix ]",
    summary: "print the last component of a path",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let bare = !call.options("n")?.is_empty();
    let path = call.operand()?;
    let suffix = call.rest().into_iter().next().unwrap_or_default();
    let base = files::base(&path);
    let name = match base.strip_suffix(&suffix[..]) {
        Some(b"") | None => base,
        Some(name) => name,
    };
    output::line(name, !bare)?;
    Ok(Outcome::Exit(0))
}
