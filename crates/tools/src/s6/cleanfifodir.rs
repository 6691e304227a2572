//! s6-cleanfifodir: removes the fifos of listeners that are gone.

use chain::{Call, Outcome, Program, Result, Unable};

use super::{listener, supervisor};

pub(super) const PROGRAM: Program = Program {
    name: "s6-cleanfifodir",
    usage: "fifodir",
    summary: "remove the fifos of listeners that are gone from a directory of events",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let dir = call.operand()?;
    listener::clean(supervisor::path(&dir)).unable("clean up", &dir)?;
    Ok(Outcome::Exit(0))
}
