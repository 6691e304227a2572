//! ifelse: goes on with a second block or with the rest.

use chain::{Call, Outcome, Program, Result};

use super::blocks;
use super::condition::Condition;

pub(super) const PROGRAM: Program = Program {
    name: "ifelse",
    usage: "[ -X ] [ -n ] { command-if... } { command-then... } prog-else...",
    summary: "run one of two programs, by the exit code of a block",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let condition = Condition::from_options(call)?;
    let test = blocks::take_command(call, "if block")?;
    let then = blocks::take(call, "then block")?;
    let otherwise = call.rest();
    condition.choose(call, test, then, otherwise)
}
