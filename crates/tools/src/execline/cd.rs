//! cd: changes the working directory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use chain::{Call, Outcome, Program, Result, Unable};

pub(super) const PROGRAM: Program = Program {
    name: "cd",
    usage: "dir prog...",
    summary: "change the working directory, then run a program",
    run,
};

/// Also behind the name execline-cd.
pub(super) fn run(call: &mut Call) -> Result<Outcome> {
    let dir = call.operand()?;
    let next = call.program()?;
    std::env::set_current_dir(OsStr::from_bytes(&dir)).unable("chdir to", &dir)?;
    Ok(Outcome::exec(call, next))
}
