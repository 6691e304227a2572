//! fdblock: makes a descriptor wait, or not.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fd;

use super::redirfd::descriptor;

pub(super) const PROGRAM: Program = Program {
    name: "fdblock",
    usage: "[ -n ] fd prog...",
    summary: "make a descriptor blocking or non-blocking, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let nonblocking = !call.options("n")?.is_empty();
    let word = call.operand()?;
    let number = descriptor(call, &word)?;
    let next = call.program()?;
    fd::set_nonblocking(number, nonblocking).unable("change the blocking mode of fd", &word)?;
    Ok(Outcome::exec(call, next))
}
