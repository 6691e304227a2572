//! background: starts a block, then goes on beside it.

use chain::{Call, Outcome, Program, Result};

use super::blocks;
use super::child::{self, Started};

pub(super) const PROGRAM: Program = Program {
    name: "background",
    usage: "[ -d ] { command... } prog...",
    summary: "start a block, put its pid into the variable !, then run a program",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let detached = !call.options("d")?.is_empty();
    let block = blocks::take_command(call, "block")?;
    // With nothing to go on with, there is nobody to keep the child from.
    let started = if detached && !call.args.is_empty() {
        child::start_detached(call, block, || Ok(()))?
    } else {
        child::start(call, block)?
    };
    match started {
        Started::Become(outcome) => Ok(outcome),
        Started::Running(pid) => {
            let next = call.rest();
            call.env.set(b"!", pid.to_string().as_bytes());
            Ok(Outcome::exec_or_exit(call, next))
        }
    }
}
