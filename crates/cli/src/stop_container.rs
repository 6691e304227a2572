//! `mainstay stop-container`: the same as a TERM to PID 1; with `--now`, a stop that runs
//! already goes on to its next step.

use chain::{Outcome, Program};

use crate::client::ask;
use crate::help;

pub(crate) const COMMAND: Program = Program {
    name: "mainstay stop-container",
    usage: "[ --now ]",
    summary: "stop the container in order; --now: if it stops already, wait no longer for what still runs",
    run: |call| {
        if help::is_asked(call, COMMAND.summary) {
            return Ok(Outcome::Exit(0));
        }
        let words = call.rest();
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match words[..] {
            [] => ask(&[b"stop-container"])?,
            [b"--now"] => ask(&[b"stop-container", b"now"])?,
            _ => return Err(call.misuse()),
        };
        Ok(Outcome::Exit(0))
    },
};
