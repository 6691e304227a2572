//! s6-ftrig-listen1: listens to a directory, starts a program, then waits for events.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fd;

use super::trigger::{self, Trigger};
use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-ftrig-listen1",
    usage: "[ -t timeout ] fifodir regexp prog...",
    summary: "start a program and wait until the events of a directory match an expression",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut limit = None;
    for option in call.options("t:")? {
        limit = words::time_limit(&option.value).ok_or_else(|| call.misuse())?;
    }
    let directory = call.operand()?;
    let expression = call.operand()?;
    let program = call.program()?;
    let mut triggers = [Trigger::begin(&directory, &expression)?];
    if let Some(outcome) = trigger::start(call, program)? {
        // The child has the fifo's name too, and must not remove it.
        std::mem::forget(triggers);
        return Ok(outcome);
    }
    let letter = trigger::wait(&mut triggers, false, limit)?;
    fd::write_all(1, &[letter, b'\n']).unable("write to stdout", b"")?;
    Ok(Outcome::Exit(0))
}
