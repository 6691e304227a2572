//! s6-ftrig-notify: tells the listeners of a directory some events.

use chain::{Call, Outcome, Program, Result, Unable};

use super::{listener, supervisor};

pub(super) const PROGRAM: Program = Program {
    name: "s6-ftrig-notify",
    usage: "fifodir message",
    summary: "tell every listener of a directory each letter of a message",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let dir = call.operand()?;
    let message = call.operand()?;
    listener::notify(supervisor::path(&dir), &message).unable("notify", &dir)?;
    Ok(Outcome::Exit(0))
}
