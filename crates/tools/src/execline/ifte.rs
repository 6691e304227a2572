//! ifte: becomes one of two blocks.

use chain::{Call, Failure, Outcome, Program, Result};

use super::blocks;
use super::child::{self, Ran};

pub(super) const PROGRAM: Program = Program {
    name: "ifte",
    usage: "[ -X ] [ -n ] { command-then... } { command-else... } prog-if...",
    summary: "run one of two blocks, by the exit code of a program",
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
    let then = blocks::take(call, "then block")?;
    let otherwise = blocks::take(call, "else block")?;
    let condition = call.rest();
    if condition.is_empty() {
        return Err(Failure::Invalid("no program to test after the blocks".to_string()));
    }
    let status = match child::run(call, condition)? {
        Ran::Become(outcome) => return Ok(outcome),
        Ran::Ended(status) => status,
    };
    let next = if child::truth(status, crash_is_false)? != negated {
        then
    } else {
        otherwise
    };
    Ok(Outcome::exec_or_exit(call, next))
}
