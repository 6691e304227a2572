//! s6-sync: writes what waits in memory to the disks.

use chain::{Call, Outcome, Program, Result};
use kernel::fs;

pub(super) const PROGRAM: Program = Program {
    name: "s6-sync",
    usage: "",
    summary: "write what waits in memory to the disks",
    run,
};

fn run(_: &mut Call) -> Result<Outcome> {
    fs::sync();
    Ok(Outcome::Exit(0))
}
