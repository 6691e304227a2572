//! s6-ftrig-wait: waits for events of a directory.

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fd;

use super::trigger::{self, Trigger};
use super::words;

pub(super) const PROGRAM: Program = Program {
    name: "s6-ftrig-wait",
    usage: "[ -t timeout ] fifodir regexp",
    summary: "wait until the events of a directory match an expression, and print the last one",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut limit = None;
    for option in call.options("t:")? {
        limit = words::time_limit(&option.value).ok_or_else(|| call.misuse())?;
    }
    let directory = call.operand()?;
    let expression = call.operand()?;
    let mut triggers = [Trigger::begin(&directory, &expression)?];
    let letter = trigger::wait(&mut triggers, false, limit)?;
    fd::write_all(1, &[letter, b'\n']).unable("write to stdout", b"")?;
    Ok(Outcome::Exit(0))
}
