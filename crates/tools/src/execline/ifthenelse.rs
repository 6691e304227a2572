//! ifthenelse: runs one of two blocks, then goes on.

use chain::{Call, Outcome, Program, Result};

use super::blocks;
use super::child::{self, Ran};

pub(super) const PROGRAM: Program = Program {
    name: "ifthenelse",
    usage: "[ -X ] [ -s ] { command-if... } { command-then... } { command-else... } prog...",
    summary: "run one of two blocks, by the exit code of a third, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut crash_is_false, mut scoped) = (false, false);
    for option in call.options("Xs")? {
        match option.letter {
            b'X' => crash_is_false = true,
            _ => scoped = true,
        }
    }
    let condition = blocks::take_command(call, "if block")?;
    let then = blocks::take(call, "then block")?;
    let otherwise = blocks::take(call, "else block")?;
    let status = match child::run(call, condition)? {
        Ran::Become(outcome) => return Ok(outcome),
        Ran::Ended(status) => status,
    };
    let mut branch = if child::truth(status, crash_is_false)? {
        then
    } else {
        otherwise
    };
    if scoped {
        // The branch becomes the head of the rest, so what it changes stays.
        branch.append(&mut call.rest());
        return Ok(Outcome::exec_or_exit(call, branch));
    }
    match child::run_for_status(call, branch)? {
        Ran::Become(outcome) => Ok(outcome),
        Ran::Ended(status) => {
            let next = call.rest();
            call.env.set(b"?", child::variable(status).as_bytes());
            Ok(Outcome::exec_or_exit(call, next))
        }
    }
}
