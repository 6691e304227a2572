//! s6-svdt-clear: forgets when and how a service ended.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

use chain::{Call, Outcome, Program, Result, Unable};
use kernel::fs::flags;

use super::supervisor;

pub(super) const PROGRAM: Program = Program {
    name: "s6-svdt-clear",
    usage: "servicedir",
    summary: "forget when and how a service ended",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    call.options("")?;
    let dir = call.operand()?;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .custom_flags(flags::O_NOFOLLOW | flags::O_NONBLOCK)
        .open(supervisor::below(&dir, "supervise/death_tally"))
        .unable("clear the death tally of", &dir)?;
    Ok(Outcome::Exit(0))
}
