//! if: goes on when a block succeeds.

use chain::{Call, Failure, Outcome, Program, Result, escape};
use execline::number;

use super::blocks;
use super::child::{self, Ran};

pub(super) const PROGRAM: Program = Program {
    name: "if",
    usage: "[ -n ] [ -X ] [ -t | -x exitcode ] { command... } prog...",
    summary: "run a program if a block succeeds",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let (mut negated, mut crash_is_false) = (false, false);
    let mut code = None;
    for option in call.options("nXtx:")? {
        match option.letter {
            b'n' => negated = true,
            b'X' => crash_is_false = true,
            b't' => code = Some(0),
            _ => code = Some(exit_code(call, &option.value)?),
        }
    }
    let block = blocks::take_command(call, "block")?;
    let status = match child::run(call, block)? {
        Ran::Become(outcome) => return Ok(outcome),
        Ran::Ended(status) => status,
    };
    if child::truth(status, crash_is_false)? != negated {
        let next = call.rest();
        return Ok(Outcome::exec_or_exit(call, next));
    }
    Ok(Outcome::Exit(code.unwrap_or(if negated {
        1
    } else {
        child::exit_code(status)
    })))
}

fn exit_code(call: &Call, value: &[u8]) -> Result<u8> {
    let code = number::unsigned(value).ok_or_else(|| call.misuse())?;
    u8::try_from(code).map_err(|_| {
        Failure::Invalid(format!(
            "invalid exit code {}: the highest is 255",
            escape(value)
        ))
    })
}
