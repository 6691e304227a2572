//! `mainstay stop-container`: the same as a TERM to PID 1.

use chain::{Outcome, Program};

use crate::client::ask;
use crate::help;

pub(crate) const COMMAND: Program = Program {
    name: "mainstay stop-container",
    usage: "",
    summary: "stop the container in order",
    run: |call| {
        if help::is_asked(call, COMMAND.summary) {
            return Ok(Outcome::Exit(0));
        }
        if !call.args.is_empty() {
            return Err(call.misuse());
        }
        ask(&[b"stop-container"])?;
        Ok(Outcome::Exit(0))
    },
};
