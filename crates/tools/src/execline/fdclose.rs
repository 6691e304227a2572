//! fdclose: closes a descriptor.

use chain::{Call, Outcome, Program, Result};
use kernel::fd;

use super::redirfd::descriptor;

pub(super) const PROGRAM: Program = Program {
    name: "fdclose",
    usage: "fd prog...",
    summary: "close a descriptor, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let word = call.operand()?;
    let number = descriptor(call, &word)?;
    let next = call.program()?;
    fd::close(number);
    Ok(Outcome::exec(call, next))
}
