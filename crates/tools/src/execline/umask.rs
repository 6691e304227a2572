//! umask: sets the file mode creation mask.

use chain::{Call, Outcome, Program, Result};
use execline::number;
use kernel::process;

pub(super) const PROGRAM: Program = Program {
    name: "umask",
    usage: "mask prog...",
    summary: "set the file mode creation mask (octal), then run a program",
    run,
};

/// Also behind the name execline-umask.
pub(super) fn run(call: &mut Call) -> Result<Outcome> {
    let mask = call.operand()?;
    let next = call.program()?;
    let mask = number::octal(&mask).ok_or_else(|| call.misuse())?;
    process::set_umask(mask & 0o777);
    Ok(Outcome::exec(call, next))
}
