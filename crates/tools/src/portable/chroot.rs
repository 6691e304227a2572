//! s6-chroot: becomes a program under another root.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::process;

pub(super) const PROGRAM: Program = Program {
    name: "s6-chroot",
    usage: "newroot prog...",
    summary: "run a program of another root there",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    // A word with a dash is a directory as any other: nothing is an option.
    let root = call.operand()?;
    let next = call.program()?;
    process::change_root(&root).unable("change the root to", &root)?;
    Ok(Outcome::exec(call, next))
}
