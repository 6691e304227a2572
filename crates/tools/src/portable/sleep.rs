//! s6-sleep: waits for a time.

use std::time::Duration;

use chain::{Call, Outcome, Program, Result};
use execline::number;
use kernel::clock;

pub(super) const PROGRAM: Program = Program {
    name: "s6-sleep",
    usage: "[ -m ] time [ prog... ]",
    summary: "wait for a time in seconds, or in milliseconds with -m, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let milliseconds = !call.options("m")?.is_empty();
    let word = call.operand()?;
    let time = u64::from(number::unsigned(&word).ok_or_else(|| call.misuse())?);
    clock::sleep(match milliseconds {
        true => Duration::from_millis(time),
        false => Duration::from_secs(time),
    });
    let next = call.rest();
    Ok(Outcome::exec_or_exit(call, next))
}
