//! foreground: runs a block to its end, then goes on.

use chain::{Call, Outcome, Program, Result};

use super::child::{self, Ran};
use super::blocks;

pub(super) const PROGRAM: Program = Program {
    name: "foreground",
    usage: "{ command... } prog...",
    summary: "run a block, put its exit code into the variable ?, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let block = blocks::take(call, "block")?;
    match child::run_for_status(call, block)? {
        Ran::Become(outcome) => Ok(outcome),
        Ran::Ended(status) => {
            let next = call.rest();
            call.env.set(b"?", child::variable(status).as_bytes());
            Ok(Outcome::exec_or_exit(call, next))
        }
    }
}
