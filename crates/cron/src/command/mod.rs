//! What people type: `mainstay cron FILE`, and the verbs.

mod ask;
mod daemon;
mod lint;
mod next;
mod run;
mod status;

use chain::{Call, Outcome, Program, Result};

pub(crate) const COMMAND: Program = Program {
    name: "mainstay cron",
    usage: "FILE... | next | run | status | lint",
    summary: "run jobs at the times that a crontab says",
    run,
};

fn run(call: &mut Call) -> Result<Outcome> {
    let mut words = call.rest();
    match words.first().map(Vec::as_slice) {
        Some(b"next") => next::run(words.split_off(1), &call.env),
        Some(b"lint") => lint::run(words.split_off(1), &call.env),
        Some(b"status") => status::run(words.split_off(1), &call.env),
        Some(b"run") => run::run(words.split_off(1), &call.env),
        _ => daemon::run(words, &call.env),
    }
}
