//! What people type: `mainstay cron FILE`, and the verbs.

use chain::{Call, Outcome, Program, Result};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay cron",
    usage: "FILE... | next | run | status | lint",
    summary: "run jobs at the times that a crontab says",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    Err(call.misuse())
}
