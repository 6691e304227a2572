//! ifte: becomes one of two blocks.

use chain::{Call, Failure, Outcome, Program, Result};

use super::blocks;
use super::condition::Condition;

pub(super) const PROGRAM: Program = Program {
    name: "ifte",
    usage: "[ -X ] [ -n ] { command-then... } { command-else... } prog-if...",
    summary: "run one of two blocks, by the exit code of a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let condition = Condition::from_options(call)?;
    let then = blocks::take(call, "then block")?;
    let otherwise = blocks::take(call, "else block")?;
    let test = call.rest();
    if test.is_empty() {
        return Err(Failure::Invalid(
            "no program to test after the blocks".to_string(),
        ));
    }
    condition.choose(call, test, then, otherwise)
}
