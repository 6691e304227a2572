//! s6-svok: whether a service is supervised.

use chain::{Call, Outcome, Program, Result, Unable};

use super::supervisor;

pub(super) const PROGRAM: Program = Program {
    name: "s6-svok",
    usage: "servicedir",
    summary: "exit 0 if a service is supervised, else 1",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let dir = call.operand()?;
    let listens = supervisor::listens(&supervisor::below(&dir, "supervise/control"))
        .unable("check", &dir)?;
    Ok(Outcome::Exit(if listens { 0 } else { 1 }))
}
