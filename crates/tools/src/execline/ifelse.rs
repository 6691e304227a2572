//! ifelse: goes on with a second block or with the rest.

use chain::{Call, Outcome, Program, Result};

use super::blocks;
use super::child::{self, Ran};

pub(super) const PROGRAM: Program = Program {
    name: "ifelse",
    usage: "[ -X ] [ -n ] { command-if... } { command-then... } prog-else...",
    summary: "run one of two programs, by the exit code of a block",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut negated, mut crash_is_false) = (false, false);
    for option in call.options("nX")? {
        match option.letter {
            b'n' => negated = true,
            _ => crash_is_false = true,
        }
    }
    let condition = blocks::take_command(call, "if block")?;
    let then = blocks::take(call, "then block")?;
    let status = match child::run(call, condition)? {
        Ran::Become(outcome) => return Ok(outcome),
        Ran::Ended(status) => status,
    };
    let next = if child::truth(status, crash_is_false)? != negated {
        then
    } else {
        call.rest()
    };
    Ok(Outcome::exec_or_exit(call, next))
}
