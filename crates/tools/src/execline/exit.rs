//! exit: ends with a code.

use chain::{Call, Outcome, Program, Result};
use execline::number;

pub(super) const PROGRAM: Program = Program {
    name: "exit",
    usage: "[ exitcode ]",
    summary: "end with an exit code",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let Some(word) = call.rest().into_iter().next() else {
        return Ok(Outcome::Exit(0));
    };
    let code = number::unsigned(&word).ok_or_else(|| call.misuse())?;
    // Only the low byte reaches the parent (_exit(2)).
    Ok(Outcome::Exit((code & 0xff) as u8))
}
