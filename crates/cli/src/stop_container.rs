//! `mainstay stop-container`: the same as a TERM to PID 1.

use chain::{Outcome, Program};

use crate::client::ask;

pub(crate) const COMMAND: Program = Program {
    name: "stop-container",
    usage: "",
    summary: "stop the container in order",
    run: |call| {
        if !call.args.is_empty() {
            return Err(call.misuse());
        }
        ask(&[b"stop-container"])?;
        Ok(Outcome::Exit(0))
    },
};
